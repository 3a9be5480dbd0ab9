import type { Value } from './values.ts'
import type { Walk } from './walk.ts'

/** Clients for HTTP that wait for as long as the server does: where their options stand, and what limits the time. */
const CLIENTS: Readonly<
  Record<string, { call: number; methods: Readonly<Record<string, number>>; limits: RegExp }>
> = {
  fetch: { call: 1, methods: {}, limits: /^signal$/ },
  'require(node-fetch)': { call: 1, methods: {}, limits: /^(?:signal|timeout)$/ },
  'require(axios)': {
    call: 0,
    methods: { request: 0, get: 1, delete: 1, head: 1, options: 1, post: 2, put: 2, patch: 2 },
    limits: /^(?:signal|timeout)$/,
  },
  'require(got)': {
    call: 1,
    methods: { get: 1, post: 1, put: 1, patch: 1, delete: 1, head: 1 },
    limits: /^(?:signal|timeout)$/,
  },
  'require(request)': {
    call: 0,
    methods: { get: 0, post: 0, put: 0, patch: 0, delete: 0 },
    limits: /^timeout$/,
  },
}

/** What makes a client that has a limit, or none, for all its calls. */
const FACTORIES: Readonly<Record<string, string>> = { 'require(axios)': 'create', 'require(got)': 'extend' }

const UNLIMITED = 'unlimited '

/** A call of an HTTP client: notes one without a time limit. Returns the client that a factory makes. */
export function httpCall(
  walk: Walk,
  callee: string,
  args: readonly Value[],
  offset: number,
): Value | undefined {
  const name = callee.startsWith(UNLIMITED) ? callee.slice(UNLIMITED.length) : callee
  const cut = name.lastIndexOf('.')
  const method = name.endsWith(')') || cut === -1 ? undefined : name.slice(cut + 1)
  const library = method === undefined ? name : name.slice(0, cut)
  const client = Object.hasOwn(CLIENTS, library) ? CLIENTS[library]! : undefined
  if (client === undefined) return undefined
  if (method !== undefined && method === FACTORIES[library]) {
    return isLimited(args[0], client.limits) ? undefined : { kind: 'global', name: UNLIMITED + library }
  }
  const at = method === undefined ? client.call : client.methods[method]
  if (at === undefined || walk.racing > 0 || walk.limitedLibraries.has(library)) return undefined
  // axios(url, options) and axios(options).
  const options = args[library === 'require(axios)' && method === undefined && args.length > 1 ? 1 : at]
  const text = options?.kind === 'literal' || options?.kind === 'text'
  if (text || !isLimited(options, client.limits)) {
    walk.observe({ kind: 'http', offset, library: library.replace(/^require\((.*)\)$/, '$1') })
  }
  return undefined
}

/** Whether options set a limit, or may. */
function isLimited(options: Value | undefined, limits: RegExp): boolean {
  if (options === undefined) return false
  if (options.kind === 'literal') return options.value !== undefined
  if (options.kind !== 'record') return true
  return options.open || [...options.members.keys()].some((name) => limits.test(name))
}
