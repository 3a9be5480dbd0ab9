import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { exportJWK, generateKeyPair } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type JudgedResult, withIgnored } from '../../lib/cli/attack-ignore.ts'
import { fails, junitOf } from '../../lib/cli/attack-report.ts'
import { attackCommand } from '../../lib/cli/commands/attack.ts'
import { type AttackLevel, LEVELS } from '../../lib/verify/attack-levels.ts'
import { createVerifier } from '../../lib/verify/node.ts'
import type { Verifier, VerifierOptions } from '../../lib/verify/types.ts'
import { recordedTerminal } from '../helpers/terminal.ts'
import { APPS, type App, type Claims } from './apps.ts'

const CONTRACT = join(import.meta.dirname, '../../schemas/claims/orders.access-token.json')
const AUDIENCE = 'https://orders.acme.example/'
const schema = JSON.parse(
  await readFile(join(import.meta.dirname, '../../schemas/attack-output.schema.json'), 'utf8'),
) as object
const isAttackOutput = new Ajv2020({ strict: true }).compile(schema)

let folder: string
let key: object
let apps: App[] = []
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attack-'))
  key = {
    ...(await exportJWK((await generateKeyPair('RS256', { extractable: true })).privateKey)),
    kid: 'mine',
  }
  await writeFile(join(folder, 'key.json'), JSON.stringify(key))
  await writeFile(join(folder, 'list.json'), '[]')
  const { d: _, ...half } = key as { d: string }
  await writeFile(join(folder, 'public.json'), JSON.stringify(half))
  await writeFile(join(folder, 'junk.json'), '{"kty":"RSA","n":"*","e":"AQAB","d":"secret-part"}')
  await writeFile(join(folder, 'broken.json'), '{"kty":"RSA","d":"secret-part"')
})
afterEach(async () => {
  await Promise.all(apps.map((app) => app.stop()))
  apps = []
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function api(verifier: Verifier<Claims>): Promise<string> {
  const app = await APPS[0]![1](verifier)
  apps.push(app)
  return `${app.url}/read`
}

const strict = (changes: Partial<VerifierOptions> = {}) => {
  const { d: _, ...publicKey } = key as { d: string }
  const { kty, n, e, kid } = publicKey as Record<string, string>
  const jwks = { keys: [{ kty, n, e, kid }] } as never
  return createVerifier<Claims>({ issuer: 'http://localhost:4000/', audience: AUDIENCE, jwks, ...changes })
}

async function run(url: string, values: Record<string, string | boolean> = {}) {
  const terminal = recordedTerminal({ cwd: folder })
  const flags = { contract: CONTRACT, scope: 'read:orders', key: 'key.json' }
  const code = await attackCommand.run(terminal, { ...flags, ...values }, [url])
  return { code, stdout: terminal.stdout(), stderr: terminal.stderr() }
}

test('ends with 0 when an API refuses all', async () => {
  const { readContracts } = await import('../../lib/contract/index.ts')
  const contract = (await readContracts([CONTRACT], (file) => readFile(file, 'utf8')))[0]!
  const { code, stdout, stderr } = await run(await api(strict({ contract })))
  expect(stdout).toMatch(
    /^accepted the good token\nrefused 2\d\d, got in 0, failed 0; \d cannot be sent in a header\naccepted (\d\d) of \1 other good ones\n$/,
  )
  expect([code, stderr]).toEqual([0, ''])
})

test('names what got in, and ends with 1', async () => {
  // Knows no contract.
  const { code, stdout } = await run(await api(strict()))
  expect(code).toBe(1)
  expect(stdout).toContain('GOT IN  should  contract   https://acme.example/plan: 7 (200), the contract\n')
  expect(stdout).not.toContain('registered')
  expect(stdout).toMatch(/\nwrong: 0 must, \d+ should, 0 opinion\n$/)
})

test('prints one JSON document that its schema describes', async () => {
  const { code, stdout } = await run(await api(strict()), { json: true })
  const document: unknown = JSON.parse(stdout)
  expect(isAttackOutput(document), JSON.stringify(isAttackOutput.errors)).toBe(true)
  expect(document).toMatchObject({ version: 1, command: 'attack', clean: false })
  expect(code).toBe(1)
})

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net')
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port: free } = server.address() as { port: number }
      server.close(() => resolve(free))
    })
  })
}

test('a level says what ends with 1', async () => {
  const url = await api(strict())
  const { code, stdout } = await run(url, { level: 'must' })
  expect([code, stdout.split('\n').at(-2)]).toEqual([
    0,
    expect.stringMatching(/^wrong: 0 must, \d+ should, 0 opinion; none fails with --level must$/),
  ])
})

const result = (level: AttackLevel, changes: object = {}): JudgedResult => ({
  family: 'kind',
  name: 'a nonce',
  level,
  source: 'RFC 8725 section 3.12',
  wanted: 'refused',
  verdict: 'accepted',
  ...changes,
})

test.each<[AttackLevel, AttackLevel[]]>([
  ['must', ['must']],
  ['should', ['must', 'should']],
  ['opinion', ['must', 'should', 'opinion']],
])('the level %s fails for %j', (level, failing) => {
  expect(LEVELS.filter((one) => fails(result(one), level))).toEqual(failing)
  expect(fails(result('must', { ignored: 'x' }), level)).toBe(false)
  expect(fails(result('must', { verdict: 'refused' }), level)).toBe(false)
  expect(fails(result('must', { verdict: 'not-sent' }), level)).toBe(false)
  expect(fails(result('must', { verdict: 'failed' }), level)).toBe(true)
  expect(fails(result('must', { wanted: 'accepted', verdict: 'refused' }), level)).toBe(true)
  expect(fails(result('must', { wanted: 'accepted' }), level)).toBe(false)
})

test.each([
  [{ family: 'kinds', reason: 'x' }, 'there is no family "kinds"', 'Did you mean "kind"?'],
  [{ family: 'kind', name: 'a nonse', reason: 'x' }, 'has no "a nonse"', 'Did you mean "a nonce"?'],
])('an entry of an ignore list of which there is none is refused: %j', (entry, message, hint) => {
  expect(() => withIgnored([result('must')], [entry], 'ignore.json')).toThrow(
    expect.objectContaining({ code: 'ERR_INPUT', message: expect.stringContaining(message), hint }),
  )
})

describe('an ignore list', () => {
  const listed = async (ignore: unknown) => {
    const text = typeof ignore === 'string' ? ignore : JSON.stringify({ ignore })
    await writeFile(join(folder, 'ignore.json'), text)
    return run(await api(strict()), { ignore: 'ignore.json' })
  }

  test('leaves out a family, or one entry, and shows the reason', async () => {
    const all = await listed([{ family: 'contract', reason: 'Version 2 has it.' }])
    expect(all.code).toBe(0)
    expect(all.stdout).toContain('ignored contract https://acme.example/plan: 7: Version 2 has it.\n')
    const one = await listed([
      { family: 'contract', name: 'https://acme.example/plan: 7', reason: 'Version 2 has it.' },
    ])
    expect(one.code).toBe(1)
    expect(one.stdout).toContain('GOT IN  should  contract   https://acme.example/plan: null')
    expect(one.stdout).not.toContain('GOT IN  should  contract   https://acme.example/plan: 7 ')
  })

  test('says what need not be on it any more', async () => {
    const { code, stderr } = await listed([
      { family: 'contract', reason: 'Version 2 has it.' },
      { family: 'signature', reason: 'x' },
      { family: 'kind', name: 'a nonce', reason: 'x' },
    ])
    expect([code, stderr]).toEqual([
      0,
      'note: nothing of the family "signature" is wrong any more: its entry in "ignore.json" can go\nnote: nothing of "a nonce" (kind) is wrong any more: its entry in "ignore.json" can go\n',
    ])
  })

  test.each<[string, unknown, string]>([
    ['no JSON', '{', 'no JSON'],
    ['a list alone', '[]', '"ignore"'],
    ['more members', '{"ignore":[],"ignored":[]}', 'nothing else'],
    ['a text', ['contract'], 'ignore[0]'],
    ['no family', [{ reason: 'x' }], 'family'],
    ['no reason', [{ family: 'contract' }], 'reason'],
    ['an empty reason', [{ family: 'contract', reason: ' ' }], 'reason'],
    ['a misspelt name', [{ family: 'contract', nam: 'x', reason: 'x' }], '"nam"'],
  ])('with %s is refused', async (_what, ignore, message) => {
    await expect(listed(ignore)).rejects.toMatchObject({
      code: 'ERR_INPUT',
      message: expect.stringContaining(message),
      hint: expect.stringMatching(/./),
    })
  })
})

test('prints JUnit with a case for each token', async () => {
  const { code, stdout } = await run(await api(strict()), { format: 'junit' })
  expect(code).toBe(1)
  const cases = stdout.match(/<testcase /g)!.length
  const failures = stdout.match(/<failure /g)!.length
  const skipped = stdout.match(/<skipped /g)!.length
  expect(stdout).toContain(
    `<testsuites name="claims attack" tests="${cases}" failures="${failures}" skipped="${skipped}">`,
  )
  expect(failures).toBeGreaterThan(5)
  expect(stdout).toContain('classname="attack.good"')
  expect(stdout).toContain('&quot;https://acme.example/plan: 7&quot; got in (status 200; should).')
})

test('what is below the level, left out or not sent passes in JUnit, and says why', () => {
  const facts = { level: 'must', endpoint: 'GET <http://localhost/>', file: 'x' } as const
  const results = [
    result('should'),
    result('must', { ignored: 'a "reason"' }),
    result('must', { verdict: 'not-sent' }),
  ]
  const text = junitOf(results, facts)
  expect(text).toContain('tests="3" failures="0" skipped="2"')
  expect(text).toContain('<system-out>&quot;a nonce&quot; got in (no answer in time; should).</system-out>')
  expect(text).toContain('<skipped message="a &quot;reason&quot;"/>')
  expect(text).toContain('name="GET &lt;http://localhost/&gt; kind"')
})

test('prints SARIF with a rule for each source, at the file that is named', async () => {
  const { stdout } = await run(await api(strict()), { format: 'sarif', at: 'src/app.ts' })
  const [log] = (JSON.parse(stdout) as { runs: { tool: object; results: object[] }[] }).runs
  expect(log!.results[0]).toMatchObject({
    ruleId: 'attack/contract/the-contract',
    level: 'warning',
    locations: [{ physicalLocation: { artifactLocation: { uri: 'src/app.ts' } } }],
  })
  expect(log!.tool).toMatchObject({ driver: { rules: [{ helpUri: expect.stringMatching(/^https:/) }] } })
})

test('an API that takes anything with a known key is told so by the standards', async () => {
  const { createServer } = await import('node:http')
  const server = createServer((_request, response) => response.end('in'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { code, stdout } = await run(`http://127.0.0.1:${(server.address() as { port: number }).port}/`, {
    level: 'must',
  })
  server.closeAllConnections()
  server.close()
  expect(code).toBe(1)
  expect(stdout).toContain('GOT IN  must    registered an expiry an hour ago (200), RFC 7519 section 4.1.4\n')
  expect(stdout).toMatch(/\nwrong: 1\d\d must, \d+ should, \d+ opinion\n$/)
})

test('serves the issuer that the API trusts, and stops', async () => {
  const port = await freePort()
  const issuer = `http://localhost:${port}/`
  const url = await api(createVerifier<Claims>({ issuer, audience: AUDIENCE }))
  expect((await run(url, { issuer, key: false })).stdout).toMatch(/^accepted the good token\n/)
  await expect(fetch(`${issuer}.well-known/jwks.json`)).rejects.toThrow()
})

test.each<[string, string, Record<string, string | boolean>, string]>([
  ['no address', 'orders', {}, 'ERR_USAGE'],
  ['another protocol', 'ftp://localhost/', {}, 'ERR_USAGE'],
  ['a host that is not this machine', 'http://orders.acme.example/', {}, 'ERR_USAGE'],
  ['a host that only looks like this machine', 'http://localhost.acme.example/', {}, 'ERR_USAGE'],
  ['a host beside the one that is named', 'http://other.example/', { host: 'acme.example' }, 'ERR_USAGE'],
  [
    'an issuer that cannot be served',
    'http://localhost:1/',
    { issuer: 'https://acme.eu.auth0.com/', key: false },
    'ERR_USAGE',
  ],
  ['a key that is not there', 'http://localhost:1/', { key: 'none.json' }, 'ERR_INPUT'],
  ['a key that is a list', 'http://localhost:1/', { key: 'list.json' }, 'ERR_INPUT'],
  ['a key that is public', 'http://localhost:1/', { key: 'public.json' }, 'ERR_USAGE'],
  ['a key that is no number', 'http://localhost:1/', { key: 'junk.json' }, 'ERR_USAGE'],
  ['a key that has no name', 'http://localhost:1/', { key: '' }, 'ERR_USAGE'],
  ['a method that is none', 'http://localhost:1/', { method: 'GET / HTTP/1.1' }, 'ERR_USAGE'],
  ['an empty method', 'http://localhost:1/', { method: '' }, 'ERR_USAGE'],
  ['a method that opens a tunnel', 'http://localhost:1/', { method: 'CONNECT' }, 'ERR_USAGE'],
  ['an empty audience', 'http://localhost:1/', { audience: '' }, 'ERR_USAGE'],
  ['an empty organization', 'http://localhost:1/', { organization: '' }, 'ERR_USAGE'],
  ['an empty scope', 'http://localhost:1/', { scope: '' }, 'ERR_USAGE'],
  ['an unknown level', 'http://localhost:1/', { level: 'may' }, 'ERR_USAGE'],
  ['an unknown format', 'http://localhost:1/', { format: 'xml' }, 'ERR_USAGE'],
  ['an unknown profile', 'http://localhost:1/', { dialect: 'rfc9068' }, 'ERR_USAGE'],
  ['an unknown way of proofs', 'http://localhost:1/', { dpop: 'true' }, 'ERR_USAGE'],
  ['an algorithm with a secret', 'http://localhost:1/', { algorithms: 'HS256' }, 'ERR_USAGE'],
  ['a key for several algorithms', 'http://localhost:1/', { algorithms: 'RS256 RS512' }, 'ERR_USAGE'],
  ['a key of another algorithm', 'http://localhost:1/', { algorithms: 'ES256' }, 'ERR_USAGE'],
  ['keys that nobody serves', 'http://localhost:1/', { keys: true }, 'ERR_USAGE'],
  ['a patience that is none', 'http://localhost:1/', { patience: '1s' }, 'ERR_USAGE'],
  ['a list that is not there', 'http://localhost:1/', { ignore: 'none.json' }, 'ERR_INPUT'],
  ['empty permissions', 'http://localhost:1/', { permissions: ' ' }, 'ERR_USAGE'],
  ['scopes with a comma', 'http://localhost:1/', { scope: 'read:orders,write:orders' }, 'ERR_USAGE'],
  ['an issuer with a user', 'http://localhost:1/', { issuer: 'https://u@acme.example/' }, 'ERR_USAGE'],
  ['an issuer that is no URL', 'http://localhost:1/', { issuer: 'acme' }, 'ERR_USAGE'],
  ['an API that does not answer', 'http://127.0.0.1:1/', {}, 'ERR_ENVIRONMENT'],
])('refuses %s', async (_what, url, values, code) => {
  await expect(run(url, values)).rejects.toMatchObject({ code, hint: expect.any(String) })
})

test('says what an API must trust that refuses the good token', async () => {
  const url = await api(strict({ issuer: 'http://localhost:4001/' }))
  await expect(run(url)).rejects.toMatchObject({
    code: 'ERR_ENVIRONMENT',
    message: 'the API answers 401 to the good token, so the bad ones would show nothing',
    hint: expect.stringContaining('http://localhost:4000/'),
  })
})

test('says nothing of what is in a key that cannot be read', async () => {
  const error = await run('http://localhost:1/', { key: 'broken.json' }).catch((fault: Error) => fault)
  expect(error).toMatchObject({ code: 'ERR_INPUT' })
  expect(`${(error as Error).message}${(error as Error).cause}`).not.toContain('secret-part')
})
