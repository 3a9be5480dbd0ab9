/** What is known of a login by now: read from the state each time, since users and organizations may change meanwhile. */
import { UNKNOWN_PRIMARY_USER } from '../../policy/index.ts'
import type { TenantContext } from '../context.ts'
import type { Organization, User } from '../entities.ts'
import { LOGIN_PAGES } from '../pages/login-pages.ts'
import { primaryUserOf } from './actions.ts'
import { CallbackError, refusedAtCallback } from './errors.ts'
import { grantedScopes } from './scopes.ts'
import type { Transaction } from './store.ts'
import { clientOf } from './transactions.ts'

/** Who logs in. @throws {CallbackError} for a user who was deleted meanwhile. */
export function userOf({ state }: TenantContext, { user_id = '' }: Transaction): User {
  const user = state.users.get(user_id)
  if (user === undefined) throw refusedAtCallback(LOGIN_PAGES.login.instead)
  return user
}

export function organizationOf(
  { state }: TenantContext,
  { organization }: Transaction,
): Organization | undefined {
  return organization === undefined ? undefined : state.organizations.get(organization)
}

/** The user that the login continues as once the Actions have run. @throws {CallbackError} for one who does not exist. */
export function continuedOf(context: TenantContext, transaction: Transaction): User {
  const user = userOf(context, transaction)
  const { pipeline } = transaction
  const continued = pipeline === undefined ? user : primaryUserOf(context.state, user, pipeline)
  if (continued === undefined) throw new CallbackError('access_denied', UNKNOWN_PRIMARY_USER)
  return continued
}

/** What is granted, and shown for consent. */
export function scopesOf(context: TenantContext, transaction: Transaction): string[] {
  const { request, pipeline } = transaction
  const asking = {
    client: clientOf(context, transaction),
    user: continuedOf(context, transaction),
    audience: request.audience,
    organization: organizationOf(context, transaction)?.name,
  }
  return grantedScopes(context.state, asking, pipeline?.targetScopes ?? request.requested_scopes)
}

/** Where the consent of a login's user is kept: one grant for each app, API and organization. */
export function consentKey({ user_id, request, organization }: Transaction): string {
  const { client_id, audience = null } = request
  return JSON.stringify([user_id, client_id, audience, organization ?? null])
}
