import { readFile } from 'node:fs/promises'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { verifyCommand } from '../../lib/cli/commands/verify.ts'
import { recordedTerminal } from '../helpers/terminal.ts'
import { AUDIENCE, ISSUER, token } from '../verify/token-kit.ts'

const read = async (file: string) => JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>
const ajv = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false })
const isContract = ajv.compile(await read('schemas/contract.schema.json'))
const isVerifyOutput = ajv.compile(await read('schemas/verify-output.schema.json'))
const example = await read('schemas/claims/orders.access-token.json')

describe('contract.schema.json', () => {
  test.each<[string, Record<string, unknown>, boolean]>([
    ['the example', {}, true],
    ['a contract for ID tokens', { 'x-auth0': { token: 'id_token' } }, true],
    ['another draft', { $schema: 'http://json-schema.org/draft-07/schema#' }, false],
    ['a title with a blank', { title: 'a b' }, false],
    ['an access token without an API', { 'x-auth0': { token: 'access_token' } }, false],
    ['an ID token with an API', { 'x-auth0': { token: 'id_token', audience: 'x' } }, false],
    ['an unknown member of x-auth0', { 'x-auth0': { token: 'id_token', foo: 1 } }, false],
    ['a budget of nothing', { 'x-auth0': { token: 'id_token', maxBytes: 0 } }, false],
    ['a contract that is closed', { additionalProperties: false }, false],
    [
      'a claim that a refresh may change',
      { properties: { 'https://acme.example/x': { type: 'string', 'x-auth0': { refresh: 'may-differ' } } } },
      true,
    ],
    [
      'a claim with other facts',
      { properties: { 'https://acme.example/x': { type: 'string', 'x-auth0': { refresh: 'never' } } } },
      false,
    ],
    ['a claim that is no schema', { properties: { 'https://acme.example/x': { type: 7 } } }, false],
  ])('judges %s', (_what, changes, valid) => {
    expect(isContract({ ...example, ...changes })).toBe(valid)
  })
})

describe('verify-output.schema.json', () => {
  test('describes what the command prints', async () => {
    const terminal = recordedTerminal({ stdin: await token({ aud: 'x' }) })
    // Keys of somebody else, so that nothing is fetched.
    const values = {
      issuer: ISSUER,
      audience: AUDIENCE,
      json: true,
      jwks: 'test/fixtures/verify/other-keys.json',
    }
    expect(await verifyCommand.run(terminal, values, [])).toBe(1)
    expect(isVerifyOutput(JSON.parse(terminal.stdout())), JSON.stringify(isVerifyOutput.errors)).toBe(true)
  })

  test.each<[string, unknown, boolean]>([
    ['an accepted token', { version: 1, command: 'verify', accepted: true, reasons: [], payload: {} }, true],
    [
      'accepted with a reason',
      { version: 1, command: 'verify', accepted: true, reasons: [{ code: 'x', message: 'y' }] },
      false,
    ],
    ['refused without a reason', { version: 1, command: 'verify', accepted: false, reasons: [] }, false],
    ['no version', { command: 'verify', accepted: true, reasons: [] }, false],
  ])('judges %s', (_what, document, valid) => {
    expect(isVerifyOutput(document)).toBe(valid)
  })
})
