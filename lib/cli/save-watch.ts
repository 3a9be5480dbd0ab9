import { existsSync, type FSWatcher, watch } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { BuiltAction } from '../bundle/index.ts'
import type { Workspace } from '../workspace/index.ts'

/** Editors save in several steps: so long after the first of them all are done, in milliseconds. */
const SETTLED = 100

/** When an editor that has begun to save is done. */
export function settled(): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, SETTLED))
}

/**
 * Resolves when one of the files is saved, made or removed, or another one beside them that could become part of what
 * they are: code, JSON, YAML or a folder. Folders are watched, since editors put a new file in the place of the old one;
 * of a folder that is not there yet, the nearest one above it.
 */
export function nextSave(files: readonly string[]): { happened: Promise<void>; close(): void } {
  const watchers: FSWatcher[] = []
  const named = new Set(files.map((file) => basename(file)))
  const happened = new Promise<void>((resolve) => {
    const notice = (_event: string, name: string | null) => {
      if (name === null || named.has(name) || /\.(?:[cm]?[jt]sx?|json|ya?ml)$|^[^.]+$/.test(name)) {
        void settled().then(resolve)
      }
    }
    for (const folder of new Set(files.map((file) => existing(dirname(file))))) {
      try {
        watchers.push(watch(folder, notice))
      } catch (error) {
        // Removed a moment ago: the file that was in it has been reported.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      }
    }
  })
  return { happened, close: () => watchers.forEach((watcher) => void watcher.close()) }
}

function existing(folder: string): string {
  let nearest = folder
  while (!existsSync(nearest) && dirname(nearest) !== nearest) nearest = dirname(nearest)
  return nearest
}

/** Files whose save counts: those of a workspace, and what its built Actions import outside of packages. */
export function watchedFiles(
  { root, tenantFile, actions, namedFiles, contractFiles }: Workspace,
  built: readonly BuiltAction[] = [],
): string[] {
  return [
    tenantFile,
    join(root, 'tenant.local.yaml'),
    // A contract that is not there yet.
    join(root, 'schemas/claims/new.json'),
    ...actions.map(({ sourceFile }) => sourceFile),
    ...namedFiles.map(({ file }) => file),
    ...contractFiles,
    ...built.flatMap(({ inputs }) => inputs).filter((file) => !/[\\/]node_modules[\\/]/.test(file)),
  ]
}
