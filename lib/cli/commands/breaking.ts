import { execFile } from 'node:child_process'
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import {
  breakingChanges,
  type Contract,
  type ContractChange,
  compileContracts,
  readContracts,
} from '../../contract/index.ts'
import { ToolkitError } from '../../errors.ts'
import { readWorkspace } from '../../workspace/index.ts'
import type { Command } from '../command.ts'
import { EXIT } from '../exit-codes.ts'

const run = promisify(execFile)
const SEVERITY = { breaking: 'error', undecided: 'warning', compatible: 'info' } as const

/** `claims breaking`: would these contracts break an API that relies on the old ones. */
export const breakingCommand: Command = {
  name: 'breaking',
  summary: 'Say whether the contracts break an API that relies on older ones, with a witness',
  usage: '--against <git-ref|folder> [--json]',
  options: { against: { type: 'string' }, json: { type: 'boolean' } },
  help: [
    ['--against <ref>', 'a git commit, branch or tag, or a folder with the older contracts'],
    ['--json', 'print one JSON document'],
  ],
  async run(terminal, values) {
    const against = values['against']
    if (typeof against !== 'string') {
      throw new ToolkitError('ERR_USAGE', 'there is nothing to compare with', {
        hint: 'E.g. claims breaking --against main.',
      })
    }
    const workspace = await readWorkspace(terminal.cwd)
    const now = await readContracts(workspace.contractFiles, (file) => readFile(file, 'utf8'), {
      root: workspace.root,
    })
    const old = await olderContracts(workspace.root, resolve(terminal.cwd, against), against)
    const changes = breakingChanges(old, now)
    const breaks = changes.filter(({ verdict }) => verdict === 'breaking').length
    if (values['json'] === true) {
      const summary = { breaking: breaks, undecided: changes.filter((c) => c.verdict === 'undecided').length }
      terminal.out(JSON.stringify({ version: 1, command: 'breaking', summary, changes }))
    } else {
      for (const change of changes) terminal.out(contractChangeText(change))
    }
    return breaks > 0 ? EXIT.findings : EXIT.clean
  },
}

export function contractChangeText(change: ContractChange): string {
  const { file, line, column, category, verdict, message, witness } = change
  const head = `${file}:${line}:${column} ${SEVERITY[verdict]} breaking/${category} ${message}`
  if (witness !== undefined) return `${head}\n  witness: ${JSON.stringify(witness)}`
  return verdict === 'undecided' ? `${head}\n  hint: Not decided: look at it yourself.` : head
}

export async function olderContracts(root: string, folder: string, ref: string): Promise<Contract[]> {
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
  const from = (await readdir(nested).catch(() => undefined)) === undefined ? folder : nested
  const names = (await readdir(from)).filter((name) => name.endsWith('.json')).sort()
  return Promise.all(
    names.map(async (name) => ({ file: basename(name), text: await readFile(join(from, name), 'utf8') })),
  )
}

async function fromGit(root: string, ref: string): Promise<{ file: string; text: string }[]> {
  // A leading dash would be read as an option of git.
  if (ref.startsWith('-')) throw unknownRef(ref)
  const git = async (...args: string[]) =>
    (await run('git', args, { cwd: root, maxBuffer: 16 * 1024 * 1024 })).stdout
  let listed: string
  try {
    listed = await git('ls-tree', '--name-only', '-z', ref, '--', 'schemas/claims/')
  } catch (cause) {
    throw unknownRef(ref, cause)
  }
  const files = listed.split('\0').filter((name) => name.endsWith('.json'))
  return Promise.all(files.map(async (file) => ({ file, text: await git('show', `${ref}:./${file}`) })))
}

function unknownRef(ref: string, cause?: unknown): ToolkitError {
  return new ToolkitError('ERR_USAGE', `"${ref}" is neither a folder nor a git ref of this workspace`, {
    cause,
    hint: 'Name a branch, tag or commit, e.g. --against main.',
  })
}
