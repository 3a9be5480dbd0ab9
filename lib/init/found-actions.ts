import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, extname, join, relative, sep } from 'node:path'
import { moduleForm } from '../bundle/module-form.ts'
import { walksOf } from '../check/flow/walk-file.ts'
import { parseAction } from '../check/parse.ts'
import { ToolkitError } from '../errors.ts'
import { ifMissing } from '../files/index.ts'
import { withoutMark } from '../files/missing.ts'
import type { KnownTrigger } from '../triggers/tenant-triggers.ts'
import { triggerOfHandlerName } from '../triggers/tenant-triggers.ts'

/** A file that holds an Action. */
export interface FoundAction {
  /** Name of the Action: that of the file, or of its folder for `code.js` and `index.js`. */
  name: string
  /** Absolute path. */
  file: string
  trigger: KnownTrigger
  /** It ships as it is written: CommonJS that loads no file of its own. */
  plain: boolean
}

/** A file that holds none, or one that cannot be read. */
export interface SkippedFile {
  /** Relative to the folder, with `/`. */
  file: string
  reason: string
}

const ACTION_FILE = /(?<!\.d)\.[cm]?[jt]s$/
const NO_ACTION =
  /(?:^|\/)(?:node_modules|dist|coverage|test|tests|__tests__)\/|(?:^|\/)\.|\.(?:test|spec)\.[cm]?[jt]s$|(?:^|\/)[^/]*\.config\.[cm]?[jt]s$/
/** A folder with more files is no folder of Actions. */
const MOST_FILES = 2000

/**
 * Finds the Actions in a folder of JavaScript and TypeScript, by the handlers that they export. Tests, packages, hidden
 * folders and configurations are passed over.
 *
 * @throws {ToolkitError} `ERR_INPUT` for an Action with handlers of two triggers, and for a folder that is none, or too
 * large
 */
export async function findActions(
  folder: string,
): Promise<{ actions: FoundAction[]; skipped: SkippedFile[] }> {
  const files = await sourceFiles(folder)
  const actions: FoundAction[] = []
  const skipped: SkippedFile[] = []
  for (const file of files) {
    const text = withoutMark(await readFile(join(folder, file), 'utf8'))
    const { tree, fault } = await parseAction(file, text)
    if (fault !== undefined) {
      if (/\bon(?:Execute|Continue)[A-Z]/.test(text))
        skipped.push({ file, reason: `it cannot be parsed: ${fault.message}` })
      continue
    }
    const [walked] = walksOf(tree)
    const handlers = [...walked.exports.keys(), ...(walked.meant === undefined ? [] : [walked.meant.name])]
    const triggers = [
      ...new Map(
        handlers.flatMap((name) => triggerOfHandlerName(name) ?? []).map((one) => [one.id, one]),
      ).values(),
    ]
    const [trigger, other] = triggers
    if (trigger === undefined) {
      if (isRule(text))
        skipped.push({ file, reason: 'it is a Rule or a Hook: no handler of an Action is exported' })
      continue
    }
    if (other !== undefined) {
      throw new ToolkitError(
        'ERR_INPUT',
        `"${file}" has handlers of two triggers: ${trigger.id} and ${other.id}`,
        {
          hint: 'An Action has one trigger: put each handler into a file of its own. Nothing was written.',
          file,
        },
      )
    }
    const form = moduleForm(file, text)
    const plain = /\.c?js$/.test(file) && !form.esm && !form.relative
    actions.push({ name: actionName(file), file: join(folder, file), trigger, plain })
  }
  return { actions: distinctlyNamed(actions, folder), skipped }
}

/** A function of user, context and callback, or of more of a Hook's, at the top of a file. */
function isRule(text: string): boolean {
  const lines = text.slice(0, 5000).split('\n')
  const first = lines
    .map((line) => line.trim())
    .find((line) => /^(?:async function|function|module\.exports)\b/.test(line))
  return first !== undefined && /function ?\w{0,60} ?\(\w{1,60}, ?\w{1,60}, ?\w{1,60}/.test(first)
}

async function sourceFiles(folder: string): Promise<string[]> {
  const isFolder = (await stat(folder).catch(ifMissing()))?.isDirectory() === true
  if (!isFolder) {
    throw new ToolkitError('ERR_INPUT', `"${basename(folder)}" is no folder`, {
      hint: 'Name the folder that the Actions, or the export, are in.',
    })
  }
  const found: string[] = []
  const visit = async (below: string): Promise<void> => {
    for (const entry of (await readdir(join(folder, below), { withFileTypes: true })).sort((a, b) =>
      a.name < b.name ? -1 : 1,
    )) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`
      if (NO_ACTION.test(entry.isDirectory() ? `${path}/` : path)) continue
      if (entry.isDirectory()) await visit(path)
      else if (entry.isFile() && ACTION_FILE.test(entry.name)) found.push(path)
      if (found.length > MOST_FILES) {
        throw new ToolkitError(
          'ERR_INPUT',
          `there are more than ${MOST_FILES} files of JavaScript in "${basename(folder)}"`,
          {
            hint: 'Name the folder of the Actions alone: claims init <folder>.',
          },
        )
      }
    }
  }
  await visit('')
  return found
}

/** `add-roles.js` → add-roles; `Add roles/code.js`, as an export has it → Add roles. */
function actionName(file: string): string {
  const stem = basename(file, extname(file))
  const above = basename(dirname(file))
  return /^(?:code|index|main|action)$/.test(stem) && above !== '' && above !== '.' && above !== 'actions'
    ? above
    : stem
}

/** Two files of one name take that of their folders as well. Capitals do not tell files apart everywhere. */
function distinctlyNamed(actions: FoundAction[], folder: string): FoundAction[] {
  const counts = new Map<string, number>()
  for (const { name } of actions) counts.set(name.toLowerCase(), (counts.get(name.toLowerCase()) ?? 0) + 1)
  return actions.map((action) => {
    if (counts.get(action.name.toLowerCase()) === 1) return action
    const path = relative(folder, action.file).split(sep).join('/')
    return {
      ...action,
      name:
        path
          .replace(/\.[cm]?[jt]s$/, '')
          .replaceAll('/', '-')
          .replaceAll('.', '-') +
        extname(path)
          .replace(/^\.[cm]?js$/, '')
          .replace(/^\./, '-'),
    }
  })
}
