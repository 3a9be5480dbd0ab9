import { packageFolders } from './package-folders.ts'
import type { RunnableAction } from './types.ts'

/** Packages that a process may read. That is settled at its start: an Action that declares another one needs a new one. */
export class ReadablePackages {
  readonly #from: string | undefined
  /** By {@link lookUp}. */
  readonly #wanted = new Set<string>()
  /** Those of the process that runs. */
  #readable: ReadonlySet<string> = new Set()

  /** @param from absolute path of the folder that Actions without their own look them up from */
  constructor(from: string | undefined, names: readonly string[]) {
    this.#from = from
    if (from !== undefined) for (const name of names) this.#wanted.add(lookUp(from, name))
  }

  /** Whether one of these needs what the process that runs may not read. The next one may. */
  needs(actions: readonly RunnableAction[]): boolean {
    let needs = false
    for (const { resolveFrom: from = this.#from, dependencies = [] } of actions) {
      if (from === undefined) continue
      for (const name of dependencies) {
        const wanted = lookUp(from, name)
        this.#wanted.add(wanted)
        needs ||= !this.#readable.has(wanted)
      }
    }
    return needs
  }

  /** The folders for a process that starts now, and what to call when it is the one that runs. */
  forStart(): { folders: string[]; started: () => void } {
    const wanted = new Set(this.#wanted)
    return {
      folders: [...wanted].flatMap((one) => packageFolders(...lookedUp(one))),
      started: () => {
        this.#readable = wanted
      },
    }
  }
}

/** A package as it is looked up from a folder. */
function lookUp(from: string, name: string): string {
  return `${name}\n${from}`
}

function lookedUp(wanted: string): [names: string[], from: string] {
  const end = wanted.indexOf('\n')
  return [[wanted.slice(0, end)], wanted.slice(end + 1)]
}
