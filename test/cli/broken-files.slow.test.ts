import { it } from 'vitest'
import { planCommand } from '../../lib/cli/commands/plan.ts'
import { quotesNothing } from './broken-file.ts'

it.each([
  ['the record of a deploy', '.auth0-claims/deploys/1.json'],
  ['fingerprints of secrets', '.auth0-claims/secrets.json'],
])('a plan quotes nothing of %s that cannot be read', (_, file) => quotesNothing(planCommand, file, []))
