import { readFile, stat } from 'node:fs/promises'
import { ToolkitError } from '../errors.ts'

/** Editors and shells on Windows begin a file with a byte order mark, which is no part of its text. */
export function withoutMark(text: string): string {
  return text.startsWith('\uFEFF') ? text.slice(1) : text
}

/**
 * For `catch`: returns `otherwise` for a file or folder that does not exist. Throws any other error of the system
 * again: a file that may not be read is not an absent one.
 */
export function ifMissing(): (error: unknown) => undefined
export function ifMissing<T>(otherwise: T): (error: unknown) => T
export function ifMissing<T>(otherwise?: T): (error: unknown) => T | undefined {
  return (error) => {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return otherwise
    throw error
  }
}

/**
 * The text of a file, without a byte order mark.
 *
 * @throws the system's error, with the path also where the system leaves it out, as for a folder
 */
export async function readText(file: string): Promise<string> {
  try {
    return withoutMark(await readFile(file, 'utf8'))
  } catch (error) {
    const fault = error as NodeJS.ErrnoException
    fault.path ??= file
    throw fault
  }
}

/**
 * The text of a file that is to be written over, or `undefined` where there is none.
 *
 * @throws {ToolkitError} `ERR_INPUT` for a pipe or a device: reading would wait for what never comes
 */
export async function readOutput(file: string, shown: string): Promise<string | undefined> {
  const there = await stat(file).catch(ifMissing())
  if (there === undefined || there.isFile() || there.isDirectory()) return readIfThere(file)
  throw new ToolkitError('ERR_INPUT', `"${shown}" is no file, and one is to be written there`, {
    hint: 'Nothing was written. Move it away.',
    file: shown,
  })
}

/**
 * The text of a file, or `undefined` where there is none.
 *
 * @throws as {@link readText}
 */
export function readIfThere(file: string): Promise<string | undefined> {
  return readText(file).catch(ifMissing())
}

/** Whether a file exists, links followed; a circle of links counts as none. */
export async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path).catch(ifMissing()))?.isFile() === true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ELOOP') return false
    throw error
  }
}
