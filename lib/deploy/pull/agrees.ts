import {
  betweenMarkers,
  fillMarkers,
  isMarker,
  jsonValue,
  markersIn,
  valueMarker,
} from '../../workspace/index.ts'
import { isEntry, isSecretName } from '../wire/json.ts'
import type { MarkerNames } from './secrets.ts'

type Keywords = Readonly<Record<string, string>>

/** Whether `actual` may be `written` with its markers filled, with any values. */
export function fits(written: string, actual: string): boolean {
  const pieces = betweenMarkers(written)
  if (pieces.length === 1) return written === actual
  const [first = '', last = ''] = [pieces[0], pieces.at(-1)]
  if (!actual.startsWith(first) || !actual.endsWith(last) || actual.length < first.length + last.length)
    return false
  let at = first.length
  const end = actual.length - last.length
  for (const piece of pieces.slice(1, -1)) {
    const found = actual.indexOf(piece, at)
    if (found === -1 || found + piece.length > end) return false
    at = found + piece.length
  }
  return true
}

/** A value with the markers filled that have a value. */
export function filledWith<T>(value: T, keywords: Keywords): T {
  return fillMarkers(value, (name) => (Object.hasOwn(keywords, name) ? keywords[name] : undefined))
}

/** The same as {@link fits}, where the values of some markers are known. */
export function fitsWith(written: string, actual: string, keywords: Keywords): boolean {
  const filled: unknown = filledWith(written, keywords)
  return written === actual || (typeof filled === 'string' && fits(filled, actual))
}

/** Lists whose order does not matter. */
const UNORDERED: ReadonlySet<string> = new Set([
  ...['secrets', 'dependencies', 'permissions', 'enabled_clients', 'connections', 'client_grants'],
  ...['discovery_domains', 'clients'],
])

export function isUnordered(path: readonly string[]): boolean {
  return path.length === 2 && UNORDERED.has(path[1]!)
}

/** Lists of an Action or a module that belong to its code. */
const OF_CODE: ReadonlySet<string> = new Set(['secrets', 'dependencies', 'modules'])

/**
 * Whether a member that tenant.yaml leaves out is missing there: what a deploy replaces as a whole (options of a
 * connection, texts of a prompt), bindings, and what belongs to pulled code. All else that is left out is left alone.
 */
export function isMissed(path: readonly string[], member: string): boolean {
  const [type, part] = path
  if (type === 'actions' || type === 'actionModules') return path.length > 1 || OF_CODE.has(member)
  return (
    type === JSON_FILE ||
    (type === 'triggers' && path.length === 1) ||
    (part === 'options' && (type === 'connections' || type === 'databases')) ||
    (type === 'prompts' && (part === 'customText' || part === 'partials'))
  )
}

/** Stands for the type where the whole of a file is compared. */
const JSON_FILE = '.json'

/** Compares what tenant.yaml says with what a tenant has. */
export interface Comparison {
  keywords: Keywords
  /** The markers that stand in what the tenant has. */
  names: MarkerNames
  /** Whether a member, such as `clients.jwks_uri`, is left as it is, since it is not pulled. */
  ignores(member: string): boolean
}

/**
 * Whether tenant.yaml says what the tenant has, as a plan would see it: what is left out is left alone, a marker counts
 * for its value, and one without a value for any. `path`: the type, then names of members; items of lists add none.
 */
export function says(written: unknown, actual: unknown, path: readonly string[], by: Comparison): boolean {
  const { keywords, names } = by
  if (typeof written === 'string' && typeof actual === 'string' && names.has(actual)) {
    const shown = names.textOf(actual)
    return shown === undefined || fitsWith(written, shown, keywords)
  }
  const wanted = typeof written === 'string' ? filledWith<unknown>(written, keywords) : written
  if (typeof wanted === 'string' && valueMarker(wanted) !== undefined) return true
  const name = path.at(-1) ?? ''
  if (actual === undefined || actual === null) return isNothing(wanted) || isHiddenThere(written, name, path)
  if (wanted === undefined || wanted === null) return isNothing(actual)
  if (typeof wanted === 'string' && typeof actual === 'string') {
    if (path[1] === 'dependencies' && name === 'version' && wanted === 'latest') return actual !== ''
    return fits(wanted, actual)
  }
  if (Array.isArray(wanted)) {
    if (!Array.isArray(actual) || actual.length !== wanted.length) return false
    if (isUnordered(path)) {
      const left = [...actual]
      return wanted.every((item) => {
        const at = left.findIndex((one) => says(item, one, path, by))
        if (at !== -1) left.splice(at, 1)
        return at !== -1
      })
    }
    return wanted.every((item, index) => says(item, actual[index], path, by))
  }
  if (isEntry(wanted)) {
    if (!isEntry(actual)) return false
    const known = new Set<string>()
    const mine = Object.entries(wanted).every(([key, value]) => {
      const member = String(filledWith<unknown>(key, keywords))
      known.add(member)
      return by.ignores([...path, member].join('.')) || says(value, actual[member], [...path, member], by)
    })
    return (
      mine &&
      Object.entries(actual).every(([key, one]) => known.has(key) || isNothing(one) || !isMissed(path, key))
    )
  }
  return String(actual) === String(wanted) && (typeof actual === typeof wanted || typeof wanted !== 'boolean')
}

/** Whether a tenant may have what tenant.yaml says, and not show it. */
export function isHiddenThere(written: unknown, name: string, path: readonly string[]): boolean {
  if (isSecretName(name) || path.at(-2) === 'secrets' || path.includes('credentials')) return true
  if (path.includes('configuration') && path[1] === 'options') return true
  if (isEntry(written)) {
    const members = Object.entries(written)
    return members.length > 0 && members.every(([key, value]) => isHiddenThere(value, key, [...path, key]))
  }
  return typeof written === 'string' && isMarker(written)
}

export function isNothing(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return true
  return typeof value === 'object' && Object.values(value).every(isNothing)
}

/** Members by which entries of a list are told apart, by type or by the list's own name. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  resourceServers: ['identifier'],
  clientGrants: ['client_id', 'audience', 'subject_type'],
  emailTemplates: ['template'],
  customDomains: ['domain'],
  networkACLs: ['description', 'priority'],
  guardianFactorProviders: ['name', 'provider'],
  rulesConfigs: ['key'],
  themes: ['displayName'],
  phoneTemplates: ['type'],
  tokenExchangeProfiles: ['name', 'subject_token_type'],
  rateLimitPolicies: ['resource', 'consumer', 'consumer_selector'],
  templates: ['template'],
  scopes: ['value'],
  permissions: ['permission_name', 'resource_server_identifier'],
  client_grants: ['client_id'],
  discovery_domains: ['domain'],
  modules: ['module_name'],
  triggers: ['action_name', 'display_name'],
  supported_triggers: ['id'],
}

function keysOf(path: readonly string[]): readonly string[] {
  return (path[0] === 'triggers' ? KEYS['triggers'] : KEYS[path.at(-1)!]) ?? ['name']
}

/** Whether an entry of tenant.yaml and one of the tenant are about one thing; `exactly`: no marker is left open. */
export function isSame(
  written: unknown,
  actual: unknown,
  path: readonly string[],
  { keywords, names }: Comparison,
  exactly: boolean,
): boolean {
  if (!isEntry(written) || !isEntry(actual)) {
    const wanted = filledWith<unknown>(written, keywords)
    return JSON.stringify(wanted) === JSON.stringify(actual)
  }
  const keys = keysOf(path).filter((key) => written[key] !== undefined || actual[key] !== undefined)
  return (
    keys.length > 0 &&
    keys.every((key) => {
      const theirs = String(actual[key] ?? '')
      const text = names.textOf(theirs) ?? theirs
      const mine = String(filledWith<unknown>(written[key] ?? '', keywords))
      // A grant or a binding may leave out what follows from the rest.
      if (written[key] === undefined && ['subject_type', 'display_name', 'consumer_selector'].includes(key))
        return true
      return mine === text || written[key] === theirs || (!exactly && fits(mine, text))
    })
  )
}

/** Names of the markers of a text that have a value, which the tenant does not have there. */
export function staleMarkers(written: string, keywords: Keywords): string[] {
  return markersIn(written).filter((name) => Object.hasOwn(keywords, name))
}

/** The tenant's text with those lines of the file that are the same once their markers are filled. */
export function withMarkerLines(written: string, actual: string, keywords: Keywords): string {
  const known = new Map<string, string>()
  for (const line of written.split('\n')) {
    if (markersIn(line).length === 0) continue
    known.set(String(filledWith<unknown>(line, keywords)), line)
  }
  return actual
    .split('\n')
    .map((line) => known.get(line) ?? line)
    .join('\n')
}

/** Whether the text of a JSON file says what another does. */
export function saysJson(written: string, actual: string, by: Comparison): boolean {
  const [mine, theirs] = [jsonValue(written), jsonValue(actual)]
  if (!isEntry(mine) || !isEntry(theirs)) return false
  return says(mine, theirs, [JSON_FILE], by)
}
