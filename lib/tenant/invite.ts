import { ToolkitError } from '../errors.ts'
import { type Store, secret } from './authentication/store.ts'
import type { TenantContext } from './context.ts'
import { isEmailAddress } from './users.ts'

const WEEK = 7 * 24 * 60 * 60 * 1000

/**
 * Makes an invitation and says what the app sends on to `/authorize`.
 *
 * @throws {ToolkitError} `ERR_USAGE` for an organization or a role that does not exist, and for what is no address.
 */
export function invite(
  { state, clock }: TenantContext,
  store: Store,
  name: string,
  email: string,
  roles: readonly string[],
): { invitation: string; organization: string } {
  const organization = [...state.organizations.values()].find((one) => one.id === name || one.name === name)
  if (organization === undefined) {
    throw new ToolkitError('ERR_USAGE', `the tenant has no organization "${name}"`)
  }
  if (!isEmailAddress(email)) throw new ToolkitError('ERR_USAGE', `"${email}" is no e-mail address`)
  const known = new Set([...state.roles.values()].map((role) => role.name))
  const missing = roles.find((role) => !known.has(role))
  if (missing !== undefined) throw new ToolkitError('ERR_USAGE', `the tenant has no role "${missing}"`)
  const invitation = secret()
  const entry = { organization: organization.name, email, roles: [...roles], used: false }
  store.invitations.set(invitation, entry, clock().getTime() + WEEK)
  return { invitation, organization: organization.id }
}
