import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { exampleWorkspace } from '../helpers/example-workspace.ts'
import { runProgram } from '../helpers/program.ts'

const start = (args: readonly string[]) => runProgram('scripts/demo/main.ts', args)

describe('npm start with bad input', () => {
  test.each([
    [
      'a syntax error in an Action',
      { 'actions/enrich-claims.ts': ['const plan =', 'const plan = = '] as const },
      1,
      /^actions\/enrich-claims\.ts:\d+:\d+ error bundle\/syntax /m,
    ],
    [
      'a handler that is not there',
      { 'actions/adjust-scopes.ts': ['onExecutePostLogin', 'onExecuteLogin'] as const },
      1,
      /^actions\/adjust-scopes\.ts:\d+:\d+ error handler\//m,
    ],
    [
      'a restricted claim',
      {
        'actions/enrich-claims.ts': [
          "'https://acme.example/roles', roles",
          "'roles' as never, roles as never",
        ] as const,
      },
      1,
      /^actions\/enrich-claims\.ts:19:\d+ error claims\/restricted-name /m,
    ],
    [
      'a malformed tenant.yaml',
      { 'tenant.yaml': ['  - name: adjust-scopes', '  - name: [adjust-scopes'] as const },
      2,
      /^tenant\.yaml:\d+:\d+ error ERR_INPUT /m,
    ],
    [
      'a marker without a value',
      { 'tenant.local.yaml': ['EXPORT_PLANS:', 'EXPORT_PLAN:'] as const },
      2,
      /^tenant\.yaml:\d+:\d+ error ERR_INPUT .*EXPORT_PLANS/m,
    ],
    [
      'a broken contract',
      { 'schemas/claims/orders.access-token.json': ['"enum": ["eu", "us"]', '"enum": "eu"'] as const },
      2,
      /^schemas\/claims\/orders\.access-token\.json:\d+:\d+ error ERR_CONTRACT /m,
    ],
  ])('%s: says where, and what to do', async (_, changes, code, message) => {
    const workspace = await exampleWorkspace(changes)
    const ended = await start(['--workspace', workspace])
    expect(ended.stderr).toMatch(message)
    expect(ended.stderr).toMatch(/^ +hint: /m)
    expect(ended.code).toBe(code)
    expect(ended.stdout).toContain('✘')
  })

  test('a used port: says which, and what to do', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as AddressInfo
    const ended = await start(['--port', String(port)])
    expect(ended.stderr).toMatch(new RegExp(`error ERR_ENVIRONMENT .*${port}`))
    expect(ended.stderr).toContain('hint: ')
    expect(ended.code).toBe(2)
  })

  test('a wrong password: says so, and does not print it', async () => {
    const ended = await start(['--password', 'not-the-password'])
    expect(ended.stderr).toMatch(/error ERR_OAUTH .*password/i)
    expect(ended.stdout + ended.stderr).not.toContain('not-the-password')
    expect(ended.code).toBe(1)
  })

  test.each([
    [['--tenant', 'real'], /--tenant real needs AUTH0_DOMAIN/],
    [['--tenant', 'acme.eu.auth0.com'], /needs AUTH0_DOMAIN/],
    [['--port', 'http'], /--port must be a number/],
    [['--frobnicate'], /Unknown option '--frobnicate'/],
    [['--user', 'nobody@acme.example'], /no user "nobody@acme\.example"/],
  ])('%j is wrong use', async (args, message) => {
    const ended = await start(args)
    expect(ended.stderr).toMatch(message)
    expect(ended.stderr).toContain('hint: ')
    expect(ended.code).toBe(2)
  })
})
