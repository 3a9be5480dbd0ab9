import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { readConfiguration, withoutConfigured } from '../../check/configuration.ts'
import {
  breakingChanges,
  type ContractChange,
  changeFinding,
  changeRules,
  readContracts,
} from '../../contract/index.ts'
import { ToolkitError } from '../../errors.ts'
import { formatGithub, formatJunit, formatSarif, markdownCode, markdownText } from '../../report/index.ts'
import { readWorkspace } from '../../workspace/index.ts'
import { defineCommand } from '../command.ts'
import { contractChangeLines, olderContracts } from '../contract-changes.ts'
import { EXIT } from '../exit-codes.ts'
import { JSON_FLAG } from '../flags.ts'
import { jsonDocument } from '../json-document.ts'
import { packageVersion } from '../package-json.ts'
import { workspaceFolder } from '../workspace-folder.ts'

/** The formats other than text, each one document on stdout. */
const FORMATS: Readonly<Record<string, (changes: readonly ContractChange[]) => string>> = {
  json: (changes) => {
    const summary = { breaking: count(changes, 'breaking'), undecided: count(changes, 'undecided') }
    return jsonDocument('breaking', { summary, changes })
  },
  sarif: (changes) =>
    formatSarif(changes.map(changeFinding), packageVersion(import.meta.url), (rule) => changeRules[rule]),
  junit: (changes) => formatJunit(changes.map(changeFinding)),
  github: (changes) => formatGithub(changes.map(changeFinding)),
  markdown: markdownOf,
}

/** `claims breaking`: would these contracts break an API that relies on the old ones. */
export const breakingCommand = defineCommand({
  name: 'breaking',
  summary: 'Say whether the contracts break an API that relies on older ones, with a witness',
  flags: {
    against: {
      value: '<git-ref|folder>',
      required: true,
      help: 'a git commit, branch or tag, or a folder with the older contracts',
    },
    ...JSON_FLAG,
    format: {
      value: '<format>',
      insteadOf: 'json',
      help: 'text (default), json, sarif, junit, github or markdown',
    },
  },
  notes: ['claims.config.json switches categories off, e.g. breaking/renamed-namespace'],
  async run(terminal, values) {
    const { against } = values
    if (typeof against !== 'string' || against.trim() === '') {
      throw new ToolkitError('ERR_USAGE', 'there is nothing to compare with', {
        hint: 'E.g. claims breaking --against main.',
      })
    }
    const format = values['json'] === true ? 'json' : String(values['format'] ?? 'text')
    if (format !== 'text' && !Object.hasOwn(FORMATS, format)) {
      throw new ToolkitError('ERR_USAGE', `"${format}" is not a format`, {
        hint: `There are text, ${Object.keys(FORMATS).join(', ')}.`,
      })
    }
    const workspace = await readWorkspace(await workspaceFolder(terminal))
    const configuration = await readConfiguration(workspace.root)
    const now = await readContracts(workspace.contractFiles, (file) => readFile(file, 'utf8'), {
      root: workspace.root,
    })
    const old = await olderContracts(workspace.root, resolve(terminal.cwd, against), against)
    const changes = breakingChanges(old, now).filter(
      (change) => withoutConfigured([changeFinding(change)], configuration).length > 0,
    )
    if (format !== 'text') terminal.document(FORMATS[format]!(changes), { commands: format === 'github' })
    else {
      for (const change of changes) terminal.out(contractChangeLines(change))
      terminal.out(summaryOf(changes))
    }
    return count(changes, 'breaking') > 0 ? EXIT.findings : EXIT.clean
  },
})

function count(changes: readonly ContractChange[], verdict: ContractChange['verdict']): number {
  return changes.filter((change) => change.verdict === verdict).length
}

function summaryOf(changes: readonly ContractChange[]): string {
  if (changes.length === 0) return 'The contracts promise what they promised: nothing changed.'
  const breaks = count(changes, 'breaking')
  const undecided = count(changes, 'undecided')
  const known = undecided === 0 ? 'No change breaks' : 'No change is known to break'
  const what = breaks === 0 ? known : `${breaks} ${breaks === 1 ? 'change breaks' : 'changes break'}`
  const rest = undecided === 0 ? '' : `; ${undecided} undecided`
  return `${what} those who read the claims${rest}.`
}

function markdownOf(changes: readonly ContractChange[]): string {
  const head = summaryOf(changes)
  if (changes.length === 0) return `## Contracts\n\n${head}`
  const rows = changes.map(({ verdict, category, message, file, line, witness }) => {
    const cells = [
      verdict === 'breaking' ? '**breaking**' : verdict,
      category,
      markdownText(message),
      markdownCode(`${file}:${line}`),
      witness === undefined ? '' : markdownCode(JSON.stringify(witness)),
    ]
    return `| ${cells.join(' | ')} |`
  })
  return [
    '## Contracts',
    '',
    head,
    '',
    '| verdict | change | what | where | witness |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n')
}
