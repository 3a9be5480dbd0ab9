import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { verifyCommand } from '../../lib/cli/commands/verify.ts'
import { recordedTerminal } from '../helpers/terminal.ts'
import { AUDIENCE, ISSUER, jwk, token } from './token-kit.ts'

let folder: string
const soon = Math.floor(Date.now() / 1000) + 600
const now = soon - 700
const flags = { issuer: ISSUER, audience: AUDIENCE, jwks: 'jwks.json' }

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'verify-'))
  await writeFile(join(folder, 'jwks.json'), JSON.stringify({ keys: [jwk] }))
  await writeFile(join(folder, 'empty.json'), '{"keys":[]}')
  await writeFile(join(folder, 'list.json'), '[1]')
  await writeFile(
    join(folder, 'id-token.json'),
    JSON.stringify({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: 'IdToken',
      'x-auth0': { token: 'id_token' },
      type: 'object',
      properties: {},
    }),
  )
})

async function run(stdin: string, values: Record<string, string | boolean> = {}, env = {}) {
  const terminal = recordedTerminal({ cwd: folder, env, stdin })
  const code = await verifyCommand.run(terminal, { ...flags, ...values }, [])
  return { code, stdout: terminal.stdout(), stderr: terminal.stderr() }
}

test('says that a token from standard input is good', async () => {
  expect(await run(`${await token({ iat: now, exp: soon })}\n`)).toEqual({
    code: 0,
    stdout: `accepted: a good access token for ${AUDIENCE}\n`,
    stderr: '',
  })
})

test.each(['Bearer ', 'bearer  ', 'DPoP '])('takes a token as a header has it: %s', async (scheme) => {
  const { code } = await run(`${scheme}${await token({ iat: now, exp: soon })}`)
  expect(code).toBe(0)
})

test('lists all reasons against a token, with what to do', async () => {
  const text = await token({ iat: now, exp: now, aud: 'x', scope: '' })
  expect(await run(text, { scope: 'read:orders' })).toEqual({
    code: 1,
    stdout: [
      `refused for ${AUDIENCE}`,
      '  wrong_audience: The token is for another audience.',
      `    hint: The client must send audience=${AUDIENCE} to /authorize.`,
      '  expired: The token has expired.',
      '    hint: Get a new token: log in again, or use the refresh token.',
      '  insufficient_scope: The token lacks the scope read:orders.',
      '    hint: Ask for the scope at /authorize; with RBAC the user also needs a role that grants it.',
      '',
    ].join('\n'),
    stderr: '',
  })
})

test('says that an opaque token comes from a login without an audience', async () => {
  const { code, stdout } = await run('a..b.c.d')
  expect(code).toBe(1)
  expect(stdout).toContain('opaque_token')
  expect(stdout).toContain(`Send audience=${AUDIENCE} to /authorize.`)
})

test('prints one JSON document', async () => {
  const { code, stdout } = await run(await token({ iat: now, exp: soon, azp: undefined }), { json: true })
  expect(code).toBe(1)
  expect(JSON.parse(stdout)).toMatchObject({
    version: 1,
    command: 'verify',
    accepted: false,
    reasons: [
      { code: 'invalid_claim', claim: 'azp', message: 'The claim azp must be a text that is not empty.' },
    ],
    payload: { sub: 'auth0|1' },
  })
})

test.each([
  ['no token', '', {}, 'ERR_USAGE'],
  ['an unknown audience', 'x', { audience: false }, 'ERR_USAGE'],
  ['a JWKS that is not there', 'x', { jwks: 'none.json' }, 'ERR_INPUT'],
  ['a JWKS that is a folder', 'x', { jwks: '.' }, 'ERR_INPUT'],
  ['a JWKS without keys', 'x', { jwks: 'empty.json' }, 'ERR_INPUT'],
  ['a JWKS that is a list', 'x', { jwks: 'list.json' }, 'ERR_INPUT'],
  ['a JWKS without a key for the algorithm', 'x', { algorithms: 'ES256' }, 'ERR_INPUT'],
  ['an empty name of a JWKS', 'x', { jwks: '' }, 'ERR_USAGE'],
  ['an empty issuer', 'x', { issuer: '' }, 'ERR_USAGE'],
  ['an issuer that is no URL', 'x', { issuer: 'acme.eu.auth0.com' }, 'ERR_USAGE'],
  ['an issuer by http', 'x', { issuer: 'http://acme.eu.auth0.com/' }, 'ERR_USAGE'],
  ['an issuer with a password', 'x', { issuer: 'https://u:p@acme.eu.auth0.com/' }, 'ERR_USAGE'],
  ['an issuer with a query', 'x', { issuer: 'https://acme.eu.auth0.com/?x' }, 'ERR_USAGE'],
  ['an empty audience', 'x', { audience: '' }, 'ERR_USAGE'],
  ['an empty contract', 'x', { contract: '' }, 'ERR_USAGE'],
  ['a contract for ID tokens', 'x', { contract: 'id-token.json' }, 'ERR_USAGE'],
  ['an empty organization', 'x', { organization: ' ' }, 'ERR_USAGE'],
  ['an empty scope', 'x', { scope: '' }, 'ERR_USAGE'],
  ['a scope of blanks', 'x', { scope: '  ' }, 'ERR_USAGE'],
  ['scopes with a comma', 'x', { scope: 'read:orders,write:orders' }, 'ERR_USAGE'],
  ['no algorithm', 'x', { algorithms: '' }, 'ERR_USAGE'],
  ['the algorithm none', 'x', { algorithms: 'none' }, 'ERR_USAGE'],
  ['an algorithm with a secret', 'x', { algorithms: 'HS256' }, 'ERR_USAGE'],
])('refuses %s', async (_what, stdin, values, code) => {
  const error = await run(stdin, values as Record<string, string | boolean>).catch((fault: unknown) => fault)
  expect(error).toMatchObject({ code, hint: expect.stringMatching(/./) })
  // What to do is said in words of the command, not of the library behind it.
  expect((error as { hint: string }).hint).not.toContain('createVerifier')
})

test.each(['http://acme.eu.auth0.com', 'acme.eu.auth0.com/x?y', ' ', 'a b', 'https://acme.eu.auth0.com/x'])(
  'refuses AUTH0_DOMAIN=%s by its name',
  async (domain) => {
    await expect(run('x', { issuer: false }, { AUTH0_DOMAIN: domain })).rejects.toMatchObject({
      code: 'ERR_USAGE',
      message: expect.stringContaining('AUTH0_DOMAIN'),
    })
  },
)

test('takes other algorithms when they are named, and says so', async () => {
  const { exportJWK, generateKeyPair, SignJWT } = await import('jose')
  const pair = await generateKeyPair('RS512', { extractable: true })
  await writeFile(
    join(folder, 'rs512.json'),
    JSON.stringify({ keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'k5' }] }),
  )
  const text = await new SignJWT({
    iss: ISSUER,
    aud: AUDIENCE,
    sub: 'auth0|1',
    azp: 'c',
    iat: now,
    exp: soon,
  })
    .setProtectedHeader({ alg: 'RS512', typ: 'JWT', kid: 'k5' })
    .sign(pair.privateKey)
  expect((await run(text, { jwks: 'rs512.json', algorithms: 'RS256 RS512' })).code).toBe(0)
  const { code, stdout } = await run(text, { jwks: 'rs512.json' })
  expect(code).toBe(1)
  expect(stdout).toContain('--algorithms')
})

test('says why the keys of an issuer cannot be fetched', async () => {
  const { createServer } = await import('node:http')
  const server = createServer((_request, response) => response.writeHead(404).end())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as { port: number }).port}/`
  const text = await token({ iat: now, exp: soon, iss: issuer })
  await expect(run(text, { issuer, jwks: false })).rejects.toMatchObject({
    code: 'ERR_ENVIRONMENT',
    message: `the keys of "${issuer}" cannot be fetched: the JWKS endpoint answered 404`,
  })
  await new Promise((resolve) => server.close(resolve))
  await expect(run(text, { issuer, jwks: false })).rejects.toMatchObject({
    message: expect.stringContaining('ECONNREFUSED'),
  })
})

test('takes the local tenant without an issuer', async () => {
  const text = await token({ iat: now, exp: soon, iss: 'http://localhost:4000/' })
  expect((await run(text, { issuer: false })).code).toBe(0)
})

test.each([
  ['acme.eu.auth0.com', ISSUER],
  ['https://acme.eu.auth0.com', ISSUER],
  ['http://localhost:4711', 'http://localhost:4711/'],
  ['http://127.0.0.1:4711/', 'http://127.0.0.1:4711/'],
])('takes the issuer from AUTH0_DOMAIN=%s', async (domain, iss) => {
  const text = await token({ iat: now, exp: soon, iss })
  const { code } = await run(text, { issuer: false }, { AUTH0_DOMAIN: domain })
  expect(code).toBe(0)
})

test.each<[string, (token: string) => string, string]>([
  [
    'a token response',
    (text) => JSON.stringify({ id_token: 'x', access_token: text }, null, 2),
    'a token response',
  ],
  ['a text of JSON', (text) => JSON.stringify(text), 'a text of JSON'],
  ['an Authorization header', (text) => `Authorization: Bearer ${text}`, 'an Authorization header'],
  [
    'the address of a redirect',
    (text) => `http://localhost:8400/#access_token=${text}&token_type=Bearer`,
    'the address of a redirect',
  ],
  ['a form', (text) => `access_token=${encodeURIComponent(text)}`, 'a form'],
])('takes the access token of %s, and says so', async (_what, make, foundIn) => {
  expect(await run(make(await token({ iat: now, exp: soon })))).toEqual({
    code: 0,
    stdout: `accepted: a good access token for ${AUDIENCE}\n`,
    stderr: `note: the access token of ${foundIn}\n`,
  })
})

test.each([
  ['a token response without an access token', '{"id_token":"secret-text"}', 'no access token'],
  ['a token request that was refused', '{"error":"invalid_grant","x":"secret-text"}', 'was refused'],
  ['other JSON', '{"token":"secret-text"}', 'without an "access_token"'],
  ['a list', '["secret-text"]', 'without an "access_token"'],
  ['JSON that is cut short', '{"access_token":"secret-text', 'begins like JSON'],
  ['an empty access token', '{"access_token":""}', 'there is no token'],
])('says of %s what to send, and shows nothing of it', async (_what, stdin, message) => {
  const error = await run(stdin).catch((fault: unknown) => fault)
  expect(error).toMatchObject({ code: 'ERR_USAGE', message: expect.stringContaining(message), hint: /./ })
  expect(String((error as Error).stack) + String((error as Error).cause)).not.toContain('secret-text')
})

test('says of a token that is bound to a key what it is good for', async () => {
  const { code, stdout } = await run(await token({ iat: now, exp: soon, cnf: { jkt: 'x'.repeat(43) } }))
  expect(code).toBe(0)
  expect(stdout).toBe(
    `accepted: a good access token for ${AUDIENCE}\n  bound to a key: good only with the scheme DPoP and a proof, which each request brings\n`,
  )
  const certificate = await token({ iat: now, exp: soon, cnf: { 'x5t#S256': 'x' } })
  expect((await run(certificate)).stdout).toContain('hint: The token is bound to a certificate')
})

test('says where to look when a claim of the contract is missing', async () => {
  const contract = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Api',
    'x-auth0': { token: 'access_token', audience: AUDIENCE },
    type: 'object',
    properties: { 'https://acme.example/plan': { type: 'string', maxLength: 10 } },
    required: ['https://acme.example/plan'],
  }
  await writeFile(join(folder, 'api.json'), JSON.stringify(contract))
  const { code, stdout } = await run(await token({ iat: now, exp: soon }), { contract: 'api.json' })
  expect(code).toBe(1)
  expect(stdout).toContain('claims check says which, claims explain why.')
})
