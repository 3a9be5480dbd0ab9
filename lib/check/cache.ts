import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Finding } from '../finding.ts'

/** Findings of earlier runs, by the text that they are about. */
export interface FindingCache {
  /** A digest of a text and of the kind of file that it is. */
  keyOf(file: string, text: string): string
  /** What was found in this text, for a file of this name; `undefined` when it is new. */
  get(key: string, file: string): Finding[] | undefined
  set(key: string, findings: readonly Finding[]): void
}

type Stored = Record<string, Finding[]>

/** A cache in one file. Whoever deletes the file loses time, and nothing else. */
export interface FileCache extends FindingCache {
  /** Writes what this run has used: texts that are gone are forgotten. Does nothing when nothing is new. */
  save(): Promise<void>
}

/**
 * Opens the cache at `file`. `fingerprint` names the rules that made its findings: with another one, or when the file
 * cannot be read, the cache starts empty.
 */
export async function openCache(file: string, fingerprint: string): Promise<FileCache> {
  const known = await readCache(file, fingerprint)
  const used: Stored = {}
  let changed = false
  return {
    keyOf: (name, text) =>
      createHash('sha1').update(path.extname(name)).update('\0').update(text).digest('base64url'),
    get(key, name) {
      const found = used[key] ?? known[key]
      if (found === undefined) return undefined
      used[key] = found
      return found.map((finding) => ({ ...finding, file: name }))
    },
    set(key, findings) {
      changed = true
      // The text may stand in a file of another name by then.
      used[key] = findings.map((finding) => ({ ...finding, file: '' }))
    },
    async save() {
      if (!changed) return
      await mkdir(path.dirname(file), { recursive: true })
      // Two runs at once: each writes a file of its own, and the last one stays.
      const own = `${file}.${randomUUID()}`
      await writeFile(own, JSON.stringify({ fingerprint, findings: used }))
      await rename(own, file)
    },
  }
}

async function readCache(file: string, fingerprint: string): Promise<Stored> {
  try {
    const stored = JSON.parse(await readFile(file, 'utf8')) as { fingerprint: string; findings: Stored }
    return stored.fingerprint === fingerprint ? stored.findings : {}
  } catch {
    return {}
  }
}
