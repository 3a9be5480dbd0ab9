import type { Position, TokenKind } from '../finding.ts'
import type { RunnableAction, Runtime } from '../runtime/types.ts'
import {
  type PipelineResult,
  refreshOf,
  type SettledTokens,
  type SimulatedEvent,
  settleTokens,
  tokenContextOf,
  withTargetScopes,
} from '../simulator/index.ts'
import { withMetadata } from '../simulator/metadata.ts'
import type { TokenContext } from '../tokens/types.ts'
import { methodAt, postLogin } from '../triggers/index.ts'
import type { Workspace } from '../workspace/index.ts'
import { isTokenRefused, runToTheEnd } from './redirects.ts'

export interface RunLoginOptions {
  workspace: Workspace
  actions: readonly RunnableAction[]
  runtime: Runtime
  /** Load every module anew. */
  cold: boolean
  /** Milliseconds for all Actions together. */
  limit: number
}

/** What came of one login. */
export interface Ran {
  event: SimulatedEvent
  pipeline: PipelineResult
  context: TokenContext
  tokens: SettledTokens
  /** Why there are no tokens although nobody refused them. */
  failure?: { message: string; at?: Position; timeout: boolean }
  /** There are tokens. */
  allowed: boolean
  /** Where the login went meanwhile, in words. */
  trips: string[]
}

/** Runs the Actions on an event; scopes that the event asks for count as granted. */
export async function runLogin(event: SimulatedEvent, options: RunLoginOptions): Promise<Ran> {
  const { workspace, actions, runtime, cold, limit } = options
  const { pipeline, trips } = await runToTheEnd(event, {
    actions,
    runtime,
    cold,
    timeoutMilliseconds: limit,
  })
  const asked = tokenContextOf(event, workspace)
  const context = withTargetScopes(asked, pipeline.targetScopes)
  const tokens = settleTokens(pipeline, context)
  // Asking for what this flow cannot do is a way to refuse it.
  const refused = (pipeline.refused !== undefined && pipeline.outcome !== 'error') || isTokenRefused(pipeline)
  const failure =
    pipeline.outcome === 'error' && !refused
      ? failureOf(pipeline)
      : pipeline.outcome === 'redirect' && !refused
        ? { message: `the login does not end: it ${trips.at(-1)} again and again`, timeout: false }
        : tokens.failure !== undefined && !refused
          ? { message: `the login fails: ${tokens.failure}`, timeout: false }
          : undefined
  return {
    event,
    pipeline,
    context,
    tokens,
    ...(failure !== undefined && { failure }),
    allowed: pipeline.outcome === 'allowed' && failure === undefined && !refused,
    trips,
  }
}

function failureOf({ runs, reason = '' }: PipelineResult): NonNullable<Ran['failure']> {
  const { action = 'an Action', error } = runs.at(-1) ?? {}
  const message = `${action} fails: ${cut(reason)}`
  if (error === undefined) return { message, timeout: false }
  return {
    message,
    at: error.at,
    timeout: error.kind === 'timeout',
  }
}

/** Errors of JavaScript quote what they were given: a text of the search may be long. */
function cut(reason: string): string {
  return reason.replace(
    /(\S)\1{40,}/gu,
    (same, one: string) => `${one.repeat(8)}… (${[...same].length} times)`,
  )
}

/** Whether the tokens of this login can be refreshed. */
export function canRefresh({ allowed, event }: Ran): boolean {
  return allowed && event.transaction?.protocol !== 'oauth2-refresh-token'
}

/** The refresh of a login, once the metadata that it wrote is saved. */
export function refreshAfter({ event, pipeline, context }: Ran): SimulatedEvent {
  return refreshOf(withMetadata(event, pipeline) as SimulatedEvent, context.scopes)
}

/** Whether the login wrote to the profile. */
export function wroteMetadata({ allowed, pipeline }: Ran): boolean {
  return allowed && pipeline.commands.some(({ method }) => profilePart(method) !== undefined)
}

/** The same login once more, with the metadata saved. */
export function nextLogin({ event, pipeline }: Ran): SimulatedEvent {
  return withMetadata(event, pipeline) as SimulatedEvent
}

/** The part of the profile that a method writes. */
export function profilePart(method: string): 'app_metadata' | 'user_metadata' | undefined {
  return methodAt(postLogin, method)?.profile
}

/** All of the result that an API or an application sees, as one text. */
export function outwardResult({ pipeline, tokens, failure }: Ran): string {
  const { outcome, reason, redirect } = pipeline
  // The message of an error is for people.
  if (failure !== undefined) return `error ${failure.at?.line}:${failure.at?.column}`
  return JSON.stringify([
    outcome,
    reason,
    redirect?.url,
    tokens.accessTokenClaims,
    tokens.idTokenClaims,
    tokens.scopes,
  ])
}

/** A claim that two results of one login do not share. */
export function differentClaim(a: Ran, b: Ran): string | undefined {
  for (const token of ['accessTokenClaims', 'idTokenClaims'] as const) {
    const [one, other] = [a.tokens[token], b.tokens[token]]
    for (const claim of new Set([...Object.keys(one), ...Object.keys(other)])) {
      if (JSON.stringify(one[claim]) !== JSON.stringify(other[claim])) return claim
    }
  }
  return undefined
}

/** Whether two results of one login share this claim, in one token or in both. */
export function sameClaim(a: Ran, b: Ran, claim: string, token?: TokenKind): boolean {
  return (['access_token', 'id_token'] as const)
    .filter((kind) => token === undefined || kind === token)
    .map((kind) => (kind === 'id_token' ? 'idTokenClaims' : 'accessTokenClaims'))
    .every((part) => JSON.stringify(a.tokens[part][claim]) === JSON.stringify(b.tokens[part][claim]))
}
