import { readFile } from 'node:fs/promises'
import { extname, relative, resolve, sep } from 'node:path'
import { ifMissing } from '../../files/index.ts'
import { namedFiles, type TenantFile, type Workspace } from '../../workspace/index.ts'
import { type Entry, isEntry } from '../wire/json.ts'
import { type Comparison, fitsWith, isSame, saysJson, withMarkerLines } from './agrees.ts'

type Path = readonly (string | number)[]

/**
 * The files that a tenant names besides code: pages, scripts, templates, forms. Where tenant.yaml names a file for the
 * same thing, it stays the file. Returns the tenant with these names, and the texts of files that do not say the same.
 */
export async function otherFiles(
  root: string,
  pulled: TenantFile,
  texts: ReadonlyMap<string, string>,
  { workspace, by }: { workspace: Workspace | undefined; by: Comparison },
): Promise<{ tenant: TenantFile; files: Map<string, { type: string; text: string }> }> {
  const tenant = structuredClone(pulled)
  const named = namedFiles(tenant).filter(({ name }) => texts.has(name))
  const known = new Map<string, string>()
  for (const { name, path } of named) {
    const written = workspace === undefined ? undefined : knownAt(workspace.tenant, tenant, path, by)
    if (typeof written === 'string' && written !== '') known.set(name, written)
  }
  const taken = new Set([...known.values()].map((name) => name.toLowerCase()))
  for (const { name, path } of named) {
    const written = known.get(name)
    setAt(tenant, path, written ?? free(String(getAt(tenant, path)), taken))
  }
  const places = new Map(namedFiles(tenant).map(({ path, name }) => [JSON.stringify(path), name]))
  const files = new Map<string, { type: string; text: string }>()
  for (const { name, path, optional } of named) {
    const text = texts.get(name)!
    const file = resolve(root, places.get(JSON.stringify(path))!)
    const current = await readFile(file, 'utf8').catch(ifMissing(undefined))
    if (current === undefined && optional && known.has(name)) {
      // It is the text itself that stands in tenant.yaml.
      setAt(tenant, path, text)
      continue
    }
    if (current !== undefined && says(file, current, text, by)) continue
    files.set(relative(root, file).split(sep).join('/'), {
      type: String(path[0]),
      text: current === undefined ? text : withMarkerLines(current, text, by.keywords),
    })
  }
  return { tenant, files }
}

function says(file: string, current: string, text: string, by: Comparison): boolean {
  return fitsWith(current, text, by.keywords) || (file.endsWith('.json') && saysJson(current, text, by))
}

/** What tenant.yaml has where the tenant has a file: lists are gone through by names. */
function knownAt(written: unknown, actual: unknown, path: Path, by: Comparison): unknown {
  let [mine, theirs] = [written, actual]
  const names: string[] = []
  for (const key of path) {
    const next = (theirs as Entry)[key]
    if (typeof key === 'number') {
      if (!Array.isArray(mine)) return undefined
      const list: readonly unknown[] = mine
      mine =
        list.find((one) => isSame(one, next, names, by, true)) ??
        list.find((one) => isSame(one, next, names, by, false))
    } else {
      if (!isEntry(mine)) return undefined
      mine = mine[key]
      names.push(key)
    }
    theirs = next
  }
  return mine
}

/** The name, with a number where it is taken. */
function free(name: string, taken: Set<string>): string {
  const ending = extname(name)
  let result = name
  for (let count = 2; taken.has(result.toLowerCase()); count++)
    result = `${name.slice(0, name.length - ending.length)}-${count}${ending}`
  taken.add(result.toLowerCase())
  return result
}

function getAt(value: unknown, path: Path): unknown {
  return path.reduce((at, key) => (at as Entry)[key], value)
}

function setAt(value: unknown, path: Path, text: string): void {
  ;(getAt(value, path.slice(0, -1)) as Entry)[path.at(-1)!] = text
}
