import type { TokenKind } from '../../finding.ts'
import { Bases } from '../../prove/index.ts'
import type { RunnableAction, Runtime } from '../../runtime/types.ts'
import { type Login, type LoginOptions, loginFor, simulateLogin } from '../../simulator/index.ts'
import type { Workspace } from '../../workspace/index.ts'
import { flagOf } from '../login-flags.ts'
import { outcomeOf } from '../simulation-output.ts'
import { type ClaimInToken, claimInToken } from './claim-in-login.ts'
import type { WritePlace } from './write-places.ts'

export interface Asked {
  workspace: Workspace
  claim: string
  actions: readonly RunnableAction[]
  runtime: Runtime
  places: readonly WritePlace[]
}

const TOKENS = ['access_token', 'id_token'] as const satisfies readonly TokenKind[]

/** What became of the claim at a login, and at the refresh after it; that is absent where there is no login. */
export interface Way {
  login: ClaimInToken[]
  refresh?: ClaimInToken[]
}

/** Runs a login, and a refresh after one that is allowed. */
export async function wayOf(login: Login, asked: Asked): Promise<Way> {
  const { actions, runtime } = asked
  const first = await simulateLogin(login, { actions, runtime })
  const found = TOKENS.map((token) => claimInToken(asked.claim, token, first, asked.places))
  if (outcomeOf(first) !== 'allowed') return { login: found }
  const second = await simulateLogin(login.refreshAfter(first.pipeline), { actions, runtime })
  return {
    login: found,
    refresh: TOKENS.map((token) => claimInToken(asked.claim, token, second, asked.places)),
  }
}

/** Of a login without the claim: what to change, and nothing else, so that it comes. */
export interface SmallestChange {
  token: TokenKind
  /** As flags of a command line. */
  flags: string[]
  change: Partial<LoginOptions>
}

/** Tries that each take a run of the Actions. */
const MOST_TRIES = 60

/**
 * For each token that lacks the claim, the first change of one part of the login that brings it: the API, the scopes, the
 * organization, the application, the user.
 */
export async function smallestChanges(
  options: LoginOptions,
  tokens: readonly TokenKind[],
  asked: Asked,
): Promise<SmallestChange[]> {
  const found: SmallestChange[] = []
  const missing = new Set(tokens)
  for (const change of changesOf(options, asked.workspace).slice(0, MOST_TRIES)) {
    if (missing.size === 0) break
    const { actions, runtime } = asked
    const simulation = await simulateLogin(loginFor(asked.workspace, { ...options, ...change }), {
      actions,
      runtime,
    })
    for (const token of [...missing]) {
      if (!claimInToken(asked.claim, token, simulation, asked.places).arrives) continue
      found.push({ token, change, flags: flagsOf(change) })
      missing.delete(token)
    }
  }
  return found
}

function changesOf(options: LoginOptions, workspace: Workspace): Partial<LoginOptions>[] {
  const { apis, clients, visitors } = new Bases(workspace)
  const others = <T extends string>(list: readonly (T | undefined)[], now: T | undefined) =>
    [...new Set(list)].filter((one): one is T => one !== undefined && one !== now)
  const organizations = others(
    visitors.map(({ organization }) => organization),
    options.organization,
  )
  const scopes = new Set(options.scope?.split(' '))
  return [
    ...others(apis, options.audience).map((audience) => ({ audience })),
    ...(options.scope === undefined || scopes.has('openid')
      ? []
      : [{ scope: `openid ${options.scope}`.trim() }]),
    ...organizations.map((organization) => ({ organization })),
    ...others(clients, options.client).map((client) => ({ client })),
    ...others(
      visitors.map(({ user }) => user),
      options.user,
    ).map((user) => ({ user })),
  ]
}

/** As they are typed. */
export function flagsOf(options: LoginOptions): string[] {
  return Object.entries(options).map(([name, value]) => `--${flagOf(name)} ${quoted(String(value))}`)
}

function quoted(text: string): string {
  return /^[\w@.:/+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

/** Logins of one fate: the same reason at the same line. */
export interface Fate {
  found: ClaimInToken
  /** At a refresh and not at the login before it. */
  atRefresh: boolean
  logins: number
  /** The first of them, as flags. */
  example: string[]
}

export interface Search {
  /** Logins that were run, of those that there are. */
  tried: number
  of: number
  fates: Fate[]
}

/** Logins that are run at most. */
const MOST_LOGINS = 120

/** Runs the ordinary logins of the workspace, each with a refresh, and sorts them by what became of the claim. */
export async function searchLogins(asked: Asked): Promise<Search> {
  const bases = new Bases(asked.workspace)
  const tried = Math.min(bases.length, MOST_LOGINS)
  const fates = new Map<string, Fate>()
  for (let step = 0; step < tried; step++) {
    const options = bases.optionsAt(Math.floor((step * bases.length) / tried))
    const { login, refresh = [] } = await wayOf(loginFor(asked.workspace, options), asked)
    const add = (found: ClaimInToken, atRefresh: boolean) => {
      const key = keyOf(found, atRefresh)
      const fate = fates.get(key)
      if (fate === undefined) fates.set(key, { found, atRefresh, logins: 1, example: flagsOf(options) })
      else fate.logins++
    }
    for (const found of login) add(found, false)
    for (const [index, found] of refresh.entries()) {
      // What is missing at the login already is said once.
      if (login[index]!.arrives && !found.arrives) add(found, true)
    }
  }
  return {
    tried,
    of: bases.length,
    fates: [...fates.values()].sort(
      (a, b) =>
        TOKENS.indexOf(a.found.token as 'id_token') - TOKENS.indexOf(b.found.token as 'id_token') ||
        Number(a.atRefresh) - Number(b.atRefresh) ||
        Number(b.found.arrives) - Number(a.found.arrives) ||
        b.logins - a.logins,
    ),
  }
}

function keyOf(found: ClaimInToken, atRefresh: boolean): string {
  const { token, at } = found
  return JSON.stringify([token, atRefresh, found.arrives ? '' : found.reason, at?.file, at?.line])
}
