import { assertScopeCount, scopeOf } from '../arguments.ts'
import type { LoginState } from '../login-state.ts'
import type { Call, Method } from '../method.ts'

interface WithTargetScopes {
  readonly transaction?: { readonly target_scopes?: readonly string[] }
}

/** What differs between the triggers that have target scopes. */
export interface TargetScopes<Event> {
  /** The set before any call, of an event that does not show it. */
  start(event: Event): readonly string[]
  /** Whether a call changes anything in this flow. @defaultValue always */
  taken?(event: Event): boolean
  /** Throws in flows that do not allow a call. */
  assertPossible?(call: Call<Event>): void
}

type ScopesChange = (current: readonly string[], argument: unknown) => readonly string[]

/** The methods of `api.transaction` that change the working set of scopes. */
export function targetScopeMethods<Event extends WithTargetScopes>(trigger: TargetScopes<Event>) {
  const changed = ({ targetScopes }: LoginState, event: Event, change: ScopesChange, argument: unknown) => {
    const current = targetScopes ?? event.transaction?.target_scopes ?? trigger.start(event)
    return [...new Set(change(current, argument))]
  }
  const method = (
    change: ScopesChange,
  ): Pick<Method<Event>, 'returns' | 'changesEvent' | 'run' | 'apply'> => ({
    returns: 'nothing',
    changesEvent: true,
    run(call, argument) {
      trigger.assertPossible?.(call)
      assertScopeCount(changed(call.own, call.event, change, argument).length)
    },
    apply(state, { event }, argument) {
      const shown = event.transaction?.target_scopes
      if (trigger.taken?.(event) !== false) state.targetScopes = changed(state, event, change, argument)
      else if (shown !== undefined) state.targetScopes = [...shown]
    },
  })
  return {
    addTargetScope: {
      ...method((current, scope) => [...current, scopeOf(scope)]),
      parameters: ['scope'],
      scope: { set: 'target', operation: 'add' },
    },
    removeTargetScope: {
      ...method((current, scope) => {
        const removed = scopeOf(scope)
        return current.filter((one) => one !== removed)
      }),
      parameters: ['scope'],
      scope: { set: 'target', operation: 'remove' },
    },
    setTargetScopes: {
      ...method((_, scopes) => scopesOf(scopes)),
      parameters: ['scopes'],
      targets: scopesOf,
    },
    clearTargetScopes: { ...method(() => []), parameters: [], targets: () => [] },
  } as const satisfies Record<string, Method<Event>>
}

function scopesOf(scopes: unknown): string[] {
  if (!Array.isArray(scopes)) throw new TypeError('The value for scopes must be an array.')
  return scopes.map(scopeOf)
}
