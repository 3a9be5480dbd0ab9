import type { RuleTable } from '../../finding.ts'
import { SOURCES } from '../rules/sources.ts'

export const embeddedRules = {
  'bundle/no-action': {
    severity: 'warning',
    evidence: 'code',
    source: SOURCES.firstAction,
    summary: 'A file that is named to the check holds an Action.',
    why: 'In Markdown, Terraform, YAML and JSON the code of Actions is looked for and checked. Where none is, nothing is.',
    example: {
      before: 'claims check main.tf # code = file("actions/roles.js")',
      after: 'claims check actions/roles.js',
    },
  },
  'bundle/not-checked': {
    severity: 'info',
    evidence: 'code',
    source: SOURCES.firstAction,
    summary: 'What was not looked at is said.',
    why: 'Blocks of code that are no Actions, code that is only named, and Actions of other triggers: no finding on them means nothing.',
    example: {
      before: 'supported_triggers: [{ id: send-phone-message, version: v2 }]',
      after: '# nothing to do: it is said once',
    },
  },
} as const satisfies RuleTable
