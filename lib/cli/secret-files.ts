import { lstat, readdir, readFile, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { OWN_FOLDER } from '../deploy/index.ts'
import { ToolkitError } from '../errors.ts'
import { ifMissing, makeFolder, writeNew, writeWhole } from '../files/index.ts'
import { git } from './git.ts'

/**
 * Makes sure that git takes up none of the files with these names in a folder. A folder that does not exist or is empty
 * is made for the user only and ignores itself; one with other files gets a .gitignore with the names. An existing
 * .gitignore is the user's and stays as it is.
 *
 * @throws {ToolkitError} `ERR_INPUT` when git would take a file up, or has; `ERR_ENVIRONMENT` when the folder cannot be
 * written to.
 */
export async function keepFromGit(folder: string, names: readonly string[]): Promise<void> {
  const ignore = join(folder, '.gitignore')
  try {
    const made = makeFolder(folder, 0o700)
    const others = made.length === 0 ? (await readdir(folder)).filter((name) => !names.includes(name)) : []
    if (!others.includes('.gitignore')) {
      const ours = others.length === 0 || basename(folder) === OWN_FOLDER
      const named = [...names, '.gitignore'].map((name) => `/${name.replaceAll(/[\\*?[\]]/g, '\\$&')}\n`)
      await writeNew(ignore, ours ? '*\n' : named.join(''))
    }
  } catch (cause) {
    throw new ToolkitError('ERR_ENVIRONMENT', `"${folder}" cannot be written to`, {
      hint: 'Name a folder that exists or can be made.',
      file: folder,
      cause,
    })
  }
  const lines = (await readFile(ignore, 'utf8').catch(() => '')).split(/\r?\n/).map((line) => line.trim())
  for (const name of names) {
    const open = await isOpenToGit(folder, name)
    // Outside a repository, and without git, only the file can be asked.
    if (
      open === false ||
      (open === undefined && lines.some((line) => ['*', name, `/${name}`].includes(line)))
    )
      continue
    throw new ToolkitError(
      'ERR_INPUT',
      `"${name}" in "${folder}" would hold secrets, and git does not ignore it`,
      {
        hint: `Name a folder of its own, or add "/${name}" to the .gitignore there; if it is committed already, git rm --cached ${name}.`,
        file: ignore,
      },
    )
  }
}

/** The same for one file and what is written beside it under other endings. */
export async function keepFileFromGit(file: string, endings: readonly string[] = []): Promise<void> {
  await keepFromGit(
    dirname(file),
    ['', ...endings].map((ending) => basename(file) + ending),
  )
}

/**
 * Whether git would take a file up with `git add`, or has. `undefined` where git cannot tell: outside a repository, or
 * without git.
 */
export async function isOpenToGit(folder: string, name: string): Promise<boolean | undefined> {
  try {
    await git(folder, ['check-ignore', '--quiet', '--', name])
    return false
  } catch (error) {
    // 1: in a repository, and not ignored. More: no repository.
    return (error as { code?: unknown }).code === 1 ? true : undefined
  }
}

/** Writes a file that only the user can read, in place of an existing one; never through a link. */
export async function writeSecretFile(file: string, text: string): Promise<void> {
  // A link is replaced, not followed.
  if ((await lstat(file).catch(ifMissing()))?.isSymbolicLink() === true) await rm(file)
  await writeWhole(file, text, { mode: 0o600 })
}
