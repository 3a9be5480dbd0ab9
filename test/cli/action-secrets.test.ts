import { describe, expect, it } from 'vitest'
import { proveCommand } from '../../lib/cli/commands/prove.ts'
import { simulateCommand } from '../../lib/cli/commands/simulate.ts'
import { exampleWorkspace } from '../helpers/example-workspace.ts'
import { recordedTerminal } from '../helpers/terminal.ts'

const SECRET = 'kept-"s3cret"-value'

const leaking = (code: string) =>
  exampleWorkspace({
    'actions/enrich-claims.ts': `export async function onExecutePostLogin(event: any): Promise<void> {
  const key = event.secrets.EU_COUNTRIES
  ${code}
}
`,
    'tenant.local.yaml': `users:
  - { email: ada@acme.example, password: local-ada, roles: [orders-manager] }
keywords: { EU_COUNTRIES: '${SECRET}', EXPORT_PLANS: 'team,enterprise' }
`,
  })

const FORMS = [
  ['as it is', 'key'],
  ['in JSON', 'JSON.stringify({ key })'],
  ['in an address', '`https://api.example/?key=${encodeURIComponent(key)}`'],
  ['in a header', 'Buffer.from(`user:${key}`).toString("base64")'],
] as const

describe('what an Action throws or logs', () => {
  it.each(
    [simulateCommand, proveCommand].flatMap((command) =>
      FORMS.flatMap(([form, value]) =>
        ['throw new Error("failed: " + ', 'console.log("tried: ", '].map((begin) => ({
          command,
          name: command.name,
          form,
          how: begin.slice(0, 5),
          code: begin.startsWith('throw') ? `${begin}${value})` : `${begin}${value}); throw new Error('x')`,
        })),
      ),
    ),
  )('is shown by claims $name without the secret: $form, $how', async ({ command, code }) => {
    const cwd = await leaking(code)
    for (const json of [false, true]) {
      const terminal = recordedTerminal({ cwd })
      const values = command === proveCommand ? { json, runs: '3' } : { json }
      expect(await command.run(terminal, values, [])).toBe(1)
      const printed = terminal.stdout() + terminal.stderr()
      expect(printed).toContain(code.startsWith('throw') ? 'failed: ' : 'x')
      for (const form of [SECRET, JSON.stringify(SECRET).slice(1, -1), 's3cret', 'czNjcmV0'])
        expect(printed).not.toContain(form)
    }
  })
})
