import { lstat, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { tenantFormat } from '../workspace/index.ts'
import type { Terminal } from './command.ts'

/**
 * The folder of the workspace that a command is called in: the one that --workspace names, else the nearest that has a
 * tenant, from the current folder up; where there is none, the current folder. The search ends at the folder of a git
 * repository, at the home folder and at folders that everybody may write to: what lies above is another's.
 */
export async function workspaceFolder({ cwd, workspace }: Terminal): Promise<string> {
  if (workspace !== undefined) return workspace
  for (let folder = cwd; ; folder = dirname(folder)) {
    // Errors in a folder above are not the user's question.
    const format = folder === cwd ? tenantFormat(folder) : tenantFormat(folder).catch(() => undefined)
    if ((await format) !== undefined) return folder
    if (dirname(folder) === folder || (await isLast(folder))) return cwd
  }
}

async function isLast(folder: string): Promise<boolean> {
  if (folder === homedir()) return true
  const isRepository = await lstat(join(folder, '.git')).then(
    () => true,
    () => false,
  )
  if (isRepository) return true
  const { mode } = await stat(dirname(folder))
  return (mode & 0o002) !== 0
}
