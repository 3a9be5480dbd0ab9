import * as policy from '../../policy/index.ts'
import type { Client, ResourceServer, User } from '../entities.ts'
import { rolesOf, type TenantState } from '../state.ts'

/** An API by its identifier. */
export function findApi(state: TenantState, audience: string | undefined): ResourceServer | undefined {
  if (audience === undefined) return undefined
  for (const api of state.resourceServers.values()) if (api.identifier === audience) return api
  return undefined
}

/** Who asks, and for which API. */
export interface Asking {
  client: Client
  user: User
  audience?: string | undefined
  /** Name of the organization that the user logs in to. */
  organization?: string | undefined
}

/** What policy grants, by the tenant's state, of what was requested. */
export function grantedScopes(
  state: TenantState,
  { client, user, audience, organization }: Asking,
  requested: readonly string[],
): string[] {
  const facts = {
    application: client,
    api: findApi(state, audience),
    grants: state.clientGrants.values(),
    roles: rolesOf(state, user, organization),
  }
  return policy.grantedScopes(facts, requested)
}
