import type { LoginState } from '../login-state.ts'
import type { Trigger } from '../trigger.ts'
import type { CredentialsExchangeEvent } from './event.ts'
import { eventShape } from './event-shape.ts'
import { methods } from './methods.ts'

const NOBODY = 'An application asks for this token by itself: there is no user, no login and no session.'

/**
 * Runs at each request of an application for a token of its own (`client_credentials`), before it is made.
 *
 * @see https://auth0.com/docs/customize/actions/explore-triggers/credentials-exchange
 */
export const credentialsExchange = {
  id: 'credentials-exchange',
  version: 'v2',
  handlers: { execute: 'onExecuteCredentialsExchange' },
  execution: 'token request',
  subject: 'application',
  tokens: ['access_token'],
  pages: {
    api: 'https://auth0.com/docs/actions/reference/credentials-exchange/credentials-exchange-api-object',
    event: 'https://auth0.com/docs/actions/reference/credentials-exchange/credentials-exchange-event-object',
  },
  eventShape,
  methods,
  elsewhere: [
    [
      /scopes?$/i,
      'Scopes are changed with api.transaction.addTargetScope(...) and its siblings, within the client grant.',
    ],
    [/claims?$/i, 'There is one token, the access token: api.accessToken.setCustomClaim(...).'],
    [/^(?:log|debug|info|warn|error)$/i, 'Write to the log with the console object.'],
    [/^(?:fetch|request|get|post|http)$/i, 'Call other systems with fetch(...), and a time limit.'],
    [/metadata$|^(?:user|session|redirect|authentication|multifactor)$/i, NOBODY],
  ],
  instead: Object.fromEntries(
    ['user', 'session', 'connection', 'authentication', 'authorization', 'stats', 'refresh_token'].map(
      (member) => [`event.${member}`, NOBODY],
    ),
  ),
  setters: [['event.transaction.target_scopes', 'api.transaction.setTargetScopes([…])']],
  show,
} as const satisfies Trigger

function show(event: CredentialsExchangeEvent, { targetScopes }: LoginState): void {
  if (targetScopes !== undefined)
    event.transaction = { ...event.transaction, target_scopes: [...targetScopes] }
}
