import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checkCommand } from '../../lib/cli/commands/check.ts'
import { explainCommand } from '../../lib/cli/commands/explain.ts'
import { walked } from '../../scripts/docs/walk.ts'
import { exampleWorkspace } from '../helpers/example-workspace.ts'
import { folderWith } from '../helpers/folder.ts'
import { recordedTerminal } from '../helpers/terminal.ts'

const SNIPPET = `exports.onExecutePostLogin = async (event, api) => {
  const roles = event.authorization?.roles
  api.accessToken.setCustomClaim('roles', roles)
  api.accessToken.setCustomClaim('plan', event.user.app_metadata.plan)
}
`

describe('claims check', () => {
  test('of a file prints what the README shows', async () => {
    const readme = await readFile(join(import.meta.dirname, '../../README.md'), 'utf8')
    expect(await walked(readme), 'run: npm run docs').toBe(readme)
  })

  test('reads standard input', async () => {
    const terminal = recordedTerminal({ stdin: SNIPPET })
    expect(await checkCommand.run(terminal, {}, ['-'])).toBe(1)
    expect(terminal.stdout()).toMatch(/^stdin\.ts:3:34 error claims\/restricted-name /)
  })

  test('--json prints one document in the shape that other tools rely on', async () => {
    const terminal = recordedTerminal({ cwd: await folderWith({ 'action.js': SNIPPET }) })
    expect(await checkCommand.run(terminal, { json: true }, ['action.js'])).toBe(1)
    const { findings, ...rest } = JSON.parse(terminal.stdout())
    expect(rest).toEqual({ version: 1, command: 'check', summary: { errors: 1, warnings: 1 } })
    expect(findings[0]).toEqual({
      rule: 'claims/restricted-name',
      severity: 'error',
      message: expect.stringContaining('"roles"'),
      hint: expect.stringContaining('https://acme.example/roles'),
      file: 'action.js',
      line: 3,
      column: 34,
      claim: 'roles',
      token: 'access_token',
      evidence: 'documentation',
      source: expect.stringMatching(/^https:\/\//),
    })
  })

  test('the example workspace is clean', async () => {
    const terminal = recordedTerminal({ cwd: await exampleWorkspace() })
    expect(await checkCommand.run(terminal, { json: true }, [])).toBe(0)
    expect(JSON.parse(terminal.stdout())).toEqual({
      version: 1,
      command: 'check',
      summary: { errors: 0, warnings: 0 },
      findings: [],
      postLogin: ['enrich-claims', 'adjust-scopes'],
    })
  })

  test('a claim that no contract declares is an error, with the name that was meant', async () => {
    const terminal = recordedTerminal({
      cwd: await exampleWorkspace({
        'actions/enrich-claims.ts': [
          "api.idToken.setCustomClaim('https://acme.example/plan', plan)",
          "api.idToken.setCustomClaim('https://acme.example/plans' as never, plan as never)",
        ],
      }),
    })
    expect(await checkCommand.run(terminal, { json: true }, [])).toBe(1)
    const { findings } = JSON.parse(terminal.stdout())
    expect(findings).toContainEqual(
      expect.objectContaining({
        rule: 'contract/undeclared-claim',
        file: 'actions/enrich-claims.ts',
        line: 23,
        hint: 'Did you mean "https://acme.example/plan"?',
      }),
    )
    expect(findings).toContainEqual(
      expect.objectContaining({ rule: 'contract/never-set', file: 'schemas/claims/id-token.json' }),
    )
  })

  test('without a workspace or files says what it takes', async () => {
    const run =
      (...files: string[]) =>
      async (cwd: string) =>
        checkCommand.run(recordedTerminal({ cwd }), {}, files)
    const empty = await folderWith({})
    await expect(run()(empty)).rejects.toMatchObject({
      code: 'ERR_INPUT',
      hint: expect.stringContaining('claims check <file>'),
    })
    await expect(run('.')(empty)).rejects.toMatchObject({ code: 'ERR_INPUT' })
    await expect(run('-', 'a.js')(empty)).rejects.toMatchObject({ code: 'ERR_USAGE' })
  })

  test.each(['sarif', 'junit', 'github'])(
    '--format %s prints one document and nothing else',
    async (format) => {
      const terminal = recordedTerminal({ cwd: await folderWith({ 'action.js': SNIPPET }) })
      expect(await checkCommand.run(terminal, { format }, ['action.js'])).toBe(1)
      expect(terminal.stdout()).toContain('claims/restricted-name')
      expect(terminal.stderr()).toBe('')
    },
  )

  test('refuses a format that it does not have', async () => {
    await expect(
      checkCommand.run(recordedTerminal(), { format: 'xml' }, ['action.js']),
    ).rejects.toMatchObject({
      code: 'ERR_USAGE',
      hint: expect.stringContaining('sarif'),
    })
  })

  test('a file that does not exist is wrong use', async () => {
    await expect(checkCommand.run(recordedTerminal(), {}, ['missing.js'])).rejects.toMatchObject({
      code: 'ERR_INPUT',
    })
  })
})

test('claims explain prints a rule with an example, and refuses an unknown one', async () => {
  const terminal = recordedTerminal()
  expect(await explainCommand.run(terminal, {}, ['claims/auth0-namespace'])).toBe(0)
  expect(terminal.stdout()).toMatch(/^claims\/auth0-namespace \(error\).*Before:.*After:.*https:\/\//s)
  await expect(explainCommand.run(recordedTerminal(), {}, ['claims/restricted-names'])).rejects.toMatchObject(
    {
      code: 'ERR_USAGE',
      hint: 'Did you mean claims/restricted-name?',
    },
  )
})
