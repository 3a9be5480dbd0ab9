import type { Refusal } from '../policy/index.ts'
import type { RunnableAction, Runtime } from '../runtime/types.ts'
import type { TokenContext } from '../tokens/types.ts'
import { postLogin } from '../triggers/index.ts'
import type { Login } from './login.ts'
import { runTrigger } from './run-trigger.ts'
import { settleTokens } from './settle-tokens.ts'
import { traceScopes } from './trace-scopes.ts'
import type { PipelineResult, SettledTokens, TracedScope } from './types.ts'

/** One login: what the Actions did, and the tokens that come of it. */
export interface Simulation {
  pipeline: PipelineResult
  tokens: SettledTokens
  scopeTrace: TracedScope[]
  /** What the tokens were made from; absent for a login that the tenant refuses before any Action. */
  context?: TokenContext
}

/** Runs a login through the Actions; one that the tenant refuses before runs none. */
export async function simulateLogin(
  login: Login,
  { actions, runtime }: { actions: readonly RunnableAction[]; runtime: Runtime },
): Promise<Simulation> {
  if (login.refused !== undefined) return refusedLogin(login.refused)
  const pipeline = await runTrigger(postLogin, { actions, event: login.event, runtime })
  const context = login.contextAfter(pipeline)
  const tokens = settleTokens(pipeline, context)
  const scopeTrace = traceScopes(pipeline, context, { event: login.event, tokens })
  return { pipeline, tokens, scopeTrace, context }
}

function refusedLogin({ error, description }: Refusal): Simulation {
  const nothing = { writes: [], runs: [] }
  return {
    pipeline: {
      ...nothing,
      outcome: 'denied',
      reason: description,
      commands: [],
      state: {},
      scopes: { add: [], remove: [] },
      userMetadata: {},
      appMetadata: {},
    },
    tokens: { writes: [], scopes: [], findings: [], idTokenClaims: {}, accessTokenClaims: {}, error },
    scopeTrace: [],
  }
}
