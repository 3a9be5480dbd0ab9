import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { ToolkitError } from '../errors.ts'
import { clearedAtEnd, type LockHolder, lockFile, makeOwnFolder, OWN_FOLDER } from '../files/index.ts'
import type { Command, Terminal } from './command.ts'
import { namesTenant } from './deploy-target.ts'

/**
 * The command with a lock: of the commands that are made so, only one at a time works in a folder. Of two deploys the
 * later would be planned on what the earlier is just changing. A rehearsal, which has a tenant of its own, waits for
 * nobody. Where the folder may not be written, nothing is locked: then nothing is kept of a deploy either, and it is
 * refused.
 *
 * @param folderOf The folder of the workspace.
 */
export function lockedInWorkspace(
  command: Command,
  folderOf: (terminal: Terminal) => Promise<string>,
): Command {
  return {
    ...command,
    async run(terminal, values, words) {
      const work = () => command.run(terminal, values, words)
      if (!namesTenant(values)) return work()
      const root = await folderOf(terminal)
      const isNew = !existsSync(join(root, OWN_FOLDER))
      const lock = await locked(root, `claims ${command.name}`)
      if (typeof lock === 'object') throw inUse(lock)
      const clear = () => {
        lock?.()
        if (isNew) removeIfEmpty(join(root, OWN_FOLDER))
      }
      try {
        return await clearedAtEnd(clear, work)
      } finally {
        clear()
      }
    },
  }
}

async function locked(root: string, name: string): Promise<(() => void) | LockHolder | undefined> {
  try {
    const folder = await makeOwnFolder(root)
    return await lockFile(join(await realpath(folder), 'lock'), name)
  } catch {
    // The command meets the same error when it writes there, and reports it.
    return undefined
  }
}

function inUse({ pid, name }: LockHolder): ToolkitError {
  return new ToolkitError('ERR_ENVIRONMENT', `${name} is at work in this folder (process ${pid})`, {
    hint: 'Nothing was written. Run the command again when that one has ended.',
  })
}

/** A folder that was made for the lock alone is no file that a command leaves behind. */
function removeIfEmpty(folder: string): void {
  try {
    if (readdirSync(folder).join() !== '.gitignore') return
    rmSync(join(folder, '.gitignore'))
    rmdirSync(folder)
  } catch {
    // It stays.
  }
}
