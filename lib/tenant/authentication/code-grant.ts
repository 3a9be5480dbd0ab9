import { createHash } from 'node:crypto'
import type { Client } from '../entities.ts'
import type { AuthorizationRequest } from './authorization-request.ts'
import { OAuthError } from './errors.ts'
import { type Answer, type Exchange, failure, invalid, required } from './exchange.ts'
import { type Authentication, addressOf } from './http.ts'
import type { UsedCode, UsedRequest } from './store.ts'
import { signedTokens } from './tokens.ts'

/** `grant_type=authorization_code`. */
export async function exchangeCode({ auth, client, params, c }: Exchange): Promise<Answer> {
  const { context, store } = auth
  const code = required(params, 'code')
  const grant = store.codes.get(code)
  if (grant === undefined || grant.request.client_id !== client.client_id) {
    revokeReplayed(auth, client, params)
    context.record(failure('feacft', 'Invalid authorization code', client, c))
    throw new OAuthError(403, 'invalid_grant', 'Invalid authorization code')
  }
  assertRedirectUri(grant.request, params.get('redirect_uri') || undefined)
  const fault = verifierFault(grant.request.code_challenge, params.get('code_verifier') || undefined)
  if (fault !== undefined) {
    context.record(failure('feacft', fault.message, client, c))
    throw fault
  }
  // One step, before anything is awaited: of two exchanges at once one gets the tokens.
  store.codes.delete(code)
  const used: UsedCode = { request: usedRequest(grant.request) }
  store.usedCodes.set(ownCopy(code), used, context.clock().getTime() + 10 * 60 * 1000)

  if (context.state.users.get(grant.user_id) === undefined) {
    throw new OAuthError(403, 'invalid_grant', 'Invalid authorization code')
  }
  const answer: Answer = { ...(await signedTokens(context, grant.context, grant.tokens, client)) }
  if (grant.context.scopes.includes('offline_access') && used.revoked !== true) {
    const { refreshToken: ordered } = grant
    const given = {
      user_id: grant.user_id,
      session_id: grant.session_id,
      scopes: [...grant.context.scopes],
      ...(grant.organization !== undefined && { organization: grant.organization }),
      ...(grant.request.audience !== undefined && { audience: grant.request.audience }),
      ...(ordered?.metadata !== undefined && { metadata: { ...ordered.metadata } }),
    }
    const { family, token: refresh_token } = store.refreshTokens.issue(client, given, ordered)
    used.family = family.id
    answer.refresh_token = refresh_token
  }
  context.record({
    type: 'seacft',
    description: 'Authorization code for access token',
    client_id: client.client_id,
    client_name: client.name,
    user_id: grant.user_id,
    ip: addressOf(c),
  })
  return answer
}

function usedRequest({ client_id, redirect_uri, redirect_uri_sent, code_challenge }: AuthorizationRequest) {
  const challenge = code_challenge === undefined ? {} : { code_challenge }
  return ownCopy<UsedRequest>({ client_id, redirect_uri, redirect_uri_sent, ...challenge })
}

/** With texts of its own: a part of a query or of a body keeps the whole of it in memory. */
function ownCopy<T>(json: T): T {
  return JSON.parse(JSON.stringify(json))
}

/**
 * A code that comes again may be stolen: what it gave ends. Only in a request that would have been good the first time:
 * a code without its verifier, such as one from a log, ends nothing, whether it comes before the right one or after.
 *
 * @see OAuth 2.1 section 4.1.3, "a second valid token request"; RFC 6749 section 4.1.2 leaves it open
 */
function revokeReplayed({ store }: Authentication, client: Client, params: URLSearchParams): void {
  const used = store.usedCodes.get(required(params, 'code'))
  if (used?.request.client_id !== client.client_id) return
  if (!isRedirectUri(used.request, params.get('redirect_uri') || undefined)) return
  const verifier = params.get('code_verifier') || undefined
  if (verifierFault(used.request.code_challenge, verifier) !== undefined) return
  used.revoked = true
  if (used.family !== undefined) store.refreshTokens.revoke(used.family)
}

type RedirectOfCode = Pick<AuthorizationRequest, 'redirect_uri' | 'redirect_uri_sent'>

function isRedirectUri(request: RedirectOfCode, sent: string | undefined): boolean {
  return sent === undefined ? !request.redirect_uri_sent : sent === request.redirect_uri
}

function assertRedirectUri(request: RedirectOfCode, sent: string | undefined): void {
  if (isRedirectUri(request, sent)) return
  const shown = (address: string | undefined) => {
    try {
      const { origin, protocol, host } = new URL(address ?? '')
      return origin === 'null' ? `${protocol}//${host}` : origin
    } catch {
      return String(address)
    }
  }
  throw new OAuthError(
    403,
    'unauthorized_client',
    `The redirect URI is wrong. You sent ${shown(sent)}, and we expected ${shown(request.redirect_uri)}`,
  )
}

/** @see RFC 7636 section 4.6 */
function verifierFault(challenge: string | undefined, verifier: string | undefined): OAuthError | undefined {
  if (challenge === undefined && verifier === undefined) return undefined
  if (verifier === undefined) return invalid("Parameter 'code_verifier' is required")
  const fits =
    challenge !== undefined &&
    /^[A-Za-z0-9\-._~]{43,128}$/.test(verifier) &&
    createHash('sha256').update(verifier).digest('base64url') === challenge
  return fits ? undefined : new OAuthError(403, 'invalid_grant', 'Failed to verify code verifier')
}
