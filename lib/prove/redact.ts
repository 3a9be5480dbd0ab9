import { createHmac, randomBytes } from 'node:crypto'
import type { SimulatedEvent } from '../simulator/index.ts'

/** Members whose values are Auth0's or the tenant's own words, not those of a user; `*` stands for any place. */
const KEPT = [
  'transaction.protocol',
  'transaction.requested_scopes.*',
  'transaction.target_scopes.*',
  'transaction.response_mode',
  'transaction.response_type.*',
  'transaction.prompt.*',
  'request.method',
  'request.query.scope',
  'request.query.prompt',
  'request.body.grant_type',
  'resource_server.identifier',
  'connection.strategy',
  'authentication.methods.*.name',
  'authentication.methods.*.type',
  'authorization.roles.*',
  'user.identities.*.provider',
  'session.cookie.mode',
]

const DAY = 86_400_000
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/
const ADDRESS = /^(?:\d{1,3}\.){3}\d{1,3}$/
const LOWER = 'abcdefghijklmnopqrstuvwxyz'
const FOREIGN = 'àéîõüłñšжя'

/**
 * Makes a function that takes the values out of recorded events and leaves their shape: texts keep length, case and
 * punctuation, instants their distances, addresses stay addresses. What was equal is equal after it, word by word, in
 * all events that go through the same function; nobody can tell what it was, since the key is thrown away.
 *
 * Keeps names of members, numbers 0 and 1, booleans, and what is Auth0's or the tenant's own: protocols, scopes, roles,
 * the API. Metadata whose member names are themselves personal are not made safe.
 *
 * @param keep more members to keep, e.g. `user.app_metadata.plan`
 */
export function redactor(keep: readonly string[] = []): (event: SimulatedEvent) => SimulatedEvent {
  const key = randomBytes(32)
  const kept = [...KEPT, ...keep].map((path) => path.split('.'))
  const given = new Map<string, string>()
  const taken = new Set<string>()
  const bytesOf = (text: string) => createHmac('sha256', key).update(text).digest()
  const shift = (1 + (bytesOf('days').readUInt16BE(0) % 2000)) * DAY

  const word = (text: string): string => {
    const known = given.get(text)
    if (known !== undefined) return known
    let replaced = text
    for (let attempt = 0; replaced === text || taken.has(replaced); attempt++) {
      // One letter has few others: a longer word will do.
      const wanted = attempt < 50 ? text : text + LOWER[attempt % 26]
      replaced = sameShape(wanted, (place) => bytesOf(`${attempt} ${place >> 4} ${text}`)[place % 16]!)
    }
    given.set(text, replaced)
    taken.add(replaced)
    return replaced
  }

  const text = (value: string): string => {
    if (INSTANT.test(value)) return new Date(Date.parse(value) - shift).toISOString()
    if (ADDRESS.test(value)) return `10.${[...bytesOf(value).subarray(0, 3)].join('.')}`
    // Whoever parses an address finds one.
    const [scheme = ''] = /^[a-z][a-z+.-]*:\/\//i.exec(value) ?? []
    return scheme + value.slice(scheme.length).replaceAll(/[\p{L}\p{N}\p{Extended_Pictographic}]+/gu, word)
  }

  const number = (value: number): number => {
    if (value === 0 || value === 1) return value
    const digits = word(String(Math.trunc(Math.abs(value)))).replace(/^0/, '1')
    return Math.sign(value) * Number(digits) + (Number.isInteger(value) ? 0 : 0.5)
  }

  const deepest = Math.max(...kept.map((path) => path.length))
  const isKept = (path: readonly string[]): boolean => {
    if (path.length > deepest) return false
    // A name may have dots in it.
    const names = path.join('.').split('.')
    return kept.some(
      (one) => one.length === names.length && one.every((name, at) => name === '*' || name === names[at]),
    )
  }

  // One list for the way to the member that is looked at: a path of its own for each takes their depth, squared.
  const path: string[] = []
  const member = (name: string, value: unknown): unknown => {
    path.push(name)
    const replaced = part(value)
    path.pop()
    return replaced
  }
  const part = (value: unknown): unknown => {
    if (isKept(path)) return value
    if (typeof value === 'string') return text(value)
    if (typeof value === 'number') return number(value)
    if (Array.isArray(value)) return value.map((one, index) => member(String(index), one))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, member(name, one)]))
  }
  return (event) => part(event) as SimulatedEvent
}

/** Letters for letters, digits for digits, in their case. */
function sameShape(text: string, byteAt: (place: number) => number): string {
  return [...text]
    .map((sign, place) => {
      const byte = byteAt(place)
      if (/\p{Nd}/u.test(sign)) return String(byte % 10)
      if (/[a-z]/.test(sign)) return LOWER[byte % 26]
      if (/[A-Z]/.test(sign)) return LOWER[byte % 26]!.toUpperCase()
      return /\p{L}/u.test(sign) ? FOREIGN[byte % FOREIGN.length] : '\u{1F600}'
    })
    .join('')
}
