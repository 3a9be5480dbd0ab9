/** Tokens that an application asks for by itself (`client_credentials`): who gets one, with which scopes, in which event. */
import type { TokenContext } from '../tokens/types.ts'
import type { CredentialsExchangeEvent } from '../triggers/credentials-exchange/event.ts'
import { accessPolicy } from './access.ts'
import type { Api, Application, ClientGrant, Organization, Refusal } from './facts.ts'
import { withoutSecrets } from './login-event.ts'
import { unknownOrganization } from './organizations.ts'
import { definedScopes, scopeNames } from './scopes.ts'
import { tokenContext } from './token-context.ts'

export interface MachineRequest {
  application: Application
  api: Api
  grants: Iterable<ClientGrant>
  /** As sent, space-separated. */
  scope?: string | undefined
  /** As sent: an id, or a name where the tenant takes names. */
  organization?: string | undefined
  findOrganization(text: string): Organization | undefined
}

export interface MachineAccess {
  /** As sent. */
  requested: string[]
  /** What was asked for, else all of the grant. */
  scopes: string[]
  /** All of the grant: Actions stay within. */
  grant: string[]
  organization?: Organization
}

/**
 * What an application gets of an API in its own name, before any Action runs.
 * Does not check whether the grant is tied to the organization.
 *
 * @see https://auth0.com/docs/get-started/applications/application-access-to-apis-client-grants
 */
export function machineAccess(request: MachineRequest): MachineAccess | Refusal {
  const { application, api } = request
  const found = [...request.grants].find(
    (one) =>
      one.client_id === application.client_id &&
      one.audience === api.identifier &&
      (one.subject_type ?? 'client') === 'client',
  )
  if (found === undefined || accessPolicy(api, 'client') === 'deny_all') {
    return {
      error: 'access_denied',
      description: `Client is not authorized to access "${api.identifier}". You need to create a "client-grant" associated to this API. See: https://auth0.com/docs/api/v2#!/Client_Grants/post_client_grants`,
    }
  }
  const organization = organizationOf(request, found)
  if (organization !== undefined && 'error' in organization) return organization
  const defined = definedScopes(api)
  const grant =
    found.allow_all_scopes === true ? defined : defined.filter((name) => found.scope?.includes(name))
  const requested = scopeNames(request.scope)
  const lacking = requested.filter((name) => !grant.includes(name))
  if (lacking.length > 0) {
    return {
      error: 'access_denied',
      description: `Client has not been granted scopes: ${lacking.join(', ')}`,
    }
  }
  return {
    requested,
    scopes: requested.length === 0 ? grant : requested,
    grant,
    ...(organization !== undefined && { organization }),
  }
}

/** The organization named, or the application's default where the grant demands one. */
function organizationOf(
  { application, organization: named, findOrganization }: MachineRequest,
  { organization_usage: usage }: ClientGrant,
): Organization | Refusal | undefined {
  const byDefault = application.default_organization
  const flows = byDefault?.flows ?? ['client_credentials']
  const own =
    usage === 'require' && flows.includes('client_credentials') ? byDefault?.organization_id : undefined
  const text = named || own
  if (!text) return usage === 'require' ? organizationRefusal('is required') : undefined
  if (usage !== 'allow' && usage !== 'require') return organizationRefusal('is not allowed')
  return findOrganization(text) ?? unknownOrganization(text)
}

function organizationRefusal(what: string): Refusal {
  return { error: 'invalid_request', description: `parameter organization ${what} for this client` }
}

export interface MachineTokenFacts {
  /** With the final slash. */
  issuer: string
  application: Application
  api: Api
  access: MachineAccess
  /** The tenant's `allow_organization_name_in_authentication_api`. */
  organizationNames: boolean
  /** Seconds since the epoch. */
  issuedAt: number
}

/** What the tenant itself puts into a machine's token: the application is its own subject. */
export function machineTokenContext({ access, application, ...facts }: MachineTokenFacts): TokenContext {
  return tokenContext({
    ...facts,
    application,
    user: { user_id: `${application.client_id}@clients` },
    scopes: access.scopes,
    roles: [],
    organization: access.organization,
    gty: 'client-credentials',
  })
}

export interface MachineEventFacts {
  tenant: string
  application: Pick<Application, 'client_id' | 'name' | 'client_metadata'>
  audience: string
  access: Omit<MachineAccess, 'grant'>
  request: CredentialsExchangeEvent['request']
}

/**
 * The event of a machine's request for a token, without `secrets`. Shares nothing with the facts.
 *
 * @see https://auth0.com/docs/actions/reference/credentials-exchange/credentials-exchange-event-object
 */
export function machineEvent(facts: MachineEventFacts): Omit<CredentialsExchangeEvent, 'secrets'> {
  const { application, access, request } = facts
  const { organization } = access
  return {
    accessToken: { customClaims: {}, scope: [...access.scopes] },
    client: {
      client_id: application.client_id,
      name: application.name,
      metadata: structuredClone(application.client_metadata ?? {}),
    },
    configuration: {},
    ...(organization !== undefined && {
      organization: {
        id: organization.id,
        name: organization.name,
        display_name: organization.display_name ?? organization.name,
        metadata: structuredClone(organization.metadata ?? {}),
      },
    }),
    request: { ...request, geoip: { ...request.geoip }, body: withoutSecrets(request.body) },
    resource_server: { identifier: facts.audience },
    tenant: { id: facts.tenant },
    transaction: { requested_scopes: [...access.requested], target_scopes: [...access.scopes] },
  }
}
