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
])('refuses %s', async (_what, stdin, values, code) => {
  await expect(run(stdin, values as Record<string, string | boolean>)).rejects.toMatchObject({ code })
})

test('takes the local tenant without an issuer', async () => {
  const text = await token({ iat: now, exp: soon, iss: 'http://localhost:4000/' })
  expect((await run(text, { issuer: false })).code).toBe(0)
})

test('takes the issuer from AUTH0_DOMAIN', async () => {
  const text = await token({ iat: now, exp: soon })
  const { code } = await run(text, { issuer: false }, { AUTH0_DOMAIN: 'acme.eu.auth0.com' })
  expect(code).toBe(0)
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
