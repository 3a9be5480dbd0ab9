import { nearest } from '../check/nearest.ts'
import { ToolkitError } from '../errors.ts'
import { isLoopback } from '../loopback.ts'

/** Returns what a value must be, in words that follow "must be"; `undefined` when the value is valid. */
export type MustBe = (value: unknown) => string | undefined

/** What each member of an options object must be. Members that are `undefined` count as left out. */
export type OptionTable<Options> = { readonly [Name in keyof Required<Options>]: MustBe }

const must =
  (words: string, is: (value: unknown) => boolean): MustBe =>
  (value) =>
    is(value) ? undefined : words

const isText = (value: unknown): value is string => typeof value === 'string' && value.trim() !== ''

export const mustBeText = must('a text that is not empty', isText)
export const mustBeBoolean = must('true or false', (value) => typeof value === 'boolean')
export const mustBeFunction = must('a function', (value) => typeof value === 'function')
export const mustBeObject = must('an object', isObject)

/** Also for what is not a number at all: neither `NaN` nor `'60'` passes. */
export function mustBeNumber(least: number, most: number, unit: string): MustBe {
  return must(
    `a number of ${unit} from ${count(least)} to ${count(most)}`,
    (value) => typeof value === 'number' && value >= least && value <= most,
  )
}

export function mustBeWhole(least: number, most: number, unit: string): MustBe {
  return must(
    `a whole number of ${unit} from ${count(least)} to ${count(most)}`,
    (value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= most,
  )
}

export function mustBeOneOf(...values: readonly string[]): MustBe {
  return must(
    values.map((value) => JSON.stringify(value)).join(' or '),
    (value) => typeof value === 'string' && values.includes(value),
  )
}

export function mustBeListOf(each: MustBe, { empty = false } = {}): MustBe {
  return (value) => {
    if (!Array.isArray(value)) return 'a list'
    if (value.length === 0) return empty ? undefined : 'a list that is not empty'
    // Not by `find`: a hole in the list is looked at too.
    for (const item of value) {
      const fault = each(item)
      if (fault !== undefined) return `a list of which each is ${fault}`
    }
    return undefined
  }
}

export function mustBeEither(...all: readonly MustBe[]): MustBe {
  return (value) => {
    const faults = all.map((one) => one(value))
    return faults.includes(undefined) ? undefined : faults.join(', or ')
  }
}

/** An object with these methods. */
export function mustHave(what: string, ...methods: readonly string[]): MustBe {
  return must(
    what,
    (value) =>
      (isObject(value) || typeof value === 'function') &&
      methods.every((name) => typeof (value as Record<string, unknown>)[name] === 'function'),
  )
}

/** An https address, or one of this machine: over http somebody on the way could change the response. */
export const mustBeAddress = must(
  'an https address without user, fragment or blanks (http for this machine only)',
  (value) => addressOf(value) !== undefined,
)

/** The exact issuer of a tenant. */
export const mustBeIssuer = must(
  'an https URL with a final slash, as Auth0 writes it (http for this machine only)',
  (value) =>
    addressOf(value) !== undefined && !(value as string).includes('?') && (value as string).endsWith('/'),
)

/** One scope (RFC 6749 section 3.3). A comma, which that section allows, shows that a list was meant. */
export const mustBeScope = must(
  'one scope, without blanks, commas or quotes',
  (value) => typeof value === 'string' && /^[\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]+$/.test(value),
)

/** What may stand between quotes in a header as it is. */
export const mustBeHeaderText = must(
  'printable ASCII without quotes and backslashes',
  (value) => isText(value) && /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/.test(value),
)

/**
 * The issuer of a domain: a host name, or the address of one as it is printed and pasted. `undefined` for what is
 * neither, and for http to another machine.
 */
export function issuerOfDomain(domain: unknown): string | undefined {
  if (typeof domain !== 'string') return undefined
  const [, scheme = 'https://', host] = /^(https?:\/\/)?([a-z0-9.:[\]-]+)\/?$/i.exec(domain) ?? []
  if (host === undefined || !HOST.test(host)) return undefined
  // Tokens hold the host in lower case.
  const issuer = `${scheme}${host}/`.toLowerCase()
  return addressOf(issuer) === undefined ? undefined : issuer
}

const HOST = /^(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[::1\])(?::\d{1,5})?$/i

/** What {@link mustBeAddress} takes. */
export function addressOf(value: unknown): URL | undefined {
  const url = webAddressOf(value)
  return url?.protocol === 'https:' || (url !== undefined && isLoopback(url.hostname)) ? url : undefined
}

/** The same, with http for any host. */
export function webAddressOf(value: unknown): URL | undefined {
  if (typeof value !== 'string' || !/^https?:\/\/[\x21-\x7e]+$/i.test(value)) return undefined
  if (/[#\\]/.test(value) || !URL.canParse(value)) return undefined
  const url = new URL(value)
  return url.username === '' && url.password === '' ? url : undefined
}

/**
 * A copy of an options object, so that nothing changes later what was looked at.
 *
 * @param of Whose options: `createVerifier`.
 * @param path Where the object is among them, with a final dot.
 * @throws {ToolkitError} `ERR_USAGE` with the name of the option at fault.
 */
export function checkedOptions<Options extends object>(
  of: string,
  given: Options,
  table: OptionTable<Options>,
  path = '',
): Options {
  const known = Object.keys(table)
  const members = membersOf(given, known)
  if (typeof members === 'string') {
    const what = path === '' ? `the options of ${of}` : `"${path.slice(0, -1)}"`
    throw usage(of, `${what} must be ${members}`)
  }
  // Nor does what is left out come from `Object.prototype`.
  const options: Record<string, unknown> = Object.create(null)
  for (const [name, value] of members) {
    if (!known.includes(name)) {
      const near = nearest(name, known)
      throw usage(of, `"${path}${name}" is no option of ${of}`, {
        hint: near === undefined ? `Its options: ${known.join(', ')}.` : `Did you mean "${path}${near}"?`,
      })
    }
    if (value === undefined) continue
    const fault = table[name as keyof Options](value)
    if (fault !== undefined) throw usage(of, `"${path}${name}" must be ${fault}`)
    options[name] = Array.isArray(value) ? [...value] : value
  }
  return options as Options
}

/**
 * The members of an options object: its own, and the known ones of its class or of another prototype, accessors
 * included. A promise, a map or another object without such members does not count as empty options. `Object.prototype`
 * does not count: whoever can write there must not choose options.
 *
 * @returns What the value must be when it is no such object, in words that follow "must be".
 */
export function membersOf(
  value: unknown,
  known: readonly string[],
): [name: string, value: unknown][] | string {
  if (!isObject(value)) return 'an object'
  const names = new Set([...Object.keys(value), ...known.filter((name) => isSaid(value, name))])
  if (names.size === 0 && !isRoot(Object.getPrototypeOf(value))) {
    const kind = Object.prototype.toString.call(value).slice(8, -1)
    return kind === 'Object' ? 'a plain object' : `a plain object, not a ${kind}`
  }
  return [...names].map((name) => [name, (value as Record<string, unknown>)[name]])
}

function isSaid(value: object, name: string): boolean {
  if (Object.hasOwn(value, name)) return true
  const prototype: object | null = Object.getPrototypeOf(value)
  return prototype !== null && !isRoot(prototype) && isSaid(prototype, name)
}

/** `null`, or the `Object.prototype` of any realm. */
function isRoot(prototype: object | null): boolean {
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** A clock that returns a time: none at all would let every time pass. */
export function checkedClock(of: string, now: () => number): () => number {
  return () => {
    const time = now()
    if (!Number.isFinite(time)) throw usage(of, '"now" must answer the time in milliseconds')
    return time
  }
}

/** @param of What was called. */
export function usage(of: string, message: string, { hint }: { hint?: string } = {}): ToolkitError {
  return new ToolkitError('ERR_USAGE', message, {
    hint: hint ?? HINTS[of] ?? `Look at the options of ${of}.`,
  })
}

const HINTS: Readonly<Record<string, string>> = {
  simulatePostLogin: 'E.g. simulatePostLogin({ actions: [enrichClaims], event: postLoginEvent() }).',
  eventFor: 'E.g. await eventFor({ user: "ada@acme.example", protocol: "oauth2-refresh-token" }, root).',
  createVerifier:
    'E.g. createVerifier({ domain: "acme.eu.auth0.com", audience: "https://orders.acme.example/" }).',
  protectedResource:
    'E.g. protectedResource({ resource: "https://orders.acme.example/", authorizationServers: ["https://acme.eu.auth0.com/"] }).',
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function count(value: number): string {
  return value.toLocaleString('en')
}
