import { randomBytes } from 'node:crypto'
import { chmodSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { link, lstat, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { ToolkitError } from '../errors.ts'
import { clearedAtEnd } from './cleared-at-end.ts'
import { isBelow, isInside } from './inside.ts'
import { makeFolder } from './make-folder.ts'
import { ifMissing } from './missing.ts'

export interface WriteOptions {
  /**
   * The user's folder: a path that is written below it must lead below it, and messages name files relative to it.
   * @defaultValue no such limit, and messages with the whole path
   */
  root?: string
  /** Permissions, such as `0o600`. @defaultValue those of the existing file, else what the process gives */
  mode?: number
}

/**
 * Writes a file so that a reader finds the old text or the whole new one: beside it, under another name, and then
 * renamed. Makes its folder. Devices and pipes are written as they are. Never follows a link.
 *
 * @throws {ToolkitError} `ERR_INPUT` for a link, a folder, or a path that leads out of `root`; else the system's error
 */
export function writeWhole(file: string, text: string, options: WriteOptions = {}): Promise<void> {
  return writeAllWhole([[file, text]], options)
}

/**
 * The same for several files, all or none: each is written beside its place before the first is renamed, and Ctrl-C
 * meanwhile leaves nothing behind.
 *
 * @throws as {@link writeWhole}
 */
export async function writeAllWhole(
  files: Iterable<readonly [file: string, text: string]>,
  options: WriteOptions = {},
): Promise<void> {
  const made: string[] = []
  const ready: { temporary: string; file: string }[] = []
  const clear = () => {
    for (const { temporary } of ready) quietly(() => rmSync(temporary, { force: true }))
    // The innermost first; one that somebody has put a file into stays.
    for (const folder of made.reverse()) quietly(() => rmdirSync(folder))
  }
  await clearedAtEnd(clear, async () => {
    try {
      for (const [file, text] of files) {
        const kind = await assertWritable(file, options)
        if (kind === 'stream') {
          await writeFile(file, text)
          continue
        }
        made.push(...makeFolder(dirname(file)))
        const temporary = besides(file)
        ready.push({ temporary, file })
        const mode = options.mode ?? (kind === 'new' ? undefined : kind.mode)
        // Synchronous, as for the folder: otherwise a file could appear after a signal had cleared everything away.
        try {
          writeFileSync(temporary, text, { flag: 'wx', mode: mode ?? 0o666 })
          if (mode !== undefined) chmodSync(temporary, mode)
        } catch (error) {
          throw namingFile(error, temporary, file)
        }
      }
      // Synchronous: a signal comes before the first or after the last.
      for (const { temporary, file } of ready) renameSync(temporary, file)
    } catch (error) {
      clear()
      throw error
    }
  })
}

function quietly(call: () => void): void {
  try {
    call()
  } catch {
    // What cannot be removed stays; why the writing ended is what counts.
  }
}

/**
 * Writes a new file, whole or not at all; returns `false` where there is one of this name already.
 *
 * @throws as {@link writeWhole}
 */
export async function writeNew(file: string, text: string, options: WriteOptions = {}): Promise<boolean> {
  if ((await assertWritable(file, options)) !== 'new') return false
  makeFolder(dirname(file))
  const temporary = besides(file)
  return clearedAtEnd(
    () => rmSync(temporary, { force: true }),
    () => linkNew(file, temporary, text, options),
  )
}

async function linkNew(
  file: string,
  temporary: string,
  text: string,
  options: WriteOptions,
): Promise<boolean> {
  try {
    try {
      writeFileSync(temporary, text, { flag: 'wx', mode: options.mode ?? 0o666 })
    } catch (error) {
      throw namingFile(error, temporary, file)
    }
    // Unlike `rename`, it fails where something exists.
    await link(temporary, file).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') throw error
      // A file system without links.
      await writeFile(file, text, { flag: 'wx', mode: options.mode ?? 0o666 })
    })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await rm(temporary, { force: true })
  }
}

/** What is written beside a file, until it takes its place. */
export const TEMPORARY_FILE = /^\.claims-[0-9a-f]{12}\.tmp$/

function besides(file: string): string {
  return join(dirname(file), `.claims-${randomBytes(6).toString('hex')}.tmp`)
}

/** The system's error names the temporary file; this one names the file that the user knows. */
function namingFile(error: unknown, temporary: string, file: string): unknown {
  const fault = error as NodeJS.ErrnoException
  if (fault.path !== temporary && fault.path !== undefined) return error
  fault.path = file
  fault.message = fault.message.replaceAll(temporary, file)
  return fault
}

/** @throws {ToolkitError} `ERR_INPUT` when a path below `root` leads out of it through a link */
export async function assertInside(file: string, root: string): Promise<void> {
  if (await isInside(root, file)) return
  const shown = relative(root, file)
  throw new ToolkitError('ERR_INPUT', `"${shown}" leads out of this folder through a link`, {
    hint: 'Nothing was written. Name the place that it leads to, or take the link away.',
    file: shown,
  })
}

/**
 * Finds out whether {@link writeWhole} may write there, and writes nothing.
 *
 * @throws {ToolkitError} as {@link writeWhole}
 */
export async function assertWritable(
  file: string,
  { root }: WriteOptions,
): Promise<'new' | 'stream' | { mode: number }> {
  const shown = root === undefined || !isBelow(root, file) ? file : relative(root, file)
  if (root !== undefined && isBelow(root, file)) await assertInside(file, root)
  const there = await lstat(file).catch(ifMissing())
  if (there === undefined) return 'new'
  if (there.isDirectory()) {
    throw new ToolkitError('ERR_INPUT', `"${shown}" is a folder, and a file is to be written there`, {
      hint: 'Name another file, or move the folder away.',
      file: shown,
    })
  }
  if (there.isFile()) return { mode: there.mode & 0o777 }
  if (!there.isSymbolicLink()) return 'stream'
  // /dev/stdout is a link as well, and harms nobody.
  const end = await stat(file).catch(ifMissing())
  if (end !== undefined && !end.isFile() && !end.isDirectory()) return 'stream'
  throw new ToolkitError('ERR_INPUT', `"${shown}" is a link, and nothing is written through a link`, {
    hint: 'Name the file that it leads to, or remove it.',
    file: shown,
  })
}
