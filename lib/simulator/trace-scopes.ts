import type { ScopeRefusal } from '../policy/index.ts'
import type { TokenContext } from '../tokens/types.ts'
import { methodAt, postLogin } from '../triggers/index.ts'
import { takesTargetScopes } from '../triggers/post-login/flows.ts'
import type { SimulatedEvent } from '../triggers/post-login/ordinary-login.ts'
import { DISCARDED } from './judge-writes.ts'
import { type RunRuleId, runRules } from './run-rules.ts'
import { ignoredScope } from './settle-tokens.ts'
import type { PipelineResult, RecordedCommand, SettledTokens, TracedScope } from './types.ts'

/** A call that adds or removes a scope, as a target scope or by force. */
interface Change extends Pick<TracedScope, 'by' | 'action' | 'at' | 'operation' | 'scope'> {
  set: 'forced' | 'target'
  threw?: string
}

type Fate = Pick<TracedScope, 'verdict' | 'rule' | 'reason' | 'hint' | 'source'>

/**
 * What became of each scope that the application asked for, and of each call of an Action for one, in their order:
 * exactly one verdict each. A call that names several scopes stands there once for each that it changes.
 *
 * @param context as the tokens were made from it
 */
export function traceScopes(
  { commands, outcome }: Pick<PipelineResult, 'commands' | 'outcome'>,
  context: TokenContext,
  { event, tokens }: { event: SimulatedEvent; tokens: Pick<SettledTokens, 'scopes' | 'failure'> },
): TracedScope[] {
  const changes = changesOf(commands, event)
  const traced: TracedScope[] = []
  const next = new Map<string, Change>()
  // Force wins in any order.
  const forced = new Map<string, Change>()
  for (const change of changes) {
    if (change.set === 'forced' && counts(change, context, event)) forced.set(change.scope, change)
  }
  for (const change of changes.toReversed()) {
    const { set, threw, ...own } = change
    const later = next.get(`${set} ${change.scope}`)
    const fate = ((): Fate => {
      if (threw !== undefined) return { verdict: 'refused', reason: threw, source: postLogin.pages.api }
      if (outcome !== 'allowed') return { verdict: 'discarded', reason: DISCARDED[outcome] }
      if (tokens.failure !== undefined) return { verdict: 'discarded', reason: tokens.failure }
      const ignored = ignoredFate(change, context, event)
      if (ignored !== undefined) return ignored
      if (later !== undefined && later.operation !== change.operation) return overwrittenBy(later)
      return set === 'forced' ? { verdict: 'kept' } : targetFate(change, context, forced.get(change.scope))
    })()
    traced.push({ ...own, ...fate })
    if (later === undefined && counts(change, context, event)) next.set(`${set} ${change.scope}`, change)
  }
  return traced.reverse()
}

function counts(change: Change, context: TokenContext, event: SimulatedEvent): boolean {
  return change.threw === undefined && ignoredFate(change, context, event) === undefined
}

function ignoredFate(
  { set, by, operation }: Change,
  context: TokenContext,
  event: SimulatedEvent,
): Fate | undefined {
  if (set === 'forced') {
    const ignored = ignoredScope(operation, context)
    return (
      ignored && {
        verdict: 'dropped',
        rule: 'scopes/ignored',
        ...ignored,
        source: runRules['scopes/ignored'].source,
      }
    )
  }
  if (by === REQUEST || takesTargetScopes(event)) return undefined
  const reason = `Auth0 ignores target scopes in a login by "${event.transaction?.protocol}".`
  return {
    verdict: 'dropped',
    rule: 'scopes/no-target-scopes',
    reason,
    source: runRules['scopes/no-target-scopes'].source,
  }
}

/** Of the target scopes policy grants some; what is forced comes after that. */
function targetFate({ operation, scope }: Change, context: TokenContext, forced: Change | undefined): Fate {
  const granted = operation === 'remove' || context.scopes.includes(scope)
  if (granted) {
    return forced === undefined || forced.operation === operation
      ? { verdict: 'kept' }
      : overwrittenBy(forced)
  }
  // The token has it all the same.
  if (forced?.operation === 'add') return overwrittenBy(forced)
  const refused = context.refusedScopes?.find((one) => one.scope === scope)?.refusal as
    | ScopeRefusal
    | undefined
  if (refused === undefined) return { verdict: 'dropped', reason: 'It is not granted.' }
  const rule: RunRuleId = `scopes/${refused}`
  return {
    verdict: 'dropped',
    rule,
    reason: reasonOf(refused, scope, context),
    source: runRules[rule].source,
  }
}

function reasonOf(refusal: ScopeRefusal, scope: string, { api }: TokenContext): string {
  const commas = scope.includes(',') ? ' Scopes have blanks between them, no commas.' : ''
  const named = `"${api?.identifier}"`
  switch (refusal) {
    case 'not-defined':
      return api === undefined ? 'No API was asked for.' : `The API ${named} does not define it.${commas}`
    case 'no-client-grant':
      return `The application's grant for ${named} does not have it.`
    case 'not-permitted':
      return `No role of the user permits it for ${named}, which enforces RBAC.`
    case 'no-refresh':
      return 'The application may not refresh, or the API does not allow offline access.'
    case 'third-party':
      return 'Applications of somebody else (third-party) do not get it.'
  }
}

function overwrittenBy({ by, action, at }: Change): Fate {
  const place = at === undefined ? '' : ` (${at.file}:${at.line})`
  return { verdict: 'overwritten', reason: `${by} of "${action}"${place} decides.` }
}

const REQUEST = 'request'

function changesOf(commands: readonly RecordedCommand[], event: SimulatedEvent): Change[] {
  const { target_scopes, requested_scopes } = event.transaction ?? {}
  const asked = target_scopes ?? requested_scopes ?? []
  const changes: Change[] = asked.map((scope) => ({ by: REQUEST, operation: 'add', scope, set: 'target' }))
  const current = new Set(asked)
  for (const command of commands) {
    for (const change of changesBy(command, current)) {
      changes.push(change)
      if (change.set !== 'target' || change.threw !== undefined) continue
      if (change.operation === 'add') current.add(change.scope)
      else current.delete(change.scope)
    }
  }
  return changes
}

function changesBy(
  { method, args, at, action, threw }: RecordedCommand,
  current: ReadonlySet<string>,
): Change[] {
  const entry = methodAt(postLogin, method)
  const call = { by: method, action, at, ...(threw !== undefined && { threw }) }
  const [given] = args
  if (entry?.scope !== undefined) {
    const scope = typeof given === 'string' ? given.trim() : JSON.stringify(given)
    return [{ ...call, ...entry.scope, scope }]
  }
  if (entry?.targets === undefined) return []
  if (threw !== undefined) return [{ ...call, set: 'target', operation: 'add', scope: JSON.stringify(given) }]
  const wanted = new Set(entry.targets(...args))
  const removed = [...current].filter((scope) => !wanted.has(scope))
  return [
    ...[...wanted].map((scope) => ({ ...call, set: 'target', operation: 'add', scope }) as const),
    ...removed.map((scope) => ({ ...call, set: 'target', operation: 'remove', scope }) as const),
  ]
}
