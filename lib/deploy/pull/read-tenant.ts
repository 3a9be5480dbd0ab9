import { ToolkitError } from '../../errors.ts'
import { FIELDS } from '../../tenant/management/fields.ts'
import { namedFiles } from '../../workspace/index.ts'
import type { TenantFile } from '../../workspace/types.ts'
import type { TenantAccess } from '../types.ts'
import { type Entry, isEntry } from '../wire/json.ts'
import type { Reads } from '../wire/reads.ts'
import { exportTenant, type NotPulled } from './export-tenant.ts'
import { plainPaths } from './plain-paths.ts'
import { hasContent, MarkerNames, NOT_SHOWN, withMarkers } from './secrets.ts'
import { exportSettings, type Selection } from './selection.ts'

/** What a tenant has, as tenant.yaml says it, with code by name. */
export interface ReadTenant {
  /** Without `code`. A type without entries is there, one that was not read is not. */
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
  /** Entries of the tenant that are in no pull: {@link foreignKey}. */
  foreign: ReadonlySet<string>
  /** Actions of which something else is deployed than their draft, or nothing. */
  drafts: { action: string; deployed: boolean }[]
}

/** Types whose members are known here, with what the deploy CLI knows besides. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  clients: FIELDS.clients.create,
  resourceServers: [...FIELDS.resourceServers.create, 'client_id'],
  clientGrants: FIELDS.clientGrants.create,
  roles: [...FIELDS.roles.create, 'permissions'],
  organizations: [
    ...FIELDS.organizations.create,
    'connections',
    'client_grants',
    'clients',
    'discovery_domains',
  ],
}

/** What Auth0 answers and nobody sets, or what it keeps for itself. */
const ANSWERED: Readonly<Record<string, readonly string[]>> = {
  clients: [
    ...[
      'client_id',
      'client_secret',
      'tenant',
      'global',
      'is_global',
      'callback_url_template',
      'signing_keys',
    ],
    ...['owners', 'external_client_id', 'external_metadata_type', 'external_metadata_created_by', 'jwks_uri'],
  ],
  resourceServers: ['id', 'is_system'],
  clientGrants: ['id', 'is_system'],
  roles: ['id'],
  organizations: ['id', 'enabled_connections', 'is_app_entitlement_active'],
}

/** What an export of the deploy CLI has of Actions and modules, and no deploy sends. */
const ANSWERED_OF_CODE = [
  ...['actions.status', 'actions.id', 'actionModules.id', 'actionModules.all_changes_published'],
  ...['actionModules.actions_using_module_total', 'actionModules.latest_version_number'],
]

/** Types that are named in the singular in markers, where leaving out an `s` does not do. */
const OWNERS: Readonly<Record<string, string>> = {
  clients: 'CLIENT',
  resourceServers: 'API',
  clientGrants: 'GRANT',
  networkACLs: 'NETWORK_ACL',
  rateLimitPolicies: 'RATE_LIMIT_POLICY',
}

/** Types that are full of sentences for people. */
const WORDS: ReadonlySet<string> = new Set(['prompts', 'guardianFactorTemplates', 'phoneTemplates'])

/** Lists whose entries are told apart otherwise than by their name alone. */
const SHARED_NAMES: ReadonlySet<string> = new Set(['guardianFactorProviders', 'clientGrants', 'themes'])

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

/** Of the credentials of an email provider that which Auth0 shows nothing of, and a deploy has to send. */
const HIDDEN_CREDENTIAL: Readonly<Record<string, string>> = {
  ...{ mailgun: 'api_key', mandrill: 'api_key', sendgrid: 'api_key', sparkpost: 'api_key' },
  ...{ smtp: 'smtp_pass', ses: 'secretAccessKey', azure_cs: 'connectionString', ms365: 'clientSecret' },
}

function withHiddenCredential(provider: unknown): void {
  if (!isEntry(provider)) return
  const member = HIDDEN_CREDENTIAL[String(provider['name'])]
  if (member === undefined) return
  const shown = isEntry(provider['credentials']) ? provider['credentials'] : {}
  provider['credentials'] = { ...shown, [member]: shown[member] ?? NOT_SHOWN }
}

/**
 * Of captchas a tenant shows those that it never had as well, and the deploy CLI takes none without its secret, which no
 * tenant shows.
 */
function withHiddenCaptcha(protection: unknown): void {
  const captcha = isEntry(protection) ? protection['captcha'] : undefined
  if (!isEntry(captcha)) return
  for (const [name, member] of Object.entries(CAPTCHA_SECRETS)) {
    const provider = captcha[name]
    if (!isEntry(provider)) continue
    const isUsed = captcha['active_provider_id'] === name || hasText(provider['site_key'])
    if (isUsed) provider[member] ??= NOT_SHOWN
    else delete captcha[name]
  }
}

const CAPTCHA_SECRETS: Readonly<Record<string, string>> = {
  ...{ arkose: 'secret', hcaptcha: 'secret', friendly_captcha: 'secret', recaptcha_v2: 'secret' },
  recaptcha_enterprise: 'api_key',
}

function hasText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
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

/** Without what is not the owner's: the application in use, Auth0's own, the marketplace's. */
function withoutForeign(
  assets: TenantFile,
  { credentials }: TenantAccess,
  all: TenantFile,
  { reads, foreign }: { reads: Reads; foreign: Set<string> },
): TenantFile {
  const ownId = 'clientId' in credentials ? credentials.clientId : undefined
  const own = ownId === undefined ? undefined : reads.listed(`/clients/${ownId}`)?.['name']
  const result = { ...assets }
  const keep = (type: string, wanted: (entry: Entry) => boolean) => {
    const list = result[type]
    if (!Array.isArray(list)) return
    for (const entry of list as Entry[]) if (!wanted(entry)) foreign.add(foreignKey(type, entry))
    result[type] = (list as Entry[]).filter(wanted)
  }
  const isOwn = (name: unknown) => own !== undefined && name === own
  keep('clients', ({ name, client_id, global, is_global }) => {
    return !isOwn(name) && client_id !== ownId && global !== true && is_global !== true
  })
  keep('clientGrants', ({ client_id, is_system }) => is_system !== true && !isOwn(client_id))
  keep('resourceServers', ({ is_system }) => is_system !== true)
  const known = all.actions
  if (known !== undefined && isEntry(result.triggers)) {
    const names = new Set(known.map(({ name }) => name))
    result.triggers = Object.fromEntries(
      Object.entries(result.triggers).flatMap(([id, bindings]) => {
        const left = bindings.filter(({ action_name }) => names.has(action_name))
        return left.length === 0 ? [] : [[id, left]]
      }),
    )
  }
  return result
}

/** What tells an entry that is in no pull. */
export function foreignKey(type: string, entry: Entry): string {
  const key = type === 'clientGrants' ? 'client_id' : type === 'resourceServers' ? 'identifier' : 'name'
  return `${type} ${String(entry[key] ?? entry['name'] ?? '')}`
}

/** Takes out what has its name with others of its type: no deploy can tell them apart. */
function takeDuplicates(assets: TenantFile, foreign: Set<string>): [type: string, names: string[]][] {
  const found: [string, string[]][] = []
  for (const [type, list] of Object.entries(assets)) {
    if (!Array.isArray(list) || SHARED_NAMES.has(type)) continue
    const counts = new Map<unknown, number>()
    for (const { name } of list as Entry[])
      if (typeof name === 'string') counts.set(name, (counts.get(name) ?? 0) + 1)
    const twice = [...counts].filter(([, count]) => count > 1).map(([name]) => name)
    if (twice.length === 0) continue
    for (const name of twice) foreign.add(foreignKey(type, { name }))
    assets[type] = (list as Entry[]).filter(({ name }) => !twice.includes(name))
    found.push([type, twice.map((name) => `"${String(name)}"`)])
  }
  return found
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

/** A type as it is shown: known members, and markers for secrets. */
function shown(
  type: string,
  value: unknown,
  names: MarkerNames,
  leftOut: Set<string>,
  { included }: Selection,
): unknown {
  const masked = (entry: unknown, ...owner: string[]) =>
    withMarkers(entry, [ownerWord(type), ...owner], names, { words: WORDS.has(type) })
  if (!Array.isArray(value)) return masked(value)
  const known = KNOWN[type]
  return (value as Entry[]).map((entry) => {
    const owner = String(entry['name'] ?? entry['identifier'] ?? entry['domain'] ?? entry['template'] ?? '')
    if (known === undefined) return masked(entry, owner)
    const answered = (ANSWERED[type] ?? []).filter((key) => !included(type).includes(key))
    for (const key of Object.keys(entry))
      if (!known.includes(key) && !answered.includes(key)) leftOut.add(`${type}.${key}`)
    const wanted = Object.keys(entry).filter(
      (key) =>
        [...known, ...included(type)].includes(key) && !answered.includes(key) && hasContent(entry[key]),
    )
    return masked(Object.fromEntries(wanted.map((key) => [key, entry[key]])), owner)
  })
}

function ownerWord(type: string): string {
  return (
    OWNERS[type] ??
    type
      .replace(/s$/, '')
      .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
      .toUpperCase()
  )
}

/** Actions and modules without their code, and their code by name. */
function takeCode(assets: TenantFile, files: ReadonlyMap<string, string>, names: MarkerNames) {
  const [codes, moduleCodes] = [new Map<string, string>(), new Map<string, string>()]
  const [actions, modules] = [assets.actions ?? [], assets.actionModules ?? []]
  const odd = actions.map(({ name }) => String(name)).find((name) => /\p{Cc}/u.test(name))
  if (odd !== undefined) {
    throw new ToolkitError('ERR_INPUT', `the name of the Action "${odd}" has a control character`, {
      hint: 'Nothing was written, since no command could read it. Give the Action another name in the tenant.',
    })
  }
  const secretNames = [actions, modules].map((list) => list.flatMap((entry) => secretsOf(entry)))
  const codeOf = ({ code }: Entry) => files.get(String(code ?? '').replace(/^\.\//, '')) ?? ''
  if (assets.actions !== undefined) {
    assets.actions = actions.map((action) => {
      const plain = String(action['name'])
      const name = names.markerForText(plain, ['ACTION', 'NAME'])
      codes.set(name, codeOf(action))
      const used = ((action['modules'] ?? []) as Entry[]).map((module) =>
        withMarkers(withoutEmpty(module), ['MODULE'], names),
      )
      return {
        name,
        runtime: action['runtime'],
        deployed: action['deployed'] === true,
        supported_triggers: ((action['supported_triggers'] ?? []) as Entry[]).map(({ id, version }) => ({
          id,
          version,
        })),
        ...partOf('dependencies', dependenciesOf(action)),
        ...partOf('secrets', markedSecrets(action, plain, secretNames[0]!, names)),
        ...partOf('modules', used),
      }
    })
  }
  if (assets.actionModules !== undefined) {
    assets.actionModules = modules.map((module) => {
      const plain = String(module['name'])
      const name = names.markerForText(plain, ['MODULE', 'NAME'])
      moduleCodes.set(name, codeOf(module))
      return {
        name,
        ...partOf('dependencies', dependenciesOf(module)),
        ...partOf('secrets', markedSecrets(module, plain, secretNames[1]!, names)),
      }
    })
  }
  if (isEntry(assets.triggers)) {
    assets.triggers = Object.fromEntries(
      Object.entries(assets.triggers).map(([id, bindings]) => [
        id,
        bindings.map(({ action_name, display_name }) => ({
          action_name: names.markerForText(action_name, ['ACTION', 'NAME']),
          display_name: names.markerForText(display_name ?? action_name, ['TRIGGER', id, 'NAME']),
        })),
      ]),
    )
  }
  return { codes, moduleCodes }
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

function secretsOf(entry: Entry): string[] {
  return ((entry['secrets'] ?? []) as Entry[]).map(({ name }) => String(name))
}

/** The secret's name; with its owner's in front where two have a secret of that name. */
function markedSecrets(entry: Entry, owner: string, all: readonly string[], names: MarkerNames): Entry[] {
  return secretsOf(entry).map((name) => {
    const shared = all.filter((other) => other === name).length > 1
    return { name, value: names.markerFor(shared ? [owner, name] : [name]) }
  })
}

function dependenciesOf(entry: Entry): Entry[] {
  return ((entry['dependencies'] ?? []) as Entry[]).map(({ name, version }) => ({ name, version }))
}

function withoutEmpty(entry: Entry): Entry {
  return Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined))
}

function partOf(key: string, list: readonly unknown[]): Entry {
  return list.length === 0 ? {} : { [key]: list }
}
