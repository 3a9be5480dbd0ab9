import type { TokenKind } from '../../../finding.ts'
import { assertScopeCount, assertString, scopeOf } from '../../arguments.ts'
import type { LoginState } from '../../login-state.ts'
import { claimMethod } from '../../shared/claim-method.ts'
import type { Area, PostLoginMethod } from '../method.ts'

export const idToken: Area = { setCustomClaim: setCustomClaim('id_token') }

export const accessToken: Area = {
  setCustomClaim: setCustomClaim('access_token'),
  addScope: {
    returns: 'nothing',
    parameters: ['scope'],
    scope: { set: 'forced', operation: 'add' },
    // The limit counts for one Action.
    run({ own }, scope) {
      const added = scopeOf(scope)
      const others = (own.scopes ?? []).filter((one) => one.operation === 'add' && one.scope !== added)
      assertScopeCount(others.length + 1)
    },
    apply: (state, _, scope) => force(state, scope, 'add'),
  },
  removeScope: {
    returns: 'nothing',
    parameters: ['scope'],
    scope: { set: 'forced', operation: 'remove' },
    run: (_, scope) => void scopeOf(scope),
    apply: (state, _, scope) => force(state, scope, 'remove'),
  },
}

function setCustomClaim(token: TokenKind): PostLoginMethod {
  return {
    ...claimMethod(token),
    // Every other name is taken here and decided about when the token is built.
    run(_, name) {
      if (name === 'scope') throw new Error('The "scope" claim cannot be set.')
      assertString('name', name)
    },
  }
}

function force(state: LoginState, given: unknown, operation: 'add' | 'remove'): void {
  const scope = String(given).trim()
  state.scopes ??= []
  const known = state.scopes.find((one) => one.scope === scope)
  if (known === undefined) state.scopes.push({ scope, operation })
  else known.operation = operation
}
