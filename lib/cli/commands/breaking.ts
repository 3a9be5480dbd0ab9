import { execFile } from 'node:child_process'
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { readConfiguration, withoutConfigured } from '../../check/configuration.ts'
import { gitEnvironment } from '../../child-environment.ts'
import {
  breakingChanges,
  type Contract,
  type ContractChange,
  changeFinding,
  changeRules,
  compileContracts,
  readContracts,
  UNDECIDED,
} from '../../contract/index.ts'
import { ToolkitError } from '../../errors.ts'
import { ifMissing, readText } from '../../files/index.ts'
import { formatGithub, formatJunit, formatSarif, markdownCode, markdownText } from '../../report/index.ts'
import { readWorkspace } from '../../workspace/index.ts'
import { defineCommand } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { JSON_FLAG } from '../flags.ts'
import { namedCommit } from '../git-commit.ts'
import { packageVersion } from '../package-json.ts'
import { workspaceFolder } from '../workspace-folder.ts'

const run = promisify(execFile)

/** The formats other than text, each one document on stdout. */
const FORMATS: Readonly<Record<string, (changes: readonly ContractChange[]) => string>> = {
  json: (changes) => {
    const summary = { breaking: count(changes, 'breaking'), undecided: count(changes, 'undecided') }
    return JSON.stringify({ version: 1, command: 'breaking', summary, changes })
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
    else for (const change of changes) terminal.out(contractChangeLines(change))
    return count(changes, 'breaking') > 0 ? EXIT.findings : EXIT.clean
  },
})

function count(changes: readonly ContractChange[], verdict: ContractChange['verdict']): number {
  return changes.filter((change) => change.verdict === verdict).length
}

/** A change as lines of a terminal, with its witness. */
export function contractChangeLines(change: ContractChange): string[] {
  const { verdict, witness } = change
  const { file, line, column, severity, rule, message } = changeFinding(change)
  const head = `${file}:${line}:${column} ${severity} ${rule} ${message}`
  if (witness !== undefined) return [head, `  witness: ${JSON.stringify(witness)}`]
  return verdict === 'undecided' ? [head, `  hint: ${UNDECIDED}`] : [head]
}

function markdownOf(changes: readonly ContractChange[]): string {
  const breaks = count(changes, 'breaking')
  const head =
    changes.length === 0
      ? 'The contracts promise what they promised.'
      : breaks === 0
        ? 'No change breaks those who read the claims.'
        : `${breaks} ${breaks === 1 ? 'change breaks' : 'changes break'} those who read the claims.`
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

export async function olderContracts(root: string, folder: string, ref: string): Promise<Contract[]> {
  if (ref.trim() === '') {
    throw new ToolkitError('ERR_USAGE', 'there is nothing to compare with', { hint: 'E.g. --against main.' })
  }
  const isFolder = await stat(folder).then(
    (stats) => stats.isDirectory(),
    () => false,
  )
  const texts = isFolder ? await fromFolder(folder) : await fromGit(root, ref)
  if (texts.length === 0) {
    throw new ToolkitError('ERR_INPUT', `there are no contracts in "${ref}"`, {
      hint: 'Contracts are the JSON files of schemas/claims/.',
    })
  }
  const { contracts, findings } = compileContracts(texts)
  const fault = findings.find(({ severity }) => severity === 'error')
  if (fault !== undefined) {
    throw new ToolkitError('ERR_CONTRACT', `the older contract is not usable: ${fault.message}`, {
      file: fault.file,
      line: fault.line,
      hint: 'Compare with a version whose contracts are right.',
    })
  }
  return contracts
}

async function fromFolder(folder: string): Promise<{ file: string; text: string }[]> {
  const nested = join(folder, 'schemas', 'claims')
  const from = (await readdir(nested).catch(ifMissing())) === undefined ? folder : nested
  const names = (await readdir(from)).filter((name) => name.endsWith('.json')).sort()
  return Promise.all(
    names.map(async (name) => ({ file: basename(name), text: await readText(join(from, name)) })),
  )
}

async function fromGit(root: string, ref: string): Promise<{ file: string; text: string }[]> {
  const commit = await namedCommit(root, ref)
  const git = async (...args: string[]) =>
    (await run('git', ['-C', root, ...args], { maxBuffer: 16 * 1024 * 1024, env: gitEnvironment() })).stdout
  try {
    const listed = await git('ls-tree', '--name-only', '-z', commit, '--', 'schemas/claims/')
    const texts: { file: string; text: string }[] = []
    // One after another: each is a process.
    for (const file of listed.split('\0').filter((name) => name.endsWith('.json'))) {
      texts.push({ file, text: await git('show', `${commit}:./${file}`) })
    }
    return texts
  } catch (cause) {
    throw new ToolkitError('ERR_INPUT', `git cannot read the contracts of "${ref}"`, {
      cause,
      hint: 'Look at what git says of the repository; a contract has at most some megabytes.',
    })
  }
}
