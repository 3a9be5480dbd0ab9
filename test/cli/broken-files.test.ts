import { it } from 'vitest'
import type { Command } from '../../lib/cli/command.ts'
import { attackCommand } from '../../lib/cli/commands/attack.ts'
import { breakingCommand } from '../../lib/cli/commands/breaking.ts'
import { checkCommand } from '../../lib/cli/commands/check.ts'
import { impactCommand } from '../../lib/cli/commands/impact.ts'
import { proveCommand } from '../../lib/cli/commands/prove.ts'
import { replayCommand } from '../../lib/cli/commands/replay.ts'
import { simulateCommand } from '../../lib/cli/commands/simulate.ts'
import { tenantCommand } from '../../lib/cli/commands/tenant.ts'
import { typesCommand } from '../../lib/cli/commands/types.ts'
import { verifyCommand } from '../../lib/cli/commands/verify.ts'
import { quotesNothing } from './broken-file.ts'

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
])('quotes nothing of %s that cannot be read', (_, command, file, args) => quotesNothing(command, file, args))
