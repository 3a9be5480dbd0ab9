import { inspect, isDeepStrictEqual } from 'node:util'
import type { MockResponse } from '../runtime/network.ts'
import type { PipelineResult, SettledTokens } from './types.ts'

type SimulationResult = Pick<PipelineResult, 'outcome' | 'reason' | 'redirect'> &
  Pick<SettledTokens, 'idToken' | 'accessToken' | 'scopes' | 'writes'> & {
    unusedResponses?: readonly MockResponse[]
  }

/** `actual` and `expected` are for the runner, which shows how they differ. */
interface Verdict {
  pass: boolean
  message: () => string
  actual?: unknown
  expected?: unknown
}

/**
 * Matchers for `expect.extend(claimMatchers)` of vitest and jest, on the result of `simulatePostLogin`. A failure shows
 * what was expected and what was found, the outcome, and the trace of all writes. It shows values only of the claims
 * that the test asks for.
 */
export const claimMatchers = forResults({
  /** The access token has the claim; with a value, that very value. */
  toHaveAccessTokenClaim: (result: SimulationResult, claim: string, ...value: unknown[]): Verdict =>
    hasClaim(result, 'access token', result.accessToken, claim, value),

  /** The ID token has the claim; with a value, that very value. */
  toHaveIdTokenClaim: (result: SimulationResult, claim: string, ...value: unknown[]): Verdict =>
    hasClaim(result, 'ID token', result.idToken, claim, value),

  /** A write of the claim was dropped or refused; with a rule, by that rule. */
  toHaveDroppedClaim(result: SimulationResult, claim: string, rule?: string): Verdict {
    const own = result.writes.filter((write) => write.claim === claim)
    const lost = own.filter(({ verdict }) => verdict === 'dropped' || verdict === 'refused')
    const verdicts = own.map(({ verdict, token, rule: by }) => [verdict, token, by].filter(Boolean).join(' '))
    return verdict(result, {
      pass: lost.some((write) => rule === undefined || write.rule === rule),
      expected: `${claim} dropped${rule === undefined ? '' : ` by ${rule}`}`,
      actual: verdicts.length === 0 ? `nobody writes ${claim}` : verdicts.join(', '),
    })
  },

  /** The login was denied; with a reason, for that reason. */
  toHaveBeenDenied: (result: SimulationResult, reason?: string): Verdict =>
    ended(result, 'denied', reason, result.reason === reason),

  /** The access token has the scope; for a login that goes through. */
  toHaveScope: (result: SimulationResult, scope: string): Verdict =>
    verdict(result, {
      pass: result.outcome === 'allowed' && result.scopes.includes(scope),
      expected: `the scope ${scope}`,
      actual:
        result.outcome === 'allowed'
          ? `scopes: ${result.scopes.join(' ') || 'none'}`
          : `no tokens: ${outcomeOf(result)}`,
    }),

  /** The browser is sent away; with an address, to that one, whatever its query. */
  toHaveRedirected(result: SimulationResult, address?: string): Verdict {
    const to = result.redirect?.url.split(/[?#]/, 1)[0]
    return verdict(result, {
      pass: result.outcome === 'redirect' && (address === undefined || to === address),
      expected: `redirect${address === undefined ? '' : ` to ${address}`}`,
      actual: result.outcome === 'redirect' ? `redirect to ${to}` : outcomeOf(result),
    })
  },

  /** An Action failed, or asked for what the flow cannot do; with a text, with that in its reason. */
  toHaveFailed: (result: SimulationResult, reason?: string): Verdict =>
    ended(result, 'error', reason, reason !== undefined && result.reason?.includes(reason) === true),

  /** The login goes through. */
  toHaveBeenAllowed: (result: SimulationResult): Verdict => ended(result, 'allowed', undefined, true),

  /** Every one of `network.responses` has answered a request. */
  toHaveUsedAllResponses(result: SimulationResult): Verdict {
    const { unusedResponses } = result
    const left = unusedResponses?.map(({ url = 'one for any address' }) => url)
    return verdict(result, {
      pass: left?.length === 0,
      expected: 'no response unused',
      actual: left === undefined ? 'the run was given no responses' : `unused: ${left.join(', ') || 'none'}`,
    })
  },
})

/** Says what is wrong where the value is no result, also behind `not`. */
function forResults<M extends Record<string, (result: SimulationResult, ...args: never[]) => Verdict>>(
  matchers: M,
): M {
  const guarded = Object.entries(matchers).map(([name, matcher]) => [
    name,
    (result: SimulationResult, ...args: never[]) => {
      assertResult(result, name)
      return matcher(result, ...args)
    },
  ])
  return Object.fromEntries(guarded) as M
}

function assertResult(result: unknown, matcher: string): void {
  if (result instanceof Promise) {
    throw new Error(`${matcher} got a promise: await simulatePostLogin(...) before it`)
  }
  const { outcome, writes } = (result ?? {}) as Partial<SimulationResult>
  if (typeof outcome === 'string' && Array.isArray(writes)) return
  throw new Error(
    `${matcher} is about a result of simulatePostLogin, and got ${inspect(result, { depth: 0 })}`,
  )
}

function ended(
  result: SimulationResult,
  outcome: SimulationResult['outcome'],
  reason: string | undefined,
  fits: boolean,
): Verdict {
  return verdict(result, {
    pass: result.outcome === outcome && (reason === undefined || fits),
    expected: `${outcome}${reason === undefined ? '' : ` (${reason})`}`,
    actual: outcomeOf(result),
  })
}

function outcomeOf({ outcome, reason }: SimulationResult): string {
  return `${outcome}${reason === undefined ? '' : ` (${reason})`}`
}

interface Comparison {
  pass: boolean
  /** In words. */
  expected: string
  actual: string
  /** For the runner's own difference of values. */
  values?: { expected: unknown; actual: unknown }
}

function verdict(result: SimulationResult, { pass, expected, actual, values }: Comparison): Verdict {
  return {
    pass,
    message: () => `expected${pass ? ' not' : ''}: ${expected}\nactual:   ${actual}\n${trace(result)}`,
    ...values,
  }
}

function hasClaim(
  result: SimulationResult,
  token: string,
  payload: Readonly<Record<string, unknown>> | undefined,
  claim: string,
  value: readonly unknown[],
): Verdict {
  const has = result.outcome === 'allowed' && payload !== undefined && Object.hasOwn(payload, claim)
  const [wanted] = value
  const compared = value.length > 0
  const there = has ? payload[claim] : undefined
  const nothing =
    result.outcome !== 'allowed' ? 'no tokens' : payload === undefined ? `no ${token}` : 'not there'
  return verdict(result, {
    pass: has && (!compared || isDeepStrictEqual(there, wanted)),
    expected: `${claim} in the ${token}${compared ? `: ${shown(wanted)}` : ''}`,
    actual: has ? shown(there) : nothing,
    ...(has && compared && { values: { expected: wanted, actual: there } }),
  })
}

function shown(value: unknown): string {
  return inspect(value, { depth: 6, maxStringLength: 500, breakLength: 100 })
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
  toHaveUsedAllResponses(): R
}
