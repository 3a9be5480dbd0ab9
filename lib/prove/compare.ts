import type { TokenKind } from '../finding.ts'
import type { RunnableAction, Runtime } from '../runtime/types.ts'
import type { SimulatedEvent } from '../simulator/index.ts'
import type { Workspace } from '../workspace/index.ts'
import { type Ran, runLogin } from './run-login.ts'
import { withoutPositions } from './runtimes.ts'

export interface CompareOptions {
  workspace: Workspace
  /** The bound Actions, before and now. */
  before: readonly RunnableAction[]
  now: readonly RunnableAction[]
  runtime: Runtime
  /** For the Actions of before, when they are not to share a process with those of now. @defaultValue `runtime` */
  runtimeBefore?: Runtime
}

/** What a login gives now that it did not give before. */
export interface LoginChange {
  /** Place of the event, counted from 0. */
  index: number
  /** Set when it ended in another way. */
  outcome?: { before: string; now: string }
  /** Claims that Actions set, and scopes, with both values; absent values are left out. */
  claims: { token: TokenKind; claim: string; before?: unknown; now?: unknown }[]
}

/** Events that are run at once. */
const SLICE = 32
const TIME_LIMIT = 20_000

/** Runs each event through two chains of Actions, on fresh modules, and says which logins differ. */
export async function compareChains(
  events: readonly SimulatedEvent[],
  { workspace, before, now, runtime, runtimeBefore = runtime }: CompareOptions,
): Promise<LoginChange[]> {
  const runAll = (some: readonly SimulatedEvent[], actions: readonly RunnableAction[], on: Runtime) =>
    Promise.all(
      some.map((event) =>
        runLogin(event, { workspace, actions, runtime: on, cold: true, limit: TIME_LIMIT }),
      ),
    )
  const [then, quick] = [withoutPositions(runtimeBefore), withoutPositions(runtime)]
  const changes: LoginChange[] = []
  for (let start = 0; start < events.length; start += SLICE) {
    const some = events.slice(start, start + SLICE)
    const [old, current] = [await runAll(some, before, then), await runAll(some, now, quick)]
    for (const [place, ran] of current.entries()) {
      const change = changeOf(old[place]!, ran)
      if (change !== undefined) changes.push({ index: start + place, ...change })
    }
  }
  return changes
}

function changeOf(before: Ran, now: Ran): Omit<LoginChange, 'index'> | undefined {
  const outcome = { before: outcomeOf(before), now: outcomeOf(now) }
  if (outcome.before !== outcome.now) return { outcome, claims: [] }
  if (!now.allowed) return undefined
  const claims = (['access_token', 'id_token'] as const).flatMap((token) => {
    const [a, b] = [claimsOf(before, token), claimsOf(now, token)]
    return [...new Set([...Object.keys(a), ...Object.keys(b)])]
      .filter((claim) => JSON.stringify(a[claim]) !== JSON.stringify(b[claim]))
      .map((claim) => ({
        token,
        claim,
        ...(claim in a && { before: a[claim] }),
        ...(claim in b && { now: b[claim] }),
      }))
  })
  return claims.length === 0 ? undefined : { claims }
}

function claimsOf({ tokens }: Ran, token: TokenKind): Record<string, unknown> {
  if (token === 'id_token') return tokens.idTokenClaims
  const { scope } = tokens.accessToken ?? {}
  return { ...tokens.accessTokenClaims, ...(scope !== undefined && { scope }) }
}

function outcomeOf({ pipeline, failure, tokens, allowed }: Ran): string {
  if (failure !== undefined) return `fails: ${failure.message}`
  if (allowed) return 'allowed'
  const reason = pipeline.reason ?? tokens.failure
  return reason === undefined ? pipeline.outcome : `${pipeline.outcome}: ${reason}`
}
