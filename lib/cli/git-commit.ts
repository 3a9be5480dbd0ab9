import { ToolkitError } from '../errors.ts'
import { git } from './git.ts'

/** The commit that a folder has checked out, and whether files below it differ; nothing outside git. */
export async function gitCommit(folder: string): Promise<{ commit?: { id: string; dirty: boolean } }> {
  try {
    const id = (await git(folder, ['rev-parse', '--verify', 'HEAD'])).toString().trim()
    return { commit: { id, dirty: (await git(folder, ['status', '--porcelain', '--', '.'])).length > 0 } }
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
    const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`]
    return (await git(folder, args)).toString().trim()
  } catch (cause) {
    throw unknown(cause)
  }
}

const LONGEST_REF = 250
