import { markersIn } from '../../workspace/index.ts'
import type { TenantFile } from '../../workspace/types.ts'
import { PULLED } from './read-tenant.ts'

type Entry = Record<string, unknown>

const MARKER = /##[A-Za-z0-9_]+##|@@[A-Za-z0-9_]+@@/

/** Whether a text may be what another is with its markers filled: whatever stands where the markers are. */
export function fits(written: string, actual: string): boolean {
  const pieces = written.split(new RegExp(MARKER, 'g'))
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

/**
 * Whether tenant.yaml says what a tenant has, in the types that are pulled: the same entities, and each of its fields
 * has the tenant's value. What it leaves out, a deploy leaves alone. Of code the names of files are compared.
 */
export function saysTheSame(written: TenantFile, pulled: TenantFile): boolean {
  return PULLED.every((type) => {
    if (type === 'triggers') return sameTriggers(written.triggers ?? {}, pulled.triggers ?? {})
    const [mine, theirs] = [written, pulled].map((file) => (file[type] ?? []) as Entry[])
    return (
      mine!.length === theirs!.length &&
      mine!.every((entry) =>
        theirs!.some((other) => isNamed(type, entry, other) && agrees(type, entry, other)),
      )
    )
  })
}

/** Whether two entries are about one thing. */
export function isNamed(type: string, written: Entry, actual: Entry): boolean {
  const keys =
    type === 'resourceServers'
      ? ['identifier']
      : type === 'clientGrants'
        ? ['client_id', 'audience', 'subject_type']
        : ['name']
  return keys.every((key) => fits(String(written[key] ?? ''), String(actual[key] ?? '')))
}

function agrees(type: string, written: Entry, actual: Entry): boolean {
  return Object.entries(written).every(([key, value]) => {
    if (type === 'actions' && key === 'status') return true
    return covers(actual[key], key === 'secrets' ? withoutValues(value) : value)
  })
}

function withoutValues(secrets: unknown): unknown {
  return Array.isArray(secrets) ? secrets.map(({ name }: Entry) => ({ name })) : secrets
}

function covers(actual: unknown, wanted: unknown): boolean {
  if (typeof wanted === 'string' && /^@@\w+@@$/.test(wanted)) return true
  // A marker of ours stands for a value that cannot be compared.
  if (typeof actual === 'string' && typeof wanted === 'string')
    return fits(wanted, actual) || /^##\w+##$/.test(actual) || (wanted === 'latest' && actual !== '')
  if (actual === undefined || actual === null) return isEmpty(wanted)
  if (Array.isArray(wanted)) {
    if (!Array.isArray(actual) || actual.length !== wanted.length) return false
    return wanted.every((item) => actual.some((one) => covers(one, item)))
  }
  if (typeof wanted === 'object' && wanted !== null) {
    return (
      typeof actual === 'object' &&
      Object.entries(wanted).every(([key, value]) => covers((actual as Entry)[key], value))
    )
  }
  return String(actual) === String(wanted) && (typeof actual === typeof wanted || typeof wanted !== 'boolean')
}

function isEmpty(value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    (typeof value === 'object' && Object.values(value).every(isEmpty))
  )
}

function sameTriggers(
  written: NonNullable<TenantFile['triggers']>,
  pulled: NonNullable<TenantFile['triggers']>,
): boolean {
  const names = (file: typeof written, id: string) =>
    JSON.stringify((file[id] ?? []).map((one) => one.action_name))
  return [...new Set([...Object.keys(written), ...Object.keys(pulled)])].every(
    (id) => names(written, id) === names(pulled, id),
  )
}

/** What was pulled, with the markers that tenant.yaml has at the same places, where the values allow it. */
export function withKnownMarkers(written: TenantFile, pulled: TenantFile): TenantFile {
  const result: TenantFile = {}
  for (const [type, value] of Object.entries(pulled)) {
    const known = (written[type] ?? []) as unknown
    result[type] =
      Array.isArray(value) && Array.isArray(known)
        ? (value as Entry[]).map((entry) => {
            const old = (known as Entry[]).find((one) => isNamed(type, one, entry))
            return old === undefined ? entry : (marked(old, entry) as Entry)
          })
        : value
  }
  return result
}

function marked(old: unknown, now: unknown): unknown {
  if (typeof old === 'string' && typeof now === 'string') {
    return markersIn(old).length > 0 && (fits(old, now) || /^##\w+##$/.test(now)) ? old : now
  }
  if (Array.isArray(now)) {
    if (!Array.isArray(old)) return now
    // Items with a name are told by it, others by their place.
    return now.map((item, index) => {
      const name = (item as Entry | null)?.['name']
      return marked(
        name === undefined ? old[index] : old.find((one) => (one as Entry | null)?.['name'] === name),
        item,
      )
    })
  }
  if (typeof now !== 'object' || now === null || typeof old !== 'object' || old === null) return now
  return Object.fromEntries(
    Object.entries(now).map(([key, item]) => [key, marked((old as Entry)[key], item)]),
  )
}
