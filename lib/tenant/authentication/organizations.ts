import { membershipRefusal, unknownOrganization } from '../../policy/index.ts'
import type { Organization, User } from '../entities.ts'
import { DATABASE_CONNECTION, type TenantState } from '../state.ts'
import { assertAllowed, CallbackError, refusedAtCallback } from './errors.ts'
import type { Invitation } from './store.ts'

/** Organizations that a user belongs to. */
export function membershipsOf(state: TenantState, user: User): Organization[] {
  return [...state.organizations.values()].filter((organization) => isMember(state, user, organization))
}

function isMember(state: TenantState, user: User, organization: Organization): boolean {
  return state.memberships.some(
    (membership) => membership.organization === organization.name && membership.user_id === user.user_id,
  )
}

/**
 * The user belongs to the organization, joins it by an invitation, or is taken in because its connection
 * assigns membership on login.
 *
 * @throws {CallbackError} as Auth0 words it.
 */
export function assertMembership(
  state: TenantState,
  user: User,
  id: string,
  invitation: Invitation | undefined,
  ticket: string | undefined,
): void {
  const organization = state.organizations.get(id)
  if (organization === undefined) throw refusedAtCallback(unknownOrganization(id))
  if (ticket !== undefined) {
    acceptInvitation(state, user, organization, invitation)
    return
  }
  if (isMember(state, user, organization)) return
  const connection = [...state.connections.values()].find(({ name }) => name === DATABASE_CONNECTION)
  const enabled = organization.enabled_connections.find(
    ({ connection_id }) => connection_id === connection?.id,
  )
  const assigned = enabled?.assign_membership_on_login === true
  assertAllowed(membershipRefusal(user.user_id, organization, { isMember: false, assigned }))
  state.memberships.push({ organization: organization.name, user_id: user.user_id, roles: [] })
}

function acceptInvitation(
  state: TenantState,
  user: User,
  organization: Organization,
  invitation: Invitation | undefined,
): void {
  if (invitation === undefined || invitation.organization !== organization.name) {
    throw new CallbackError(
      'invalid_request',
      'invalid_user_invitation_ticket: ticket is invalid or has expired',
    )
  }
  if (invitation.used) {
    throw new CallbackError('invalid_request', 'invalid_user_invitation_ticket: ticket has already been used')
  }
  // Used up by the wrong account too.
  invitation.used = true
  if (invitation.email.toLowerCase() !== user.email.toLowerCase()) {
    throw new CallbackError(
      'access_denied',
      'the specified account is not allowed to accept the current invitation',
    )
  }
  if (isMember(state, user, organization)) return
  state.memberships.push({
    organization: organization.name,
    user_id: user.user_id,
    roles: [...invitation.roles],
  })
}
