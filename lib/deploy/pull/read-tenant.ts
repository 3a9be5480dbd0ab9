import { namedFiles } from '../../workspace/index.ts'
import type { TenantFile } from '../../workspace/types.ts'
import type { TenantAccess } from '../types.ts'
import type { Entry } from '../wire/json.ts'
import type { Reads } from '../wire/reads.ts'
import { takeCode } from './code.ts'
import { exportTenant, type NotPulled } from './export-tenant.ts'
import { takeDuplicates, withoutForeign } from './foreign.ts'
import { ANSWERED, ownerWord, shown } from './members.ts'
import { withHiddenCaptcha, withHiddenCredential } from './never-shown.ts'
import { plainPaths } from './plain-paths.ts'
import { hasContent, MarkerNames, withMarkers } from './secrets.ts'
import { exportSettings, type Selection } from './selection.ts'

/** What a tenant has, as tenant.yaml says it, with code by name. */
export interface ReadTenant {
  /** Without `code`. Has each type that was read, also one without entries. */
  tenant: TenantFile
  codes: ReadonlyMap<string, string>
  moduleCodes: ReadonlyMap<string, string>
  /** Other files that `tenant` names, by the name that `namedFiles` gives. */
  texts: ReadonlyMap<string, string>
  /** The markers that stand for what is, or may be, a secret. */
  names: MarkerNames
  /** Members that are not pulled since nobody knows them here: `clients.some_member`. */
  leftOut: string[]
  notPulled: NotPulled[]
  /** Members that are in no pull, such as `clients.jwks_uri`: what tenant.yaml says of them stays. */
  ignores: ReadonlySet<string>
  /** Entries of the tenant that are in no pull, by the `foreignKey` of each. */
  foreign: ReadonlySet<string>
  /** Actions of which something else is deployed than their draft, or nothing. */
  drafts: { action: string; deployed: boolean }[]
}

/** What an export of the deploy CLI has of Actions and modules, and no deploy sends. */
const ANSWERED_OF_CODE = [
  ...['actions.status', 'actions.id', 'actionModules.id', 'actionModules.all_changes_published'],
  ...['actionModules.actions_using_module_total', 'actionModules.latest_version_number'],
]

/**
 * Reads what `claims pull` brings: of each type that the deploy CLI knows what a deploy may write, and a marker for
 * each text that is or may be a secret. The application whose credentials are in use, Auth0's own APIs and grants, and
 * Actions from the marketplace are left out.
 *
 * @param taken Names that no new marker may have.
 */
export async function readTenant(
  access: TenantAccess,
  selection: Selection,
  taken: Iterable<string> = [],
): Promise<ReadTenant> {
  const exported = await exportTenant(access, exportSettings(selection))
  const { reads } = exported
  const notPulled = exported.notPulled.filter(({ type }) => selection.has(type.split('.')[0]!))
  const foreign = new Set<string>()
  const assets = withoutForeign(
    Object.fromEntries(Object.entries(exported.assets).filter(([type]) => selection.has(type))) as TenantFile,
    access,
    exported.assets,
    { reads, foreign },
  )
  for (const [type, names] of takeDuplicates(assets, foreign))
    notPulled.push({ type, reason: `several are called ${names.join(', ')}`, refused: false })
  if (hasContent(assets['rulesConfigs']) || (await hasRulesConfigs(reads)))
    notPulled.push({ type: 'rulesConfigs', reason: 'Auth0 does not show their values', refused: false })
  delete assets['rulesConfigs']

  const names = new MarkerNames(taken)
  const leftOut = new Set<string>()
  const { codes, moduleCodes } = takeCode(assets, exported.files, names)
  const files = namedFiles(assets)
  const contents = files.map(({ name }) => exported.files.get(name.replace(/(^|\/)\.\//g, '$1')))
  const plain = plainPaths(files.map(({ path }) => String(getAt(assets, path))))
  for (const { path } of files) setAt(assets, path, '')
  const tenant: TenantFile = {}
  withHiddenCredential(assets['emailProvider'])
  withHiddenCaptcha(assets['attackProtection'])
  for (const [type, value] of Object.entries(assets)) {
    if (type === 'actions' || type === 'actionModules' || type === 'triggers') tenant[type] = value as never
    else tenant[type] = shown(type, value, names, leftOut, selection)
  }
  const texts = new Map<string, string>()
  for (const [index, { path }] of files.entries())
    if (contents[index] !== undefined) setAt(tenant, path, plain[index]!)
  const places = new Map(namedFiles(tenant).map(({ path, name }) => [JSON.stringify(path), name]))
  for (const [index, { path }] of files.entries()) {
    const [name, content] = [places.get(JSON.stringify(path)), contents[index]]
    if (name === undefined || content === undefined) continue
    const [type, at] = path
    const entry = (tenant[String(type)] as Entry[] | undefined)?.[Number(at)]
    const owner = [ownerWord(String(type)), ...(typeof entry?.['name'] === 'string' ? [entry['name']] : [])]
    texts.set(name, name.endsWith('.json') ? maskedJson(content, owner, names) : content)
  }
  const actions = assets.actions ?? []
  return {
    tenant: sortedTypes(tenant),
    codes,
    moduleCodes,
    texts,
    names,
    leftOut: [...leftOut].sort(),
    notPulled,
    ignores: new Set([
      ...leftOut,
      ...exported.unread,
      ...Object.entries(ANSWERED).flatMap(([type, members]) => members.map((name) => `${type}.${name}`)),
      ...ANSWERED_OF_CODE,
    ]),
    foreign,
    drafts: await draftsOf(reads, new Set(actions.map(({ name }) => String(name)))),
  }
}

/** Order of a new tenant.yaml; other types follow. */
const ORDER = [
  ...['resourceServers', 'clients', 'clientGrants', 'roles', 'organizations'],
  ...['actionModules', 'actions', 'triggers', 'databases', 'connections'],
]

function sortedTypes(tenant: TenantFile): TenantFile {
  const place = (type: string) => (ORDER.includes(type) ? ORDER.indexOf(type) : ORDER.length)
  return Object.fromEntries(
    Object.entries(tenant).sort(([a], [b]) => place(a) - place(b) || (a < b ? -1 : 1)),
  ) as TenantFile
}

async function hasRulesConfigs(reads: Reads): Promise<boolean> {
  const path = reads.lists().find((one) => one.split('?')[0] === '/rules-configs')
  if (path === undefined) return false
  return ((await reads.read(path)).list?.items.length ?? 0) > 0
}

async function draftsOf(reads: Reads, names: ReadonlySet<string>): Promise<ReadTenant['drafts']> {
  const path = reads.lists().find((one) => one.split('?')[0] === '/actions/actions')
  if (path === undefined) return []
  return ((await reads.read(path)).list?.items ?? []).flatMap((action) => {
    const name = String(action['name'])
    if (!names.has(name) || action['all_changes_deployed'] === true) return []
    return [{ action: name, deployed: hasContent(action['deployed_version']) }]
  })
}

function maskedJson(content: string, owner: readonly string[], names: MarkerNames): string {
  const value: unknown = JSON.parse(content)
  const masked = withMarkers(value, owner, names)
  return JSON.stringify(masked) === JSON.stringify(value) ? content : JSON.stringify(masked, null, 2)
}

function getAt(value: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce((at, key) => (at as Entry)[key], value)
}

function setAt(value: unknown, path: readonly (string | number)[], text: string): void {
  ;(getAt(value, path.slice(0, -1)) as Entry)[path.at(-1)!] = text
}
