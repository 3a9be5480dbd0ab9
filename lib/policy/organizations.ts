import type { Application, Organization, Refusal } from './facts.ts'

/**
 * Whether the application takes part in organizations as the request wants it. Does not look the organization up.
 *
 * @see https://auth0.com/docs/manage-users/organizations/configure-organizations/define-organization-behavior
 */
export function organizationUseRefusal(application: Application, asked: boolean): Refusal | undefined {
  const usage = application.organization_usage ?? 'deny'
  if (asked) {
    return usage === 'deny' ? invalid('parameter organization is not allowed for this client') : undefined
  }
  const behavior = application.organization_require_behavior ?? 'no_prompt'
  return usage === 'require' && behavior === 'no_prompt'
    ? invalid('parameter organization is required for this client')
    : undefined
}

export function unknownOrganization(text: string): Refusal {
  return invalid(`parameter organization is invalid: ${text}`)
}

/** Whether the user is asked for an organization before anything else. */
export function asksBeforeLogin(application: Application): boolean {
  return (
    application.organization_usage === 'require' &&
    application.organization_require_behavior === 'pre_login_prompt'
  )
}

/**
 * The organization that a login continues in when it named none, once the user is known: none, one, or one that the
 * user has to choose.
 */
export function organizationAfterLogin<O extends Organization>(
  application: Application,
  memberships: readonly O[],
): { organization: O | undefined } | { refused: Refusal } | 'ask' {
  const { organization_usage: usage, organization_require_behavior: behavior } = application
  if (usage !== 'require' || behavior !== 'post_login_prompt') return { organization: undefined }
  if (memberships.length === 0) {
    return {
      refused: invalid(
        'client requires organization membership, but user does not belong to any organization',
      ),
    }
  }
  return memberships.length === 1 ? { organization: memberships[0] } : 'ask'
}

/** The error of a login that needs an organization and may not ask for it. */
export const ORGANIZATION_REQUIRED: Refusal = {
  error: 'interaction_required',
  description: 'Organization required',
}

export interface Membership {
  isMember: boolean
  /** The connection that the user logs in with takes whoever logs in into the organization. */
  assigned: boolean
}

export function membershipRefusal(
  userId: string,
  organization: Organization,
  { isMember, assigned }: Membership,
): Refusal | undefined {
  return isMember || assigned
    ? undefined
    : {
        error: 'access_denied',
        description: `user ${userId} is not part of the ${organization.id} organization`,
      }
}

/**
 * The names of the roles that count in a login, each once: in an organization those of the membership alone, none for
 * who is no member yet; else the user's own. Does not look the roles up.
 *
 * @param login `membership` is read only with `inOrganization`
 * @see https://auth0.com/docs/customize/extensions/delegated-administration-extension
 */
export function roleNamesIn(
  user: { roles?: readonly string[] | undefined },
  login: { inOrganization: boolean; membership?: { roles?: readonly string[] | undefined } | undefined },
): string[] {
  const { roles = [] } = login.inOrganization ? (login.membership ?? {}) : user
  return [...new Set(roles)]
}

function invalid(description: string): Refusal {
  return { error: 'invalid_request', description }
}
