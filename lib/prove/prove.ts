import { customClaimsBytes } from '../claims/index.ts'
import { type Contract, undeclaredClaims } from '../contract/index.ts'
import type { RunnableAction, Runtime } from '../runtime/types.ts'
import {
  loginFor,
  runPostLogin,
  type SimulatedEvent,
  settleTokens,
  tokenContextOf,
} from '../simulator/index.ts'
import type { Workspace } from '../workspace/index.ts'
import { type Twist, twistsFor } from './twists.ts'

export interface ProveOptions {
  workspace: Workspace
  /** The bound Actions as they ship, in binding order. */
  actions: readonly RunnableAction[]
  runtime: Runtime
  contracts: readonly Contract[]
  /** Logins to try. @defaultValue 500 */
  runs?: number
  /** The same seed tries the same logins. @defaultValue 1 */
  seed?: number
}

export type PropertyName =
  | 'no-throw'
  | 'contract-holds'
  | 'only-declared-claims'
  | 'every-write-arrives'
  | 'within-budget'
  | 'no-secret-in-tokens'
  | 'deterministic'

/** The smallest login found that breaks a property. */
export interface Counterexample {
  property: PropertyName
  /** What went wrong, in one sentence; no value of a secret. */
  message: string
  claim?: string
  /** Who logs in and how; ordinary otherwise. */
  story: string[]
  /** For `claims simulate --event`. */
  event: SimulatedEvent
}

export interface Proof {
  /** Logins that were tried, shrinking not counted. */
  runs: number
  seed: number
  /** One for each property and claim. */
  counterexamples: Counterexample[]
}

interface Login {
  base: Base
  twists: readonly Twist[]
}

interface Base {
  story: string
  event: SimulatedEvent
}

interface Violation {
  property: PropertyName
  message: string
  claim?: string
}

/**
 * Searches for logins that break an Action or a contract: every user, application, API and organization of the
 * workspace, first each with one twist, then with several at once by chance. What is found is shrunk to the
 * fewest twists. A denied login breaks nothing.
 *
 * No counterexample means that none of these logins has one, not that there is none. Does not look at time, at
 * the order of logins, or at what a refresh changes.
 */
export async function prove(options: ProveOptions): Promise<Proof> {
  const { workspace, runs = 500, seed = 1 } = options
  const bases = basesOf(workspace)
  const twists = twistsFor(metadataKeys(workspace))
  const random = mulberry32(seed)
  const found = new Map<string, Counterexample>()
  let count = 0
  for (const login of logins(bases, twists, random)) {
    if (count >= runs) break
    count++
    const violations = await violationsOf(login, options, count % 10 === 0)
    for (const violation of violations) {
      const key = keyOf(violation)
      if (found.has(key)) continue
      const { base, twists: left } = await shrunk(login, key, bases, options)
      const again = (await violationsOf({ base, twists: left }, options, true)).find(
        (one) => keyOf(one) === key,
      )
      found.set(key, {
        ...(again ?? violation),
        story: [base.story, ...left.map(({ story }) => story)],
        event: eventOf({ base, twists: left }),
      })
    }
  }
  return { runs: count, seed, counterexamples: [...found.values()] }
}

function* logins(bases: readonly Base[], twists: readonly Twist[], random: () => number): Generator<Login> {
  for (const base of bases) yield { base, twists: [] }
  for (const one of twists) yield { base: bases[Math.floor(random() * bases.length)]!, twists: [one] }
  for (;;) {
    const base = bases[Math.floor(random() * bases.length)]!
    const count = 1 + Math.floor(random() * 4)
    const chosen = Array.from({ length: count }, () => twists[Math.floor(random() * twists.length)]!)
    yield { base, twists: [...new Set(chosen)] }
  }
}

/** Fewer twists, then the plainest base, as long as the same thing goes wrong. */
async function shrunk(
  login: Login,
  key: string,
  bases: readonly Base[],
  options: ProveOptions,
): Promise<Login> {
  const breaks = async (candidate: Login) =>
    (await violationsOf(candidate, options, true)).some((violation) => keyOf(violation) === key)
  let current = login
  for (const one of login.twists) {
    const fewer = { ...current, twists: current.twists.filter((other) => other !== one) }
    if (await breaks(fewer)) current = fewer
  }
  for (const base of bases) {
    if (base === current.base) break
    if (await breaks({ ...current, base })) return { ...current, base }
  }
  return current
}

/** The login did not ask for the token that the claim was set on. */
const WITHOUT_TOKEN: ReadonlySet<string> = new Set(['claims/opaque-access-token', 'claims/no-id-token'])

async function violationsOf(login: Login, options: ProveOptions, twice: boolean): Promise<Violation[]> {
  const { contracts, actions } = options
  const first = await tokensOf(login, options)
  if ('error' in first) return [{ property: 'no-throw', message: first.error }]
  if (first.denied) return []
  const { tokens, api } = first
  const violations: Violation[] = []
  for (const { verdict, claim, reason, rule } of tokens.writes) {
    if (rule !== undefined && WITHOUT_TOKEN.has(rule)) continue
    if (verdict === 'dropped' || verdict === 'refused') {
      violations.push({
        property: 'every-write-arrives',
        message: `${claim} is ${verdict}: ${reason ?? ''}`,
        claim,
      })
    }
  }
  for (const [payload, custom, contract] of [
    [
      tokens.accessToken,
      tokens.accessTokenClaims,
      contracts.find(({ token, audience }) => token === 'access_token' && audience === api),
    ],
    [tokens.idToken, tokens.idTokenClaims, contracts.find(({ token }) => token === 'id_token')],
  ] as const) {
    if (payload === undefined || contract === undefined) continue
    for (const { claim, message } of contract.validate(payload)) {
      violations.push({
        property: 'contract-holds',
        message: `${contract.title}: ${claim ?? 'the payload'} ${message}`,
        ...(claim === undefined ? {} : { claim }),
      })
    }
    for (const claim of undeclaredClaims(contract, custom)) {
      violations.push({
        property: 'only-declared-claims',
        message: `${contract.title} does not describe ${claim}`,
        claim,
      })
    }
    const bytes = customClaimsBytes(custom)
    if (contract.maxBytes !== undefined && bytes > contract.maxBytes) {
      violations.push({
        property: 'within-budget',
        message: `${contract.title}: the claims take ${bytes} bytes, "maxBytes" is ${contract.maxBytes}`,
      })
    }
  }
  const text = JSON.stringify([tokens.accessTokenClaims, tokens.idTokenClaims])
  for (const action of actions) {
    for (const [name, value] of Object.entries(action.secrets)) {
      // Shorter ones are found by chance.
      if (value.length < 8 || !text.includes(JSON.stringify(value).slice(1, -1))) continue
      violations.push({
        property: 'no-secret-in-tokens',
        message: `the secret ${name} of ${action.name} is in a token`,
      })
    }
  }
  if (twice) {
    const again = await tokensOf(login, options)
    const same =
      'tokens' in again &&
      JSON.stringify([again.tokens.accessTokenClaims, again.tokens.idTokenClaims]) === text
    if (!same)
      violations.push({
        property: 'deterministic',
        message: 'the same login gives other claims the second time',
      })
  }
  return violations
}

async function tokensOf(login: Login, { workspace, actions, runtime }: ProveOptions) {
  const event = eventOf(login)
  const pipeline = await runPostLogin({ actions, event, runtime })
  if (pipeline.outcome === 'error') {
    const at = pipeline.runs.at(-1)?.error?.at
    const place = at === undefined ? '' : ` at ${at.file}:${at.line}:${at.column}`
    return { error: `${pipeline.runs.at(-1)?.action ?? 'an Action'} fails${place}: ${pipeline.reason ?? ''}` }
  }
  // To ask for what this flow cannot do is a way to refuse it.
  if (pipeline.outcome !== 'allowed' || pipeline.refused !== undefined) return { denied: true as const }
  const context = tokenContextOf(event, workspace)
  const scopes = pipeline.targetScopes ?? context.scopes
  const tokens = settleTokens(pipeline, { ...context, scopes })
  if (tokens.failure !== undefined) return { error: `the login fails: ${tokens.failure}` }
  return { denied: false as const, tokens, api: context.api?.identifier }
}

function eventOf({ base, twists }: Login): SimulatedEvent {
  const event = structuredClone(base.event)
  for (const one of twists) one.apply(event)
  return event
}

function basesOf(workspace: Workspace): Base[] {
  const users = workspace.local?.users.map(({ email }) => email) ?? [undefined]
  const clients = workspace.tenant.clients?.map((client) => String(client['name'])) ?? [undefined]
  const apis = workspace.tenant.resourceServers?.map((api) => String(api['identifier'])) ?? [undefined]
  const bases: Base[] = []
  for (const user of users) {
    const organizations =
      workspace.local?.organizations
        ?.filter(({ members }) => members.some((member) => member.user === user))
        .map(({ name }) => name) ?? []
    for (const organization of [undefined, ...organizations]) {
      for (const client of clients) {
        for (const audience of apis) {
          const { event } = loginFor(workspace, {
            ...(user === undefined ? {} : { user }),
            ...(client === undefined ? {} : { client }),
            ...(audience === undefined ? {} : { audience }),
            ...(organization === undefined ? {} : { organization }),
          })
          const to = organization === undefined ? '' : ` to ${organization}`
          const story = `${user ?? 'a user'} logs in${to} with ${client ?? 'an application'}`
          bases.push({ story: `${story}${audience === undefined ? '' : ` for ${audience}`}`, event })
        }
      }
    }
  }
  return bases
}

function metadataKeys(workspace: Workspace) {
  const keysOf = (kind: 'app_metadata' | 'user_metadata') => [
    ...new Set((workspace.local?.users ?? []).flatMap((user) => Object.keys(user[kind] ?? {}))),
  ]
  return { app_metadata: keysOf('app_metadata'), user_metadata: keysOf('user_metadata') }
}

function keyOf({ property, claim }: Violation): string {
  return `${property} ${claim ?? ''}`
}

/** A small generator of numbers in [0, 1) whose sequence the seed decides. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
