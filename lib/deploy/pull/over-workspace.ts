import { readFile } from 'node:fs/promises'
import { join, relative, resolve, sep } from 'node:path'
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff'
import { stringify } from 'yaml'
import { type BuiltAction, tryBundleActions } from '../../bundle/index.ts'
import { isFile } from '../../files/index.ts'
import { isFileName, markersIn } from '../../workspace/index.ts'
import type { TenantFile, Workspace } from '../../workspace/types.ts'
import type { Entry } from '../wire/json.ts'
import { type Comparison, filledWith, fitsWith, withMarkerLines } from './agrees.ts'
import { fileNames } from './file-names.ts'
import { foreignKey } from './foreign.ts'
import { mergedYaml } from './merge-yaml.ts'
import { otherFiles } from './other-files.ts'
import type { ReadTenant } from './read-tenant.ts'
import { hasContent } from './secrets.ts'
import type { Selection } from './selection.ts'

/** A source that gives other code than the tenant has, and is more than that code: TypeScript, modules, imports. */
export interface SourceConflict {
  action: string
  /** Relative to the workspace, with `/`. */
  source: string
  /** Lines that the one has and the other has not; `undefined` for a source that cannot be bundled. */
  lines?: { added: number; removed: number; first: number }
  /** From what the source gives to what the tenant has, as a unified diff. */
  diff?: string
}

/** What a pull would write into a folder: paths relative to it, with `/`. */
export interface PulledFiles {
  files: Map<string, string>
  /** Sources that stand in the way; `files` has the tenant's code for them as well. */
  conflicts: SourceConflict[]
  /** Names of new markers in `files`, sorted. */
  markers: string[]
  /** Markers of tenant.yaml with a value that the tenant does not have where they stand. */
  stale: string[]
  /** Settings that tenant.yaml does not name, and that a tenant always has. */
  leftAlone: string[]
}

export interface OverOptions {
  /** The existing workspace; `undefined` for a folder without a tenant.yaml. */
  workspace: Workspace | undefined
  /** Values of its markers. */
  keywords: Readonly<Record<string, string>>
  selection: Selection
  /** Whether what tenant.yaml leaves out comes as well. */
  full: boolean
}

const SOURCE_EXTENSIONS = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs']

/**
 * The files of a pull, compared with those of the folder: nothing for an Action whose source gives the tenant's code
 * already, nor for a file or a part of tenant.yaml that says what the tenant has. Writes nothing.
 */
export async function overWorkspace(
  root: string,
  read: ReadTenant,
  { workspace, keywords, selection, full }: OverOptions,
): Promise<PulledFiles> {
  const files = new Map<string, string>()
  const conflicts: SourceConflict[] = []
  const codeOf = new Map<string, string>()
  const by: Comparison = {
    keywords,
    names: read.names,
    ignores: (member) => {
      const [type = '', ...path] = member.split('.')
      return read.ignores.has(member) || selection.excluded(type).includes(path.join('.'))
    },
  }

  const known = (workspace?.actions ?? []).map(({ name }) => name)
  const names = fileNames([...new Set([...read.codes.keys(), ...known])])
  const sources = await Promise.all(
    [...read.codes.keys()].map(async (name) => ({
      name,
      ...(await placeOf(root, {
        name,
        file: names.get(name)!,
        workspace,
        entry: entryOf(workspace?.tenant.actions, read.names.textOf(name) ?? name, keywords),
      })),
    })),
  )
  const bundles = await bundlesOf(root, sources, read.tenant)
  for (const { name, source, code } of sources) {
    const wanted = read.codes.get(name)!
    codeOf.set(name, code)
    const target = pathOf(
      root,
      source ??
        (code.startsWith('./dist/') ? join(root, 'actions', `${names.get(name)}.js`) : resolve(root, code)),
    )
    const built = bundles.get(name)
    if (source === undefined) files.set(target, wanted)
    else if (built !== undefined && fitsWith(built.code, wanted, keywords)) continue
    else if (built?.asWritten === true || (built === undefined && (await isPlain(source))))
      files.set(target, withMarkerLines(await readFile(source, 'utf8'), wanted, keywords))
    else {
      const script = target.replace(/\.[cm]?[jt]s$/, '.js')
      const theirs = built === undefined ? wanted : withMarkerLines(built.code, wanted, keywords)
      conflicts.push({
        action: name,
        source: target,
        ...(built && {
          lines: differingLines(built.code, theirs),
          diff: diffOf(target, built.code, theirs),
        }),
      })
      files.set(script, wanted)
      if (resolve(root, code) === source) codeOf.set(name, `./${script}`)
    }
  }
  const modules = fileNames([...read.moduleCodes.keys()])
  for (const [name, wanted] of read.moduleCodes) {
    const known = entryOf(workspace?.tenant.actionModules, read.names.textOf(name) ?? name, keywords)?.[
      'code'
    ]
    const code = typeof known === 'string' ? known : `./modules/${modules.get(name)}.js`
    codeOf.set(`module ${name}`, code)
    const current = await readFile(resolve(root, code), 'utf8').catch(() => undefined)
    if (current === undefined) files.set(pathOf(root, resolve(root, code)), wanted)
    else if (!fitsWith(current, wanted, keywords))
      files.set(pathOf(root, resolve(root, code)), withMarkerLines(current, wanted, keywords))
  }
  const coded = withCode(read.tenant, codeOf)
  const others = await otherFiles(root, coded, read.texts, { workspace, by })
  const { tenant } = others
  const old = workspace === undefined ? '' : await readFile(workspace.tenantFile, 'utf8')
  let stale: string[] = []
  let leftAlone: string[] = []
  if (workspace === undefined) {
    const some = Object.fromEntries(Object.entries(tenant).filter(([, value]) => hasContent(value)))
    files.set('tenant.yaml', stringify(some, { lineWidth: 0 }))
  } else {
    const leaves = (type: string, entry: Entry) =>
      read.foreign.has(foreignKey(type, entry)) || selection.leaves(type, entry)
    const merged = mergedYaml(old, tenant, { ...by, full, leaves })
    if (merged.text !== undefined) files.set('tenant.yaml', merged.text)
    stale = merged.stale
    leftAlone = merged.leftAlone
  }
  // Those of settings that tenant.yaml does not name have no place.
  for (const [file, { type, text }] of others.files) if (!leftAlone.includes(type)) files.set(file, text)
  const before = new Set(markersIn(old))
  const given = [...files.values()].flatMap(markersIn).filter((name) => read.names.has(`##${name}##`))
  return {
    files,
    conflicts,
    markers: [...new Set(given.filter((name) => !before.has(name)))].sort(),
    stale,
    leftAlone,
  }
}

function entryOf(
  list: readonly Entry[] | undefined,
  name: string,
  keywords: OverOptions['keywords'],
): Entry | undefined {
  return (list ?? []).find((one) => one['name'] === name || filledWith(one['name'], keywords) === name)
}

/** Where the source of an Action is, if there is one, and what `code:` says. */
async function placeOf(
  root: string,
  {
    name,
    file,
    workspace,
    entry,
  }: { name: string; file: string; workspace: Workspace | undefined; entry: Entry | undefined },
): Promise<{ source?: string; code: string }> {
  const known = workspace?.actions.find((action) => action.name === entry?.['name'])
  if (known !== undefined) {
    const code = String(entry?.['code'])
    if (await isFile(known.sourceFile)) return { source: known.sourceFile, code }
    return { code }
  }
  // A source that tenant.yaml does not name yet would win over what is pulled.
  for (const own of new Set(isFileName(name) ? [name, file] : [file])) {
    for (const extension of SOURCE_EXTENSIONS) {
      const source = join(root, 'actions', `${own}${extension}`)
      if (await isFile(source)) return { source, code: `./actions/${file}.js` }
    }
  }
  return { code: `./actions/${file}.js` }
}

async function bundlesOf(
  root: string,
  sources: readonly { name: string; source?: string; code: string }[],
  tenant: TenantFile,
): Promise<ReadonlyMap<string, BuiltAction>> {
  const actions = sources.flatMap(({ name, source, code }) => {
    if (source === undefined) return []
    const entry = (tenant.actions ?? []).find((one) => one['name'] === name)
    const dependencies = (entry?.['dependencies'] ?? []) as { name: string }[]
    return [{ name, sourceFile: source, builtFile: resolve(root, code), dependencies }]
  })
  const { built } = await tryBundleActions(actions, { root })
  return new Map(built.map((action) => [action.name, action]))
}

function withCode(tenant: TenantFile, codeOf: ReadonlyMap<string, string>): TenantFile {
  const add = (entries: Entry[] | undefined, prefix = '') =>
    entries?.map(({ name, ...rest }) => ({ name, code: codeOf.get(`${prefix}${String(name)}`), ...rest }))
  const [actions, actionModules] = [add(tenant.actions), add(tenant.actionModules, 'module ')]
  return Object.fromEntries(
    Object.entries(tenant).map(([type, value]) => [
      type,
      type === 'actions' ? actions : type === 'actionModules' ? actionModules : value,
    ]),
  ) as TenantFile
}

/** JavaScript that cannot be bundled, and so can only be what somebody has pulled or written as it is. */
async function isPlain(source: string): Promise<boolean> {
  return /\.c?js$/.test(source) && !/^\s{0,8}(?:import|export)\b/m.test(await readFile(source, 'utf8'))
}

function diffOf(source: string, mine: string, theirs: string): string {
  const patch = createTwoFilesPatch(source, 'the tenant', mine, theirs, undefined, undefined, {
    headerOptions: FILE_HEADERS_ONLY,
    timeout: 2000,
  })
  return patch ?? ''
}

function differingLines(mine: string, theirs: string): NonNullable<SourceConflict['lines']> {
  const [a, b] = [mine.split('\n'), theirs.split('\n')]
  const first = a.findIndex((line, index) => line !== b[index])
  const count = (lines: readonly string[]) => {
    const counts = new Map<string, number>()
    for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1)
    return counts
  }
  const beyond = (more: ReadonlyMap<string, number>, less: ReadonlyMap<string, number>) =>
    [...more].reduce((sum, [line, times]) => sum + Math.max(0, times - (less.get(line) ?? 0)), 0)
  const [mineCounts, theirCounts] = [count(a), count(b)]
  return {
    added: beyond(theirCounts, mineCounts),
    removed: beyond(mineCounts, theirCounts),
    first: (first === -1 ? a.length : first) + 1,
  }
}

function pathOf(root: string, file: string): string {
  return relative(root, file).split(sep).join('/')
}
