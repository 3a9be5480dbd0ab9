import { expect, test } from 'vitest'
import { checkCommand } from '../../lib/cli/commands/check.ts'
import { exampleWorkspace } from '../helpers/example-workspace.ts'
import { recordedTerminal } from '../helpers/terminal.ts'

async function scopeFindings(scope: string, tenant: [from: string, to: string] = ['', '']) {
  const cwd = await exampleWorkspace({
    'actions/adjust-scopes.ts': ["addScope('export:orders')", `addScope(${scope})`],
    'tenant.yaml': tenant,
  })
  const terminal = recordedTerminal({ cwd })
  await checkCommand.run(terminal, { json: true }, [])
  const { findings } = JSON.parse(terminal.stdout()) as { findings: Record<string, unknown>[] }
  return findings.filter(({ rule }) => String(rule).startsWith('scopes/'))
}

test('an added scope that no API defines is a warning, with the one that was meant', async () => {
  expect(await scopeFindings("'exports:orders'")).toEqual([
    expect.objectContaining({
      rule: 'scopes/undefined-scope',
      severity: 'warning',
      file: 'actions/adjust-scopes.ts',
      line: 17,
      hint: 'Did you mean "export:orders"?',
    }),
  ])
})

test.each([["'export:orders'"], ["'offline_access'"], ["' read:orders '"], ['event.request.ip']])(
  'addScope(%s) is fine',
  async (scope) => {
    expect(await scopeFindings(scope)).toEqual([])
  },
)

test('where a marker stands for the scopes of an API, nobody knows which are missing', async () => {
  const marker = "    scopes: '@@SCOPES@@'\n    were:\n"
  expect(await scopeFindings("'exports:orders'", ['    scopes:\n', marker])).toEqual([])
})

test('removing a scope that no API defines harms nobody', async () => {
  expect(await scopeFindings("'export:orders'), api.accessToken.removeScope('none:orders'")).toEqual([])
})
