import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ToolkitError } from '../errors.ts'
import {
  clearedAtEnd,
  isBelow,
  isFile,
  makeOwnFolder,
  OWN_FILE,
  OWN_FOLDER,
  readIfThere,
  TEMPORARY_FILE,
  writeAllWhole,
  writeWhole,
} from '../files/index.ts'

/** What a pull is about to do with the files of a workspace. */
interface Intent {
  pull: 1
  /** `was`: the text before the pull; `text`: the text after it; `null` for no file. */
  files: { file: string; was: string | null; text: string | null }[]
}

/** Where a pull writes down what it is about to write, below the workspace. */
const INTENT = join(OWN_FOLDER, 'pull.json')

/** How it begins. */
const HEAD = '{"pull":1,'

/**
 * Writes what was pulled, and takes away what made way, all or none: also when the process is killed in between, the
 * next pull does the rest, and until then nothing is planned or deployed ({@link refuseHalfPulled}).
 *
 * @param texts Paths below `root`, with the text of each.
 * @param removed Paths below `root` that go.
 * @throws as `writeAllWhole`
 */
export async function writePulled(
  root: string,
  texts: readonly (readonly [file: string, text: string])[],
  removed: readonly string[],
): Promise<void> {
  const wanted = [...texts, ...removed.map((file) => [file, null] as const)]
  if (wanted.length === 0) return
  const files = await Promise.all(
    wanted.map(async ([file, text]) => ({
      file,
      was: (await readIfThere(join(root, file))) ?? null,
      text,
    })),
  )
  const intent: Intent = { pull: 1, files }
  await makeOwnFolder(root)
  await writeWhole(join(root, INTENT), JSON.stringify(intent), { root, mode: OWN_FILE })
  await carryOut(root, intent)
}

/**
 * Finishes a pull that was killed.
 *
 * @returns the files that were still to be written or taken away
 * @throws {ToolkitError} `ERR_INPUT` where somebody has changed one of them since: then nothing is written
 */
export async function finishPull(root: string): Promise<string[]> {
  clearTemporary(join(root, OWN_FOLDER), (text) => text.startsWith(HEAD) || HEAD.startsWith(text))
  const intent = await intentIn(root)
  if (intent === undefined) return []
  const { isPart, pending, others } = await progressOf(root, intent)
  const texts = intent.files.flatMap(({ text }) => text ?? [])
  for (const folder of new Set(intent.files.map((one) => dirname(join(root, one.file)))))
    clearTemporary(folder, (written) => texts.some((text) => text.startsWith(written)))
  if (!isPart) {
    forget(root)
    return []
  }
  const [file] = others
  if (file !== undefined) {
    throw new ToolkitError('ERR_INPUT', `"${file}" was changed after a claims pull was cut off`, {
      hint: `Nothing was written. Look at what differs from your last commit, and delete "${INTENT}": then claims pull begins anew.`,
      file,
    })
  }
  await carryOut(root, intent)
  return pending
}

/**
 * @throws {ToolkitError} `ERR_INPUT` in a workspace of which a pull that was killed has written a part: nobody wants to
 * deploy that.
 */
export async function refuseHalfPulled(root: string): Promise<void> {
  const intent = await intentIn(root)
  if (intent === undefined || !(await progressOf(root, intent)).isPart) return
  throw new ToolkitError('ERR_INPUT', 'a claims pull was cut off here, and has written only a part', {
    hint: `Run claims pull again: it writes the rest first. Or bring back your last commit, and delete "${INTENT}".`,
    file: INTENT,
  })
}

/** Sorts the files of an intent: written already, still to write, and changed by somebody else. */
async function progressOf(root: string, { files }: Intent) {
  const [pending, others]: string[][] = [[], []]
  let written = 0
  for (const { file, was, text } of files) {
    const now = (await readIfThere(join(root, file))) ?? null
    if (now === text) written++
    else (now === was ? pending : others)!.push(file)
  }
  return { isPart: written > 0 && pending!.length > 0, pending: pending!, others: others! }
}

async function carryOut(root: string, intent: Intent): Promise<void> {
  const texts = intent.files.flatMap(({ file, text }) =>
    text === null ? [] : [[join(root, file), text] as const],
  )
  try {
    // Ctrl-C comes before the first file or after the last.
    await clearedAtEnd(
      () => forget(root),
      () => writeAllWhole(texts, { root }),
    )
  } catch (error) {
    if (!(await progressOf(root, intent)).isPart) forget(root)
    throw error
  }
  for (const { file, text } of intent.files) if (text === null) rmSync(join(root, file), { force: true })
  forget(root)
}

function forget(root: string): void {
  rmSync(join(root, INTENT), { force: true })
}

async function intentIn(root: string): Promise<Intent | undefined> {
  if (!(await isFile(join(root, INTENT)))) return undefined
  const text = (await readIfThere(join(root, INTENT))) ?? ''
  try {
    const intent = JSON.parse(text) as Partial<Intent> | null
    const isFit = (one: Intent['files'][number]) =>
      typeof one.file === 'string' && isBelow(root, join(root, one.file))
    if (intent?.pull === 1 && intent.files?.every(isFit)) return intent as Intent
  } catch {
    // Said below, as is a version that we do not know.
  }
  throw new ToolkitError('ERR_INPUT', `"${INTENT}" is not what claims pull writes`, {
    hint: 'Look at what differs from your last commit, and delete it.',
    file: INTENT,
  })
}

/** Halves and copies of what we write, that a killed process has left beside it. */
function clearTemporary(folder: string, isOurs: (text: string) => boolean): void {
  for (const name of namesIn(folder).filter((one) => TEMPORARY_FILE.test(one))) {
    if (isOurs(readFileSync(join(folder, name), 'utf8'))) rmSync(join(folder, name), { force: true })
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
