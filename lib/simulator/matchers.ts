import { isDeepStrictEqual } from 'node:util'
import type { PipelineResult, SettledTokens } from './types.ts'

type SimulationResult = Pick<PipelineResult, 'outcome' | 'reason' | 'redirect'> &
  Pick<SettledTokens, 'idToken' | 'accessToken' | 'scopes' | 'writes'>

interface Verdict {
  pass: boolean
  message: () => string
}

/**
 * Matchers for `expect.extend(claimMatchers)` of vitest and jest, on the result of `simulatePostLogin`. A failure
 * shows the outcome and the trace of all writes, without values.
 */
export const claimMatchers = {
  /** The access token has the claim; with a value, that very value. */
  toHaveAccessTokenClaim: (result: SimulationResult, claim: string, ...value: unknown[]): Verdict =>
    hasClaim(result, 'access token', result.accessToken, claim, value),

  /** The ID token has the claim; with a value, that very value. */
  toHaveIdTokenClaim: (result: SimulationResult, claim: string, ...value: unknown[]): Verdict =>
    hasClaim(result, 'ID token', result.idToken, claim, value),

  /** A write of the claim was dropped or refused; with a rule, by that rule. */
  toHaveDroppedClaim: (result: SimulationResult, claim: string, rule?: string): Verdict => ({
    pass: result.writes.some(
      (write) =>
        write.claim === claim &&
        (write.verdict === 'dropped' || write.verdict === 'refused') &&
        (rule === undefined || write.rule === rule),
    ),
    message: () => `${claim} dropped${rule === undefined ? '' : ` by ${rule}`}?\n${trace(result)}`,
  }),

  /** The login was denied; with a reason, for that reason. */
  toHaveBeenDenied: (result: SimulationResult, reason?: string): Verdict => ({
    pass: result.outcome === 'denied' && (reason === undefined || result.reason === reason),
    message: () => `denied${reason === undefined ? '' : ` with "${reason}"`}?\n${trace(result)}`,
  }),

  /** The access token has the scope; for a login that goes through. */
  toHaveScope: (result: SimulationResult, scope: string): Verdict => ({
    pass: result.outcome === 'allowed' && result.scopes.includes(scope),
    message: () => `scope ${scope}? ${result.scopes.join(' ') || 'none'}\n${trace(result)}`,
  }),

  /** The browser is sent away; with an address, to that one, whatever its query. */
  toHaveRedirected: (result: SimulationResult, address?: string): Verdict => ({
    pass:
      result.outcome === 'redirect' &&
      (address === undefined || result.redirect?.url.split(/[?#]/, 1)[0] === address),
    message: () => `redirected${address === undefined ? '' : ` to ${address}`}?\n${trace(result)}`,
  }),

  /** An Action failed, or asked for what the flow cannot do; with a text, with that in its reason. */
  toHaveFailed: (result: SimulationResult, reason?: string): Verdict => ({
    pass: result.outcome === 'error' && (reason === undefined || result.reason?.includes(reason) === true),
    message: () => `failed${reason === undefined ? '' : ` with "${reason}"`}?\n${trace(result)}`,
  }),

  /** The login goes through. */
  toHaveBeenAllowed: (result: SimulationResult): Verdict => ({
    pass: result.outcome === 'allowed',
    message: () => `allowed?\n${trace(result)}`,
  }),
}

function hasClaim(
  result: SimulationResult,
  token: string,
  payload: Readonly<Record<string, unknown>> | undefined,
  claim: string,
  value: readonly unknown[],
): Verdict {
  const has = result.outcome === 'allowed' && payload !== undefined && Object.hasOwn(payload, claim)
  return {
    pass: has && (value.length === 0 || isDeepStrictEqual(payload[claim], value[0])),
    message: () =>
      `${claim} in the ${token}${value.length === 0 ? '' : ' with this value'}? ${has ? 'It is there.' : 'It is not there.'}\n${trace(result)}`,
  }
}

function trace({ outcome, reason, writes }: SimulationResult): string {
  const lines = writes.map(
    ({ at, verdict, token, claim, rule, reason: why }) =>
      `  ${at.file}:${at.line}:${at.column} ${verdict} ${token} ${claim}${rule === undefined ? '' : ` ${rule}`}${why === undefined ? '' : `: ${why}`}`,
  )
  const head = `outcome: ${outcome}${reason === undefined ? '' : ` (${reason})`}`
  return [head, lines.length === 0 ? 'no writes' : 'writes:', ...lines].join('\n')
}

/** For the type of `expect` in a suite: `declare module 'vitest' { interface Matchers<T> extends ClaimMatchers {} }`. */
export interface ClaimMatchers<R = void> {
  toHaveAccessTokenClaim(claim: string, value?: unknown): R
  toHaveIdTokenClaim(claim: string, value?: unknown): R
  toHaveDroppedClaim(claim: string, rule?: string): R
  toHaveBeenDenied(reason?: string): R
  toHaveScope(scope: string): R
  toHaveRedirected(address?: string): R
  toHaveFailed(reason?: string): R
  toHaveBeenAllowed(): R
}
