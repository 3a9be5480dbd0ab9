import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { gitEnvironment } from '../child-environment.ts'

const run = promisify(execFile)

/**
 * Returns what git prints for a folder. It asks nobody, and gets only the part of our environment that it needs.
 *
 * @param maxBuffer Bytes of the longest output. Default: 256 MiB.
 * @throws what `execFile` throws: `code` is git's exit code, or `ENOENT` without git.
 */
export async function git(folder: string, args: readonly string[], maxBuffer = 2 ** 28): Promise<Buffer> {
  const options = { encoding: 'buffer', maxBuffer, env: gitEnvironment() } as const
  return (await run('git', ['-C', folder, ...args], options)).stdout
}
