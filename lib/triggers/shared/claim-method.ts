import type { TokenKind } from '../../finding.ts'
import { setOwn } from '../../json.ts'
import { isUndefined } from '../arguments.ts'
import type { Method } from '../method.ts'

/** `setCustomClaim` of a token. Checks nothing: which names the call refuses is up to the trigger. */
export function claimMethod(token: TokenKind) {
  return {
    returns: 'api',
    parameters: ['name', 'value'],
    claim: token,
    apply(state, _, name, value) {
      state.claims ??= {}
      state.claims[token] ??= {}
      const claims = state.claims[token]
      if (isUndefined(value)) delete claims[String(name)]
      else setOwn(claims, String(name), value)
    },
  } as const satisfies Method<unknown>
}
