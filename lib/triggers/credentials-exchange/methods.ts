import type { Method, Methods } from '../method.ts'
import { cache } from '../shared/cache.ts'
import { claimMethod } from '../shared/claim-method.ts'
import { targetScopeMethods } from '../shared/target-scopes.ts'
import type { CredentialsExchangeEvent } from './event.ts'

const DENY_CODES = ['invalid_scope', 'invalid_request', 'server_error']

const deny: Method<CredentialsExchangeEvent> = {
  returns: 'api',
  parameters: ['code', 'reason?'],
  denies: true,
  record: (code, reason) => (typeof reason === 'string' ? [code, reason] : [code]),
  // Auth0's own code takes any text; what an unknown code comes to is not documented.
  doubt: doubtedCode,
  apply(state, { call }, code, reason) {
    state.denial ??= { call, code: String(code), reason: String(reason ?? '') }
  },
}

function doubtedCode(code: unknown, reason: unknown) {
  if (DENY_CODES.includes(code as string)) return undefined
  const text = `the code comes first, and is "${DENY_CODES.slice(0, -1).join('", "')}" or "${DENY_CODES.at(-1)}"`
  return {
    text: reason === undefined ? `${text}; the reason comes second` : text,
    hint: 'What another code comes to is not documented.',
  }
}

/**
 * Everything that its `api` has.
 *
 * @see https://auth0.com/docs/actions/reference/credentials-exchange/credentials-exchange-api-object
 */
export const methods = {
  access: { deny },
  accessToken: { setCustomClaim: claimMethod('access_token') },
  cache,
  transaction: targetScopeMethods<CredentialsExchangeEvent>({
    start: ({ accessToken }) => accessToken.scope,
  }),
} satisfies Methods<CredentialsExchangeEvent>
