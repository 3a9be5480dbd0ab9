import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { exportJWK, generateKeyPair } from 'jose'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { attackCommand } from '../../lib/cli/commands/attack.ts'
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
    /^accepted the good token\nrefused 2\d\d, got in 0, failed 0; \d cannot be sent in a header\n$/,
  )
  expect([code, stderr]).toEqual([0, ''])
})

test('names what got in, and ends with 1', async () => {
  // Knows no contract.
  const { code, stdout } = await run(await api(strict()))
  expect(code).toBe(1)
  expect(stdout).toContain('GOT IN contract   https://acme.example/plan: 7 (200)\n')
  expect(stdout).not.toContain('GOT IN registered')
})

test('prints one JSON document that its schema describes', async () => {
  const { code, stdout } = await run(await api(strict()), { json: true })
  const document: unknown = JSON.parse(stdout)
  expect(isAttackOutput(document), JSON.stringify(isAttackOutput.errors)).toBe(true)
  expect(document).toMatchObject({ version: 1, command: 'attack', clean: false })
  expect(code).toBe(1)
})

test('serves the issuer that the API trusts, and stops', async () => {
  const { createServer } = await import('node:net')
  const port = await new Promise<number>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port: free } = server.address() as { port: number }
      server.close(() => resolve(free))
    })
  })
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
