import { readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import {
  type Contract,
  type ContractChange,
  changeFinding,
  compileContracts,
  UNDECIDED,
} from '../contract/index.ts'
import { ToolkitError } from '../errors.ts'
import { ifMissing, readText } from '../files/index.ts'
import { git } from './git.ts'
import { namedCommit } from './git-commit.ts'

/** A change as lines of a terminal, with its witness. */
export function contractChangeLines(change: ContractChange): string[] {
  const { verdict, witness } = change
  const { file, line, column, severity, rule, message } = changeFinding(change)
  const head = `${file}:${line}:${column} ${severity} ${rule} ${message}`
  if (witness !== undefined) return [head, `  witness: ${JSON.stringify(witness)}`]
  return verdict === 'undecided' ? [head, `  hint: ${UNDECIDED}`] : [head]
}

/** The contracts of a folder, or else of a commit, branch or tag. */
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
  const answer = async (...args: string[]) => (await git(root, args, 16 * 1024 * 1024)).toString()
  try {
    const listed = await answer('ls-tree', '--name-only', '-z', commit, '--', 'schemas/claims/')
    const texts: { file: string; text: string }[] = []
    // One after another: each is a process.
    for (const file of listed.split('\0').filter((name) => name.endsWith('.json'))) {
      texts.push({ file, text: await answer('show', `${commit}:./${file}`) })
    }
    return texts
  } catch (cause) {
    throw new ToolkitError('ERR_INPUT', `git cannot read the contracts of "${ref}"`, {
      cause,
      hint: 'Look at what git says of the repository; a contract has at most some megabytes.',
    })
  }
}
