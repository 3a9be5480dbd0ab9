import {
  isPublic,
  type MachineAccess,
  machineAccess,
  machineEvent,
  machineTokenContext,
} from '../../policy/index.ts'
import { settleMachineToken } from '../../simulator/settle-machine-token.ts'
import type { PipelineResult, SettledTokens } from '../../simulator/types.ts'
import { signToken } from '../../tokens/index.ts'
import { credentialsExchange } from '../../triggers/index.ts'
import type { ResourceServer } from '../entities.ts'
import { keepNewest } from '../log.ts'
import { runBoundActions } from './actions.ts'
import { namedOrganization } from './authorization-request.ts'
import { OAuthError } from './errors.ts'
import { type Answer, type Exchange, failure } from './exchange.ts'
import { addressOf, requestFacts } from './http.ts'
import { findApi } from './scopes.ts'
import { secret } from './store.ts'
import { signForApi } from './tokens.ts'

/** `grant_type=client_credentials`: for machines, and for the deploy CLI. */
export async function clientCredentials(exchange: Exchange): Promise<Answer> {
  const { auth, client, c } = exchange
  try {
    return await tokenFor(exchange)
  } catch (error) {
    if (error instanceof OAuthError) auth.context.record(failure('feccft', error.message, client, c))
    throw error
  }
}

async function tokenFor(exchange: Exchange): Promise<Answer> {
  const { auth, client, params, issuer, c } = exchange
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
    return managementToken(exchange, audience)
  }
  const api = findApi(state, audience)
  if (api === undefined) throw unknownService(audience)
  const access = machineAccess({
    application: client,
    api,
    grants: state.clientGrants.values(),
    scope: params.get('scope') ?? undefined,
    organization: params.get('organization') ?? undefined,
    findOrganization: (text) => namedOrganization(state, text),
  })
  if ('error' in access) {
    throw new OAuthError(access.error === 'access_denied' ? 403 : 400, access.error, access.description)
  }
  const pipeline = await runActions(exchange, audience, access)
  const now = Math.floor(context.clock().getTime() / 1000)
  const tokens = settleMachineToken(
    pipeline,
    machineTokenContext({
      issuer,
      application: client,
      api,
      access,
      organizationNames: state.settings.allow_organization_name_in_authentication_api === true,
      issuedAt: now,
    }),
    access.grant,
  )
  keepExecution(exchange, pipeline, access, tokens)
  if (tokens.failure !== undefined) throw new OAuthError(500, 'server_error', tokens.failure)
  context.record({
    type: 'seccft',
    description: 'Client Credentials for access token',
    client_id: client.client_id,
    client_name: client.name,
    audience,
    scope: tokens.scopes.join(' '),
    ip: addressOf(c),
    ...(access.organization !== undefined && {
      details: { organization_id: access.organization.id, organization_name: access.organization.name },
    }),
  })
  return answerOf(exchange, api, tokens)
}

async function answerOf(
  { auth: { context } }: Exchange,
  api: ResourceServer,
  { accessToken = {}, scopes }: SettledTokens,
): Promise<Answer> {
  const payload = 'jti' in accessToken ? { ...accessToken, jti: secret(16) } : accessToken
  return {
    access_token: await signForApi(context, api, payload),
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    expires_in: Number(payload['exp']) - Number(payload['iat']),
    token_type: 'Bearer',
  }
}

/** The only code of `deny` that answers with 500; the others, and codes that Auth0 does not know, with 400. */
const SERVER_ERROR = 'server_error'

/** Runs what is bound to the trigger. @throws {OAuthError} when an Action denies, throws or takes too long. */
async function runActions(
  exchange: Exchange,
  audience: string,
  access: Omit<MachineAccess, 'grant'>,
): Promise<PipelineResult> {
  const { auth, client, params, c } = exchange
  const { context } = auth
  const { query: _, ...request } = requestFacts(c, Object.fromEntries(params))
  const event = machineEvent({
    tenant: 'local',
    application: client,
    audience,
    access,
    request: { ...request, geoip: {} },
  })
  const pipeline = await runBoundActions(context, event, { trigger: credentialsExchange })
  const { outcome, reason = '', state } = pipeline
  if (outcome === 'allowed') return pipeline
  keepExecution(exchange, pipeline, access)
  const failed = pipeline.runs.find(({ error }) => error !== undefined)
  if (failed !== undefined) {
    context.record({
      ...failure('actions_execution_failed', `The Action "${failed.action}" failed`, client, c),
      details: {
        trigger_id: credentialsExchange.id,
        action_name: failed.action,
        error_class: failed.error?.kind,
      },
    })
  }
  const { denial } = state
  if (outcome !== 'denied' || denial === undefined) throw new OAuthError(500, SERVER_ERROR, reason)
  const code = denial.code ?? SERVER_ERROR
  throw new OAuthError(code === SERVER_ERROR ? 500 : 400, code, denial.reason)
}

function keepExecution(
  { auth: { context }, client }: Exchange,
  pipeline: PipelineResult,
  { organization }: Pick<MachineAccess, 'organization'>,
  tokens?: SettledTokens,
): void {
  keepNewest(context.executions, {
    when: context.clock(),
    client_id: client.client_id,
    ...(organization !== undefined && { organization: organization.id }),
    protocol: 'client_credentials',
    pipeline,
    ...(tokens !== undefined && { tokens }),
  })
}

function unknownService(audience: string): OAuthError {
  return new OAuthError(403, 'access_denied', `Service not enabled within domain: ${audience}`)
}

/**
 * For the deploy CLI: everything that the Management API of the local tenant knows. Actions run for it too, so that one
 * that denies everybody is noticed here; they add no claims, since Auth0's staff says that such tokens carry none.
 */
async function managementToken(exchange: Exchange, audience: string): Promise<Answer> {
  const { auth, client, issuer } = exchange
  const { context } = auth
  const pipeline = await runActions(exchange, audience, { requested: [], scopes: MANAGEMENT_SCOPES })
  if (pipeline.runs.length > 0) keepExecution(exchange, pipeline, {})
  const { targetScopes } = pipeline
  const scope = MANAGEMENT_SCOPES.filter((name) => targetScopes?.includes(name) !== false).join(' ')
  const now = Math.floor(context.clock().getTime() / 1000)
  const payload = {
    iss: issuer,
    sub: `${client.client_id}@clients`,
    aud: audience,
    iat: now,
    exp: now + 86_400,
    ...(scope !== '' && { scope }),
    gty: 'client-credentials',
    azp: client.client_id,
  }
  const { current } = await context.keys
  return {
    access_token: await signToken(payload, { key: current, alg: 'RS256' }),
    ...(scope !== '' && { scope }),
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

const MANAGEMENT_SCOPES = MANAGED.flatMap((entity) =>
  ['create', 'read', 'update', 'delete'].map((verb) => `${verb}:${entity}`),
)
