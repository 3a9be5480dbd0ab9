import { isPublic, scopeNames, unknownOrganization } from '../../policy/index.ts'
import { signToken } from '../../tokens/index.ts'
import type { Client } from '../entities.ts'
import { namedOrganization } from './authorization-request.ts'
import { OAuthError } from './errors.ts'
import { type Answer, type Exchange, invalid } from './exchange.ts'
import { type Authentication, addressOf } from './http.ts'
import { deniesClients, findApi } from './scopes.ts'
import { secret } from './store.ts'
import { signForApi } from './tokens.ts'

/** `grant_type=client_credentials`: for machines, and for the deploy CLI. */
export async function clientCredentials({ auth, client, params, issuer, c }: Exchange): Promise<Answer> {
  const { context } = auth
  const { state } = context
  if (isPublic(client)) throw new OAuthError(401, 'access_denied', 'Unauthorized')
  const audience = params.get('audience') || params.get('resource') || undefined
  if (audience === undefined) {
    throw new OAuthError(
      403,
      'access_denied',
      'No audience parameter was provided, and no default audience has been configured',
    )
  }
  if (client.client_id === context.managementClient.client_id) {
    if (audience !== `${issuer}api/v2/`) throw unknownService(audience)
    return managementToken(auth, client, audience, issuer)
  }
  const api = findApi(state, audience)
  if (api === undefined) throw unknownService(audience)
  const grant = [...state.clientGrants.values()].find(
    (one) => one.client_id === client.client_id && one.audience === audience && one.subject_type !== 'user',
  )
  if (grant === undefined || deniesClients(api)) {
    throw new OAuthError(
      403,
      'access_denied',
      `Client is not authorized to access "${audience}". You need to create a "client-grant" associated to this API. See: https://auth0.com/docs/api/v2#!/Client_Grants/post_client_grants`,
    )
  }
  const organization = machineOrganization(auth, client, grant.organization_usage, params)
  const defined = (api.scopes ?? []).map(({ value }) => value)
  const allowed =
    grant.allow_all_scopes === true ? defined : defined.filter((name) => grant.scope?.includes(name))
  const asked = params.get('scope') ? scopeNames(params.get('scope')!) : undefined
  const scopes = asked === undefined ? allowed : asked.filter((name) => allowed.includes(name))
  const now = Math.floor(context.clock().getTime() / 1000)
  const lifetime = api.token_lifetime ?? 86_400
  const rfc9068 = api.token_dialect?.startsWith('rfc9068') === true
  const payload = {
    iss: issuer,
    sub: `${client.client_id}@clients`,
    aud: audience,
    iat: now,
    exp: now + lifetime,
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    ...(organization !== undefined && { org_id: organization.id }),
    ...(organization !== undefined &&
      state.settings.allow_organization_name_in_authentication_api && { org_name: organization.name }),
    ...(rfc9068
      ? { client_id: client.client_id, jti: secret(16) }
      : { gty: 'client-credentials', azp: client.client_id }),
    ...(api.enforce_policies === true && api.token_dialect?.endsWith('_authz') && { permissions: scopes }),
  }
  context.record({
    type: 'seccft',
    description: 'Client Credentials for access token',
    client_id: client.client_id,
    client_name: client.name,
    audience,
    scope: scopes.join(' '),
    ip: addressOf(c),
  })
  return {
    access_token: await signForApi(context, api, payload),
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    expires_in: lifetime,
    token_type: 'Bearer',
  }
}

function unknownService(audience: string): OAuthError {
  return new OAuthError(403, 'access_denied', `Service not enabled within domain: ${audience}`)
}

function machineOrganization(
  { context }: Authentication,
  client: Client,
  usage: unknown,
  params: URLSearchParams,
) {
  const byDefault = client['default_organization'] as
    | { organization_id?: string; flows?: string[] }
    | undefined
  const text =
    params.get('organization') ||
    (byDefault?.flows?.includes('client_credentials') ? byDefault.organization_id : undefined)
  if (!text) {
    if (usage === 'require') throw invalid('parameter organization is required for this client')
    return undefined
  }
  if (usage !== 'allow' && usage !== 'require') {
    throw invalid('parameter organization is not allowed for this client')
  }
  const organization = namedOrganization(context.state, text)
  if (organization === undefined) throw invalid(unknownOrganization(text).description)
  return organization
}

/** For the deploy CLI: everything that the Management API of the local tenant knows. */
async function managementToken(
  { context }: Authentication,
  client: Client,
  audience: string,
  issuer: string,
): Promise<Answer> {
  const now = Math.floor(context.clock().getTime() / 1000)
  const payload = {
    iss: issuer,
    sub: `${client.client_id}@clients`,
    aud: audience,
    iat: now,
    exp: now + 86_400,
    scope: MANAGEMENT_SCOPE,
    gty: 'client-credentials',
    azp: client.client_id,
  }
  const { current } = await context.keys
  return {
    access_token: await signToken(payload, { key: current, alg: 'RS256' }),
    scope: MANAGEMENT_SCOPE,
    expires_in: 86_400,
    token_type: 'Bearer',
  }
}

const MANAGED = [
  'actions',
  'attack_protection',
  'branding',
  'client_credentials',
  'client_grants',
  'client_keys',
  'clients',
  'connections',
  'connections_options',
  'custom_domains',
  'email_provider',
  'email_templates',
  'flows',
  'forms',
  'grants',
  'guardian_factors',
  'hooks',
  'log_streams',
  'organization_connections',
  'organization_member_roles',
  'organization_members',
  'organizations',
  'prompts',
  'resource_servers',
  'roles',
  'role_members',
  'rules',
  'rules_configs',
  'self_service_profiles',
  'tenant_settings',
  'triggers',
  'users',
]

const MANAGEMENT_SCOPE = MANAGED.flatMap((entity) =>
  ['create', 'read', 'update', 'delete'].map((verb) => `${verb}:${entity}`),
).join(' ')
