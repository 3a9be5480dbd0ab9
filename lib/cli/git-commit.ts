import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { gitEnvironment } from '../child-environment.ts'
import { ToolkitError } from '../errors.ts'

const run = promisify(execFile)

/** The commit that a folder has checked out, and whether files below it differ; nothing outside git. */
export async function gitCommit(folder: string): Promise<{ commit?: { id: string; dirty: boolean } }> {
  const git = async (...args: string[]) =>
    (await run('git', args, { cwd: folder, env: gitEnvironment() })).stdout.trim()
  try {
    const id = await git('rev-parse', '--verify', 'HEAD')
    return { commit: { id, dirty: (await git('status', '--porcelain', '--', '.')) !== '' } }
  } catch {
    return {}
  }
}

/**
 * The id of the commit that a user has named, and nothing else that git knows by a text: no option (`-p`), no search
 * through messages (`:/x`), no path (`HEAD:x`).
 *
 * @throws ToolkitError `ERR_USAGE` when git knows no such commit for the folder.
 */
export async function namedCommit(folder: string, ref: string): Promise<string> {
  const unknown = (cause?: unknown) =>
    new ToolkitError('ERR_USAGE', `git has no commit "${ref.slice(0, LONGEST_REF)}" for this workspace`, {
      hint: 'Name a commit, a branch or a tag of the repository that holds the workspace.',
      cause,
    })
  if (ref.length > LONGEST_REF || ref.trim() === '' || /[\p{Cc}:]/u.test(ref)) throw unknown()
  try {
    const args = ['-C', folder, 'rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`]
    return (await run('git', args, { env: gitEnvironment() })).stdout.trim()
  } catch (cause) {
    throw unknown(cause)
  }
}

const LONGEST_REF = 250
