import { open, readFile, rm } from 'node:fs/promises'
import { kill, pid } from 'node:process'
import { ToolkitError } from '../errors.ts'

/** Files that tenants of this process hold. */
const held = new Set<string>()

/**
 * Claims a state file for one tenant, by a file beside it that names the process: of two that write, the later would
 * undo what the earlier has kept. What a killed process has left behind does not count. Answers how to give it back.
 *
 * @throws {ToolkitError} `ERR_ENVIRONMENT` when another tenant has it, or nothing can be written beside it.
 */
export async function lockStateFile(path: string): Promise<() => Promise<void>> {
  const lock = `${path}.lock`
  if (held.has(lock)) throw inUse(path, pid)
  held.add(lock)
  try {
    await claim(path, lock)
  } catch (error) {
    held.delete(lock)
    throw error
  }
  return async () => {
    if (held.delete(lock)) await rm(lock, { force: true })
  }
}

async function claim(path: string, lock: string): Promise<void> {
  for (const attempt of ['first', 'second']) {
    try {
      const file = await open(lock, 'wx', 0o600)
      await file.writeFile(String(pid))
      await file.close()
      return
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw notWritable(path, cause)
    }
    const owner = Number(await readFile(lock, 'utf8').catch(() => ''))
    // Our own number without a tenant of ours: another process had it before this one.
    if (attempt === 'second' || (owner !== pid && isAlive(owner))) throw inUse(path, owner)
    await rm(lock, { force: true })
  }
}

function isAlive(owner: number): boolean {
  if (!Number.isInteger(owner) || owner <= 0) return false
  try {
    kill(owner, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function inUse(path: string, owner: number): ToolkitError {
  return new ToolkitError('ERR_ENVIRONMENT', `"${path}" is in use by another tenant (process ${owner})`, {
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
