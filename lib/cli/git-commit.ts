import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { gitEnvironment } from '../child-environment.ts'

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
