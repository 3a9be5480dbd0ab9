import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { ToolkitError } from '../errors.ts'
import { readIfThere } from '../files/index.ts'
import { isOpenToGit } from './secret-files.ts'

/**
 * The variables of an environment file in a folder; `undefined` when there is no such file.
 *
 * @throws {ToolkitError} `ERR_INPUT` when git would take it up with the next commit, or has: it holds secrets.
 */
export async function envFile(
  folder: string,
  name: string,
): Promise<Record<string, string | undefined> | undefined> {
  const text = await readIfThere(join(folder, name))
  if (text === undefined) return undefined
  if ((await isOpenToGit(folder, name)) === true) {
    throw new ToolkitError('ERR_INPUT', `"${name}" holds secrets, and git does not ignore it`, {
      hint: `Add "${name}" to .gitignore; if it is committed already, git rm --cached ${name}, and change the secrets.`,
      file: name,
    })
  }
  return parseEnv(text) as Record<string, string | undefined>
}
