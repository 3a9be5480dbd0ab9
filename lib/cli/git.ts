import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { gitEnvironment } from '../child-environment.ts'

const run = promisify(execFile)

/**
 * What git prints for a folder. Asks nobody, and gets nothing of our environment that it does not need.
 *
 * @param maxBuffer Bytes of the longest answer. Default: 256 MiB.
 * @throws what `execFile` throws: `code` is git's exit code, or `ENOENT` without git.
 */
export async function git(folder: string, args: readonly string[], maxBuffer = 2 ** 28): Promise<Buffer> {
  const options = { encoding: 'buffer', maxBuffer, env: gitEnvironment() } as const
  return (await run('git', ['-C', folder, ...args], options)).stdout
}
