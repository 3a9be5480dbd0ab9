import { nearest } from '../../check/nearest.ts'
import { checkRules } from '../../check/rules/index.ts'
import { changeRules } from '../../contract/index.ts'
import { ToolkitError } from '../../errors.ts'
import type { RuleDescription } from '../../finding.ts'
import { runRules } from '../../simulator/index.ts'
import { defineCommand } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { jsonDocument } from '../json-document.ts'

export const explainCommand = defineCommand({
  name: 'explain',
  summary: 'Explain a rule, with an example before and after',
  flags: {
    json: { help: 'one JSON document' },
  },
  words: [{ name: '[<rule>]', help: 'e.g. claims/restricted-name; without one, the list' }],
  async run(terminal, values, [id]) {
    const known: Readonly<Record<string, RuleDescription>> = { ...checkRules, ...runRules, ...changeRules }
    const rules = Object.values(known)
    const chosen = id === undefined ? rules : rules.filter((rule) => rule.id === id)
    if (chosen.length === 0) {
      const near = nearest(String(id), Object.keys(known))
      throw new ToolkitError('ERR_USAGE', `there is no rule "${id}"`, {
        hint: near === undefined ? 'Run claims explain for the list.' : `Did you mean ${near}?`,
      })
    }
    if (values['json'] === true) {
      terminal.document(jsonDocument('explain', { rules: chosen }, 2))
    } else if (id === undefined) {
      const width = Math.max(...rules.map((rule) => rule.id.length))
      for (const rule of rules)
        terminal.out(`${rule.id.padEnd(width)}  ${rule.severity.padEnd(7)}  ${rule.summary}`)
    } else {
      for (const rule of chosen) {
        terminal.out([
          `${rule.id} (${rule.severity})`,
          rule.summary,
          '',
          rule.why,
          '',
          'Before:',
          ...rule.example.before.split('\n').map((line) => `  ${line}`),
          'After:',
          ...rule.example.after.split('\n').map((line) => `  ${line}`),
          '',
          `Evidence: ${rule.evidence}. ${rule.source}`,
        ])
      }
    }
    return EXIT.clean
  },
})
