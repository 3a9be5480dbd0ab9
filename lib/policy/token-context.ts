import type { TokenContext, TokenDialect, TokenUser } from '../tokens/types.ts'
import { isThirdParty } from './applications.ts'
import type { Api, Application, Organization, Role } from './facts.ts'
import { accessTokenLifetime, idTokenLifetime } from './lifetimes.ts'
import { definedScopes, permissionsOf } from './scopes.ts'

export interface TokenFacts {
  /** With the final slash. */
  issuer: string
  user: TokenUser
  application: Application
  /** The API asked for; without one the access token is opaque. */
  api?: Api | undefined
  /** Granted: see `grantedScopes`. */
  scopes: readonly string[]
  /** That count in this login: see `roleNamesIn`. */
  roles: readonly Role[]
  organization?: Organization | undefined
  /** The tenant's `allow_organization_name_in_authentication_api`. */
  organizationNames: boolean
  sessionId?: string | undefined
  nonce?: string | undefined
  /** Seconds since the epoch. */
  authTime?: number | undefined
  gty?: string | undefined
  /** A second factor was shown in this login. */
  secondFactor?: boolean | undefined
  /** Seconds since the epoch. */
  issuedAt: number
}

/** Everything that decides what the tenant itself puts into the tokens of a user. */
export function tokenContext(facts: TokenFacts): TokenContext {
  const { application, api, organization } = facts
  return {
    issuer: facts.issuer,
    user: facts.user,
    client: { client_id: application.client_id, thirdParty: isThirdParty(application) },
    scopes: facts.scopes,
    issuedAt: facts.issuedAt,
    idTokenLifetime: idTokenLifetime(application),
    ...(api !== undefined && {
      api: {
        identifier: api.identifier,
        token_dialect: dialectOf(api),
        signing_alg: api.signing_alg ?? 'RS256',
        token_lifetime: accessTokenLifetime(application, api),
        scopes: definedScopes(api),
      },
      permissions: permissionsOf(facts.roles, api),
    }),
    ...(organization !== undefined && {
      organization: {
        id: organization.id,
        name: organization.name,
        includeName: facts.organizationNames,
      },
    }),
    ...(facts.sessionId !== undefined && { sessionId: facts.sessionId }),
    ...(facts.nonce !== undefined && { nonce: facts.nonce }),
    ...(facts.authTime !== undefined && { authTime: facts.authTime }),
    ...(facts.gty !== undefined && { gty: facts.gty }),
    ...(facts.secondFactor !== undefined && { secondFactor: facts.secondFactor }),
  }
}

/** Permissions are in the token only with RBAC on. */
function dialectOf({ token_dialect = 'access_token', enforce_policies }: Api): TokenDialect {
  return enforce_policies === true ? token_dialect : (token_dialect.replace(/_authz$/, '') as TokenDialect)
}
