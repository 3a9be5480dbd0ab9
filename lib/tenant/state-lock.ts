import { ToolkitError } from '../errors.ts'
import { lockFile } from '../files/index.ts'

/**
 * Claims a state file for one tenant, by a file beside it that names the process: of two that write, the later would
 * undo what the earlier has kept. What a killed process has left behind does not count. Returns a function that gives it back.
 *
 * @throws {ToolkitError} `ERR_ENVIRONMENT` when another tenant has it, or nothing can be written beside it.
 */
export async function lockStateFile(path: string): Promise<() => void> {
  const lock = await lockFile(`${path}.lock`, 'tenant').catch((cause: unknown) => {
    throw notWritable(path, cause)
  })
  if (typeof lock === 'function') return lock
  throw new ToolkitError('ERR_ENVIRONMENT', `"${path}" is in use by another tenant (process ${lock.pid})`, {
    hint: 'Stop that one, or name another file.',
    file: path,
  })
}

export function notWritable(path: string, cause: unknown): ToolkitError {
  return new ToolkitError('ERR_ENVIRONMENT', `"${path}" cannot be written`, {
    hint: 'Name a file in a folder that exists and may be written to.',
    file: path,
    cause,
  })
}
