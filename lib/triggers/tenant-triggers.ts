import { credentialsExchange } from './credentials-exchange/index.ts'
import { postLogin } from './post-login/index.ts'

/** A trigger that a tenant has, whether it is described here or not. */
export interface KnownTrigger {
  readonly id: string
  /** The newest version. */
  readonly version: string
  /** An older version whose Actions may be bound as those of the newest. */
  readonly compatible?: string
}

/**
 * Names of handlers of triggers that are not described here.
 *
 * @see https://auth0.com/docs/customize/actions/explore-triggers
 */
export const OTHER_HANDLERS: readonly string[] = [
  'onExecutePreUserRegistration',
  'onExecutePostUserRegistration',
  'onExecutePostChangePassword',
  'onExecutePostChallenge',
  'onContinuePostChallenge',
  'onExecuteSendPhoneMessage',
  'onExecuteCustomTokenExchange',
  'onExecuteCustomEmailProvider',
  'onExecuteCustomPhoneProvider',
  'onExecuteEventStream',
]

/** Every trigger of a tenant, in the order of `GET /api/v2/actions/triggers`. */
export const TENANT_TRIGGERS: readonly KnownTrigger[] = [
  { id: postLogin.id, version: postLogin.version, compatible: 'v2' },
  { id: credentialsExchange.id, version: credentialsExchange.version },
  { id: 'pre-user-registration', version: 'v2' },
  { id: 'post-user-registration', version: 'v2' },
  { id: 'post-change-password', version: 'v2' },
  { id: 'send-phone-message', version: 'v2' },
  { id: 'password-reset-post-challenge', version: 'v1' },
  { id: 'custom-token-exchange', version: 'v1' },
  { id: 'custom-email-provider', version: 'v1' },
  { id: 'custom-phone-provider', version: 'v1' },
  { id: 'event-stream', version: 'v1' },
  { id: 'login-post-identifier', version: 'v1' },
  { id: 'mcp-tool', version: 'v1' },
  { id: 'password-hash-migration', version: 'v1' },
  { id: 'signup-post-identifier', version: 'v1' },
]

/** Handlers whose names are not those of their triggers. */
const NAMED_OTHERWISE: Readonly<Record<string, string>> = {
  [postLogin.handlers.resume]: postLogin.id,
  onExecutePostChallenge: 'password-reset-post-challenge',
  onContinuePostChallenge: 'password-reset-post-challenge',
}

/** The trigger of a handler, such as `onExecutePreUserRegistration`; `undefined` for another name. */
export function triggerOfHandlerName(name: string): KnownTrigger | undefined {
  const id = Object.hasOwn(NAMED_OTHERWISE, name)
    ? NAMED_OTHERWISE[name]
    : TENANT_TRIGGERS.find((trigger) => name === `onExecute${pascal(trigger.id)}`)?.id
  return TENANT_TRIGGERS.find((trigger) => trigger.id === id)
}

/** `pre-user-registration` → PreUserRegistration. */
function pascal(id: string): string {
  return id
    .split('-')
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join('')
}
