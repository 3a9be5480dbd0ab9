import { readFile } from 'node:fs/promises'
import { join, relative, resolve, sep } from 'node:path'
import { stringify } from 'yaml'
import { type BuiltAction, tryBundleActions } from '../../bundle/index.ts'
import { isFile } from '../../files/index.ts'
import { isFileName, readWorkspace } from '../../workspace/index.ts'
import type { TenantFile, Workspace } from '../../workspace/types.ts'
import { fits, saysTheSame, withKnownMarkers } from './agrees.ts'
import { fileNames } from './file-names.ts'
import { PULLED, type ReadTenant } from './read-tenant.ts'

type Entry = Record<string, unknown>

/** A source that gives other code than the tenant has, and is more than that code: TypeScript, modules, imports. */
export interface SourceConflict {
  action: string
  /** Relative to the workspace, with `/`. */
  source: string
  /** Lines that the one has and the other has not; `undefined` for a source that cannot be bundled. */
  lines?: { added: number; removed: number; first: number }
}

/** What a pull would write into a folder: paths relative to it, with `/`. */
export interface PulledFiles {
  files: Map<string, string>
  /** Sources that stand in the way; `files` has the tenant's code for them as well. */
  conflicts: SourceConflict[]
}

const SOURCE_EXTENSIONS = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs']

/**
 * The files of a pull, held against what is in the folder: nothing for an Action whose source gives the tenant's code
 * already, nor for a tenant.yaml that says what the tenant has. Writes nothing.
 *
 * @throws {ToolkitError} `ERR_INPUT` for a tenant.yaml that cannot be read.
 */
export async function overWorkspace(root: string, read: ReadTenant): Promise<PulledFiles> {
  const there = await isFile(join(root, 'tenant.yaml'))
  const workspace = there ? await readWorkspace(root) : undefined
  const files = new Map<string, string>()
  const conflicts: SourceConflict[] = []
  const codeOf = new Map<string, string>()

  const known = (workspace?.actions ?? []).map(({ name }) => name)
  const names = fileNames([...new Set([...read.codes.keys(), ...known])])
  const sources = await Promise.all(
    [...read.codes.keys()].map(async (name) => ({
      name,
      ...(await placeOf(root, workspace, name, names.get(name)!)),
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
    else if (built !== undefined && fits(built.code, wanted)) continue
    else if (built?.asWritten === true || (built === undefined && (await isPlain(source))))
      files.set(target, wanted)
    else {
      const script = target.replace(/\.[cm]?[jt]s$/, '.js')
      conflicts.push({
        action: name,
        source: target,
        ...(built && { lines: differingLines(built.code, wanted) }),
      })
      files.set(script, wanted)
      if (resolve(root, code) === source) codeOf.set(name, `./${script}`)
    }
  }
  const modules = fileNames([...read.moduleCodes.keys()])
  for (const [name, wanted] of read.moduleCodes) {
    const known = (workspace?.tenant.actionModules ?? []).find((one) => one['name'] === name)?.['code']
    const code = typeof known === 'string' ? known : `./modules/${modules.get(name)}.js`
    codeOf.set(`module ${name}`, code)
    const current = await readFile(resolve(root, code), 'utf8').catch(() => undefined)
    if (current === undefined || !fits(current, wanted)) files.set(pathOf(root, resolve(root, code)), wanted)
  }
  const pulled = withCode(read.tenant, codeOf)
  if (workspace === undefined) files.set('tenant.yaml', yamlOf(pulled))
  else if (!saysTheSame(workspace.tenant, pulled)) {
    files.set(
      'tenant.yaml',
      yamlOf({ ...withoutPulled(workspace.tenant), ...withKnownMarkers(workspace.tenant, pulled) }),
    )
  }
  return { files, conflicts }
}

/** Where the source of an Action is, if there is one, and what `code:` says. */
async function placeOf(
  root: string,
  workspace: Workspace | undefined,
  name: string,
  file: string,
): Promise<{ source?: string; code: string }> {
  const known = workspace?.actions.find((action) => action.name === name)
  if (known !== undefined) {
    const entry = (workspace?.tenant.actions ?? []).find((one) => one['name'] === name)
    const code = String(entry?.['code'])
    if (await isFile(known.sourceFile)) return { source: known.sourceFile, code }
    return { code: file === name ? code : `./actions/${file}.js` }
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

/** Types that a pull does not bring stay as they are written. */
function withoutPulled(written: TenantFile): TenantFile {
  const brought: readonly string[] = PULLED
  return Object.fromEntries(Object.entries(written).filter(([type]) => !brought.includes(type))) as TenantFile
}

function yamlOf(tenant: TenantFile): string {
  return stringify(tenant, { lineWidth: 0 })
}

/** JavaScript that cannot be bundled, and so can only be what somebody has pulled or written as it is. */
async function isPlain(source: string): Promise<boolean> {
  return /\.c?js$/.test(source) && !/^\s{0,8}(?:import|export)\b/m.test(await readFile(source, 'utf8'))
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
