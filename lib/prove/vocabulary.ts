import fc from 'fast-check'
import { attackOn } from '../contract/pattern-cost.ts'
import type { RunnableAction } from '../runtime/types.ts'
import { handlersOf, nameOf as methodName, methodsWith, postLogin } from '../triggers/index.ts'
import { entitiesOf, type Workspace } from '../workspace/index.ts'
import { type Node, ownPlaces, treeOf, walk } from './code.ts'
import type { FreePart } from './free-parts.ts'
import { type Literal, readCode } from './read-code.ts'

export interface Member {
  part: FreePart
  /** E.g. `['preferences', 'language']`. */
  path: string[]
}

/** What logins of a workspace are made of. In each list what the Actions' own sources say comes first. */
export interface Vocabulary {
  /** Members of the free parts that users have or Actions read. */
  members: Member[]
  /** Short texts that stand in the Actions: what they compare with. */
  texts: string[]
  /** Whole numbers that stand in the Actions' own sources: their limits. */
  numbers: number[]
  /** Names of members that the Actions' own sources read of anything: what objects in lists may have. */
  names: string[]
  /** What the Actions compare a place of the event with, by its path below `event`. */
  compared: ReadonlyMap<string, readonly Literal[]>
  /** What the Actions' own sources ask texts to begin with. */
  starts: string[]
  /** Texts that begin so, or that a pattern of theirs matches. */
  shapes: string[]
  /** Audiences that the Actions name and the tenant does not have. */
  audiences: string[]
  /** Texts that take a pattern of the Actions practically for ever. */
  attacks: string[]
  /** Names of roles of the tenant. */
  roles: string[]
  /** Scopes of all APIs. */
  scopes: string[]
  /** Whether the Actions may look at something of this name. */
  mentions(name: string): boolean
  /** How much of what the Actions say was too much to try. */
  leftOut: { members: number; texts: number }
}

/** Of any value: nobody keeps data under these names. */
const METHODS = new Set(
  [Object, Array, String, Number].flatMap(({ prototype }) => Object.getOwnPropertyNames(prototype)),
)

/** At most; a bundle may hold a whole library. */
const MOST = 80
const MOST_NAMES = 12
const MOST_NUMBERS = 12
/** The analysis of a pattern takes up to seconds. */
const MOST_PATTERNS = 12
/** Names of Auth0's own in every Action: an object of a list has others. */
const AUTH0_NAMES: ReadonlySet<string> = new Set([
  ...(
    'user event api client organization connection request authorization authentication transaction session stats ' +
    'resource_server identifier secrets app_metadata user_metadata metadata accessToken idToken access ' +
    'exports module roles methods geoip query body strategy protocol logins_count'
  ).split(' '),
  ...handlersOf(postLogin),
  ...methodsWith(
    postLogin,
    ({ claim, scope, profile, denies }) =>
      claim !== undefined || scope?.set === 'forced' || profile !== undefined || denies === true,
  ).map(methodName),
])

/** Reads the names and texts that Actions look for, so that the search does not have to guess them. */
export function vocabularyOf(workspace: Workspace, actions: readonly RunnableAction[]): Vocabulary {
  const { tenant, local } = workspace
  const own = { members: new Map<string, Member>(), texts: new Set<string>() }
  const bundled = { members: new Map<string, Member>(), texts: new Set<string>() }
  const add = (into: typeof own, part: FreePart, path: string[]) => {
    if (path.length > 0 && !path.some((name) => METHODS.has(name)))
      into.members.set([part, ...path].join('\0'), { part, path })
  }
  const numbers = new Set<number>()
  const names = new Set<string>()
  const patterns = new Map<string, { source: string; flags: string }>()
  const compared = new Map<string, Set<Literal>>()
  const starts = new Set<string>()
  const walked = new Set<FreePart>()
  const computed = new Set<FreePart>()

  for (const action of actions) {
    const tree = treeOf(action.code)
    const placeOf = ownPlaces(action)
    const isOwn = (node: Node) => placeOf(node) !== undefined
    const whose = (node: Node) => (isOwn(node) ? own : bundled)
    readCode(tree, {
      member: (part, path, node) => add(whose(node), part, path),
      computed: (part, node) => {
        if (isOwn(node)) computed.add(part)
      },
      walked: (part, node) => {
        if (isOwn(node)) walked.add(part)
      },
      compared: (name, value, node) => {
        if (!isOwn(node)) return
        const values = compared.get(afterEvent(name)) ?? new Set()
        compared.set(afterEvent(name), values.add(value))
      },
      start: (text, node) => {
        if (isOwn(node) && text.length > 0 && text.length <= 80) starts.add(text)
      },
    })
    walk(tree, (node) => {
      const text = wordOf(node)
      if (text !== undefined && isWord(text)) whose(node).texts.add(text)
      if (!isOwn(node)) return
      if (isLimit(node['value'])) numbers.add(node['value'])
      const pattern = patternOf(node)
      if (pattern !== undefined) patterns.set(`${pattern.source}/${pattern.flags}`, pattern)
      const name = nameOf(node)
      if (name !== undefined && !METHODS.has(name) && !AUTH0_NAMES.has(name)) names.add(name)
    })
  }

  for (const user of local?.users ?? []) {
    for (const key of Object.keys(user.app_metadata ?? {})) add(own, 'user.app_metadata', [key])
    for (const key of Object.keys(user.user_metadata ?? {})) add(own, 'user.user_metadata', [key])
  }
  // A name that only a run knows is one of the Action's words, or the name of an entity of the tenant.
  const words = [...[...own.texts].slice(0, 24), ...namesIn(workspace).slice(0, 12)]
  for (const part of computed) for (const word of words) add(own, part, [word])
  for (const part of walked) {
    for (const word of [...[...starts].map((start) => `${start}x`), ...[...own.texts].slice(0, 8)])
      add(own, part, [word])
  }
  // Whoever walks over metadata meets what others keep there.
  for (const part of ['user.app_metadata', 'user.user_metadata'] as const) {
    if (actions.some(({ code }) => code.includes(part.slice('user.'.length)))) add(own, part, ['other'])
  }
  const members = [...new Map([...own.members, ...bundled.members]).values()]
  const texts = [...new Set([...own.texts, ...bundled.texts])]
  const { resourceServers = [], roles = [] } = entitiesOf(tenant)
  const apis = resourceServers.map(({ identifier }) => identifier)
  return {
    members: members.slice(0, MOST),
    texts: texts.slice(0, MOST),
    numbers: [...numbers].slice(0, MOST_NUMBERS),
    names: [...names].slice(0, MOST_NAMES),
    compared: new Map([...compared].map(([name, values]) => [name, [...values]])),
    starts: [...starts].slice(0, MOST_NAMES),
    shapes: shapesOf([...starts].slice(0, MOST_NAMES), [...patterns.values()].slice(0, MOST_PATTERNS)),
    audiences: [...own.texts].filter((text) => isAudience(text) && !apis.includes(text)).slice(0, MOST_NAMES),
    attacks: [...patterns.values()]
      .slice(0, MOST_PATTERNS)
      .flatMap(({ source, flags }) => attackOn(source, flags) ?? []),
    roles: roles.map(({ name }) => name),
    scopes: resourceServers.flatMap(({ scopes = [] }) => scopes.map(({ value }) => value)),
    mentions: (name) => actions.some(({ code }) => code.includes(name)),
    leftOut: {
      members: Math.max(0, members.length - MOST),
      texts: Math.max(0, texts.length - MOST),
    },
  }
}

function isWord(text: string): boolean {
  return (/^[\w .:@/,+|-]{1,80}$/.test(text) || /^[!-~]{1,40}$/.test(text)) && !METHODS.has(text)
}

/** Texts of a shape that the code asks for. */
function shapesOf(
  starts: readonly string[],
  patterns: readonly { source: string; flags: string }[],
): string[] {
  const matching = patterns.flatMap(({ source, flags }) => {
    // `(a{999}){999}` is a text of a million.
    if (/\{\d{3}/.test(source)) return []
    try {
      const texts = fc.stringMatching(new RegExp(source, flags.replace(/[gy]/g, '')), { size: '-1' })
      return fc.sample(texts, { seed: 1, numRuns: 3 }).filter((text) => text.length <= 200)
    } catch {
      // Not all that a pattern may have can be turned round.
      return []
    }
  })
  return [...new Set([...starts.map((start) => `${start}x`), ...matching])].filter((text) => text !== '')
}

function isAudience(text: string): boolean {
  return /^(?:https?:\/\/\S+|urn:\S+)$/.test(text)
}

function isLimit(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 2 && (value as number) <= 1_000_000
}

/** A text, or a name in a table of the Action's own. */
function wordOf(node: Node): string | undefined {
  if (node.type === 'Literal') return typeof node['value'] === 'string' ? node['value'] : undefined
  if (node.type === 'TemplateElement') return node['value'].cooked ?? undefined
  if (node.type !== 'Property' || node['computed'] === true || node['method'] === true) return undefined
  return node['key'].type === 'Identifier' && node['shorthand'] !== true ? node['key'].name : undefined
}

function nameOf(node: Node): string | undefined {
  return node.type === 'MemberExpression' && node['computed'] === false ? node['property'].name : undefined
}

function patternOf(node: Node): { source: string; flags: string } | undefined {
  if (node.type === 'Literal' && typeof node['regex'] === 'object')
    return { source: node['regex'].pattern, flags: node['regex'].flags }
  if (node.type !== 'NewExpression' || node['callee'].name !== 'RegExp') return undefined
  const [source, flags] = node['arguments'] as Node[]
  if (typeof source?.['value'] !== 'string') return undefined
  return { source: source['value'], flags: typeof flags?.['value'] === 'string' ? flags['value'] : '' }
}

/** `event.client.name` and `ev.client.name` alike. */
function afterEvent(name: string): string {
  return name.replace(/^(?:event|ev|e)\./, '')
}

/** Names of the tenant's own entities: Actions look members up by these. */
function namesIn({ tenant }: Workspace): string[] {
  const { organizations = [], clients = [], roles = [], resourceServers = [] } = entitiesOf(tenant)
  return [
    ...[...organizations, ...clients, ...roles].map(({ name }) => name),
    ...resourceServers.map(({ identifier }) => identifier),
  ]
}
