import {
  apiRefusal,
  asksBeforeLogin,
  grantTypeRefusal,
  membershipRefusal,
  ORGANIZATION_REQUIRED,
  organizationAfterLogin,
  organizationUseRefusal,
  type Refusal,
  scopesRefusal,
  unknownApi,
  userRefusal,
} from '../policy/index.ts'
import type { Parties } from './login-parties.ts'
import type { WorkspaceOrganization } from './workspace-facts.ts'

/**
 * Whether a login gets as far as the Actions, and in which organization, in the order of the tenant's checks. Where
 * the tenant would ask the user for an organization, the login is refused as a silent one is: nobody can be asked.
 */
export function beforeActions(parties: Parties): {
  refused?: Refusal
  organization?: WorkspaceOrganization
} {
  const { facts, person, application, api, audience, organization, requested } = parties
  const refused =
    grantTypeRefusal(application, 'authorization_code') ??
    scopesRefusal(requested) ??
    (api === undefined
      ? audience === undefined
        ? undefined
        : unknownApi(audience)
      : apiRefusal(application, api, facts.grants)) ??
    organizationUseRefusal(application, organization !== undefined) ??
    (organization === undefined && asksBeforeLogin(application) ? ORGANIZATION_REQUIRED : undefined) ??
    userRefusal(person)
  if (refused !== undefined) return { refused, ...(organization !== undefined && { organization }) }
  if (organization !== undefined) {
    const { user_id } = person
    const isMember = person.isMemberOf(organization)
    const outside = membershipRefusal(user_id, organization, { isMember, assigned: organization.assigns })
    return { organization, ...(outside !== undefined && { refused: outside }) }
  }
  const memberships = facts.organizations.filter((one) => person.isMemberOf(one))
  const next = organizationAfterLogin(application, memberships)
  if (next === 'ask') return { refused: ORGANIZATION_REQUIRED }
  return 'refused' in next || next.organization === undefined
    ? 'refused' in next
      ? { refused: next.refused }
      : {}
    : { organization: next.organization }
}
