import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Command } from '../../lib/cli/command.ts'
import { attackCommand } from '../../lib/cli/commands/attack.ts'
import { breakingCommand } from '../../lib/cli/commands/breaking.ts'
import { checkCommand } from '../../lib/cli/commands/check.ts'
import { impactCommand } from '../../lib/cli/commands/impact.ts'
import { planCommand } from '../../lib/cli/commands/plan.ts'
import { proveCommand } from '../../lib/cli/commands/prove.ts'
import { replayCommand } from '../../lib/cli/commands/replay.ts'
import { simulateCommand } from '../../lib/cli/commands/simulate.ts'
import { tenantCommand } from '../../lib/cli/commands/tenant.ts'
import { typesCommand } from '../../lib/cli/commands/types.ts'
import { verifyCommand } from '../../lib/cli/commands/verify.ts'
import { run } from '../../lib/cli/run.ts'
import { exampleWorkspace } from '../helpers/example-workspace.ts'
import { recordedTerminal } from '../helpers/terminal.ts'

/** A password that lost its key, and one in the middle of what is not closed. */
const BROKEN = ['hunter2', '{ "password": hunter2 }', '{ "password": "hunter2', '["hunter2",]', '{"hunter2"}']

it.each<[string, Command, string, string[]]>([
  ['an event of simulate', simulateCommand, 'event.json', ['--event', 'event.json']],
  ['a saved login of prove', proveCommand, 'login.json', ['--replay', 'login.json']],
  ['recorded logins of replay', replayCommand, 'events.ndjson', ['events.ndjson', '--redact']],
  [
    'the keys of verify',
    verifyCommand,
    'jwks.json',
    ['--jwks', 'jwks.json', '--issuer', 'https://a.example/', '--audience', 'a'],
  ],
  [
    'the key of attack',
    attackCommand,
    'key.json',
    ['http://localhost:1/', '--audience', 'a', '--key', 'key.json'],
  ],
  ['claims.config.json', checkCommand, 'claims.config.json', []],
  ['a contract', checkCommand, 'schemas/claims/broken.json', []],
  ['a contract for types', typesCommand, 'schemas/claims/broken.json', []],
  ['a consumer', impactCommand, 'schemas/consumers/broken.json', []],
  ['an older contract', breakingCommand, 'old/a.json', ['--against', 'old']],
  ['a state file', tenantCommand, 'state.json', ['--port', '0', '--state', 'state.json']],
  ['the record of a deploy', planCommand, '.auth0-claims/deploys/1.json', []],
  ['fingerprints of secrets', planCommand, '.auth0-claims/secrets.json', []],
])('quotes nothing of %s that cannot be read', async (_, command, file, args) => {
  for (const text of BROKEN) {
    const cwd = await exampleWorkspace()
    await mkdir(join(cwd, file, '..'), { recursive: true })
    await writeFile(join(cwd, file), text)
    const terminal = recordedTerminal({ cwd, stdin: 'a.b.c' })
    const code = await run({ it: async () => command }, ['it', ...args], terminal, async () => '')
    expect([1, 2], `${text}: ${terminal.stderr()}`).toContain(code)
    expect(terminal.stdout() + terminal.stderr()).not.toContain('hunter2')
  }
})
