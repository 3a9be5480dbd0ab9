/** Facts about flows: in some there is nobody to ask, or nobody may be asked. */

import type { LoginState } from '../login-state.ts'
import type { KnownPart, RefusedCall, Trigger } from '../trigger.ts'
import type { TransactionProtocol } from './event.ts'

/** The parts of an event that tell the flow. */
export interface Flow {
  readonly transaction?: {
    readonly protocol?: string
    readonly prompt?: readonly string[]
    readonly actor?: object
  }
  readonly request?: { readonly query?: { readonly prompt?: unknown } }
  readonly authentication?: { readonly methods?: readonly { readonly name: string }[] }
  readonly organization?: object
}

/** Protocols without a browser that could be sent away. */
const BACK_CHANNEL: ReadonlySet<string> = new Set<TransactionProtocol>([
  'oauth2-password',
  'oauth2-refresh-token',
  'oauth2-resource-owner',
  'oauth2-webauthn',
])

/** Flows in which target scopes change nothing: SAML and WS-Fed, a push to a device, and the legacy ones. */
const WITHOUT_TARGET_SCOPES: ReadonlySet<string> = new Set<TransactionProtocol>([
  ...(['samlp', 'wsfed', 'wstrust-usernamemixed', 'oidc-ciba'] as const),
  ...(['oauth2-resource-owner', 'oauth2-resource-owner-jwt-bearer', 'oauth2-access-token'] as const),
])

/** What a login without a refresh token, and a refresh, are known to be. */
export const situations: NonNullable<Trigger['situations']> = {
  login: new Map<string, KnownPart>([
    ['event.transaction.protocol', { value: 'oidc-basic-profile' satisfies TransactionProtocol }],
    ['event.refresh_token', 'absent'],
    ['event.request.body.grant_type', 'absent'],
  ]),
  refresh: new Map<string, KnownPart>([
    ['event.transaction.protocol', { value: 'oauth2-refresh-token' satisfies TransactionProtocol }],
    ['event.refresh_token', 'present'],
    ['event.request.body.grant_type', { value: 'refresh_token' }],
    // What came to /authorize does not come to /oauth/token.
    ['event.request.query.*', 'absent'],
  ]),
}

/** Whether there is no browser to send away. */
export function isBackChannel({ transaction }: Flow): boolean {
  return BACK_CHANNEL.has(transaction?.protocol ?? '')
}

export function takesTargetScopes({ transaction }: Flow): boolean {
  return !WITHOUT_TARGET_SCOPES.has(transaction?.protocol ?? '')
}

function isSilent({ transaction, request }: Flow): boolean {
  return transaction?.prompt?.includes('none') === true || request?.query?.['prompt'] === 'none'
}

/** The refusal of a redirect that this flow cannot make; `undefined` where it can. */
export function refusedRedirect(event: Flow, { suspension }: LoginState): RefusedCall | undefined {
  if (suspension === undefined || !(isBackChannel(event) || isSilent(event))) return undefined
  return { error: 'interaction_required', call: suspension.call }
}

/** The refusal of a second factor that this flow cannot ask for; `undefined` where it can. */
export function refusedFactor(event: Flow, state: LoginState): RefusedCall | undefined {
  const silent = isSilent(event)
  if (!silent && !isBackChannel(event)) return undefined
  const call = secondFactorDemand(state, isRemembered(event))
  return call === undefined ? undefined : { error: silent ? 'login_required' : 'mfa_required', call }
}

/** Whether the Actions demand a second factor that this session has not shown. */
export function demandsFactor(event: Flow, state: LoginState): boolean {
  return secondFactorDemand(state, isRemembered(event)) !== undefined
}

/** What the user has shown in a browser says nothing of an exchange behind it. */
function isRemembered(event: Flow): boolean {
  return !isBackChannel(event) && event.authentication?.methods?.some(({ name }) => name === 'mfa') === true
}

/**
 * The place of the call that demands a second factor, which this session has not shown. A challenge always does. Of
 * several policies the last decides, since none of them acts before the end of the flow: `none` takes back what was
 * asked before it. It is content with an earlier factor unless `allowRememberBrowser` is false.
 *
 * @param remembered the session has shown one before
 */
export function secondFactorDemand({ factors = [] }: LoginState, remembered: boolean): number | undefined {
  const challenge = factors.findLast(({ kind }) => kind === 'challenge')
  if (challenge !== undefined) return challenge.call
  const policy = factors.findLast((demand) => demand.kind === 'policy')
  if (policy === undefined || policy.provider === 'none') return undefined
  return !remembered || policy.allowRememberBrowser === false ? policy.call : undefined
}

/**
 * The place of the call that makes a token exchange fail: an exchange takes no challenge, and with an actor or an
 * organization no policy either.
 */
export function factorFault(event: Flow, { factors = [] }: LoginState): number | undefined {
  const { transaction, organization } = event
  if (transaction?.protocol !== 'oauth2-token-exchange') return undefined
  const restricted = transaction.actor !== undefined || organization !== undefined
  return factors.find((demand) => demand.kind === 'challenge' || (demand.provider !== 'none' && restricted))
    ?.call
}
