import {
  apiRefusal,
  grantTypeRefusal,
  isPublic,
  isThirdParty,
  organizationUseRefusal,
  requestedScopes,
  scopeNames,
  scopesRefusal,
  unknownApi,
  unknownOrganization,
} from '../../policy/index.ts'
import { repeatedName } from '../bounds.ts'
import type { TenantContext } from '../context.ts'
import type { Client, Organization } from '../entities.ts'
import type { TenantState } from '../state.ts'
import { matchesCallback, withoutFragment } from './callbacks.ts'
import { assertAllowed, CallbackError, PageError, refusedAtCallback } from './errors.ts'
import { findApi } from './scopes.ts'

export type ResponseMode = 'query' | 'fragment' | 'form_post' | 'web_message'

/** A request to `/authorize` whose response may go to its callback. JSON only, since it is kept with the login. */
export interface AuthorizationRequest {
  /** With the final slash; what the request's own scheme and host say. */
  issuer: string
  client_id: string
  redirect_uri: string
  /** The token endpoint asks for it again only then. */
  redirect_uri_sent: boolean
  response_mode: ResponseMode
  state?: string
  nonce?: string
  code_challenge?: string
  requested_scopes: string[]
  audience?: string
  prompt: string[]
  max_age?: number
  login_hint?: string
  screen_hint?: string
  connection?: string
  acr_values?: string[]
  ui_locales?: string[]
  /** Id of the organization asked for. */
  organization?: string
  invitation?: string
  correlation_id?: string
  /** Everything that was sent, for `event.request.query`. */
  query: Record<string, string>
}

/** Where the response goes; known before anything else of a request. */
export type CallbackTarget = Pick<
  AuthorizationRequest,
  'redirect_uri' | 'response_mode' | 'state' | 'client_id'
>

const RESPONSE_MODES: readonly string[] = ['query', 'fragment', 'form_post', 'web_message']
const PROMPTS: readonly string[] = ['none', 'login', 'consent', 'select_account']
const OTHER_RESPONSE_TYPES: readonly string[] = [
  'token',
  'id_token',
  'id_token token',
  'code id_token',
  'code token',
  'code id_token token',
]
/**
 * The documents contradict themselves on `organization` and `response_mode`; we take them.
 *
 * @see https://auth0.com/docs/get-started/applications/third-party-applications/security-controls
 */
const THIRD_PARTY_ALLOWED: ReadonlySet<string> = new Set(
  `acr_values audience authorization_details client_id code_challenge code_challenge_method connection
  correlation_id display dpop_jkt login_hint max_age nonce organization prompt redirect_uri resource response_mode
  response_type scope state ui_locales`.split(/\s+/),
)

/**
 * Finds out where the response to the request may go. Nothing is redirected before this has succeeded.
 *
 * @throws {PageError} shown on the tenant's own page.
 */
export function callbackTarget(
  state: TenantState,
  params: URLSearchParams,
): CallbackTarget & { client: Client } {
  if (single(params, 'response_type') === undefined) throw missing('response_type')
  const clientId = single(params, 'client_id')
  if (clientId === undefined) throw missing('client_id')
  const client = state.clients.get(clientId)
  if (client === undefined) throw new PageError(400, 'invalid_request', `Unknown client: ${clientId}`)

  const registered = client.callbacks ?? []
  // Somebody else's app names whole addresses only.
  const callbacks = isThirdParty(client) ? registered.filter((entry) => !/[*{]/.test(entry)) : registered
  const sent = single(params, 'redirect_uri')
  if (sent === undefined && callbacks.length !== 1) throw missing('redirect_uri')
  const redirect_uri = withoutFragment(sent ?? callbacks[0]!)
  const organization = namedOrganization(state, params.get('organization') ?? undefined)
  const inOrganization = client.organization_usage === 'allow' || client.organization_usage === 'require'
  if (!matchesCallback(redirect_uri, callbacks, inOrganization ? organization?.name : undefined)) {
    throw new PageError(
      403,
      'unauthorized_client',
      `Callback URL mismatch. ${redirect_uri} is not in the list of allowed callback URLs`,
    )
  }
  const wanted = params.getAll('response_mode')
  const response_mode = wanted.length === 1 && RESPONSE_MODES.includes(wanted[0]!) ? wanted[0]! : 'query'
  if (response_mode === 'web_message') assertWebOrigin(client, redirect_uri)
  const states = params.getAll('state')
  return {
    client,
    client_id: clientId,
    redirect_uri,
    response_mode: response_mode as ResponseMode,
    ...(states.length > 0 && { state: states[0]! }),
  }
}

/**
 * Reads the rest of a request whose callback is known.
 *
 * @throws {CallbackError} to be sent to the callback, in the order of Auth0's checks where it is known.
 */
export function authorizationRequest(
  context: TenantContext,
  params: URLSearchParams,
  target: CallbackTarget & { client: Client },
  issuer: string,
  pushed: boolean,
): AuthorizationRequest {
  const { state } = context
  const { client } = target
  const twice = repeatedName(params)
  if (twice !== undefined) throw invalid(`Parameter '${twice}' must not be sent more than once`)
  const value = (name: string) => params.get(name) || undefined

  assertResponseType(client, params.get('response_type')!)
  if (client['require_pushed_authorization_requests'] === true && !pushed) {
    throw invalid('Pushed Authorization Requests are required by the configured compliance level')
  }
  if (isThirdParty(client)) {
    const refused = [...params.keys()].find(
      (name) => !THIRD_PARTY_ALLOWED.has(name) && !name.startsWith('ext-'),
    )
    if (refused !== undefined) throw invalid(`Parameter '${refused}' is not allowed for this client`)
  }
  if (params.has('request')) {
    throw new CallbackError('request_not_supported', "Parameter 'request' is not supported")
  }
  const mode = value('response_mode')
  if (mode !== undefined && !RESPONSE_MODES.includes(mode))
    throw invalid(`Unsupported response mode: ${mode}`)
  const code_challenge = challenge(client, params)
  const prompt = scopeNames(value('prompt'))
  const strange = prompt.find((name) => !PROMPTS.includes(name))
  if (strange !== undefined) throw invalid(`Unsupported prompt: ${strange}`)
  if (prompt.includes('none') && prompt.length > 1) throw invalid("prompt 'none' must not be combined")
  const max_age = seconds(value('max_age'))
  const requested_scopes = requestedScopes(value('scope'))
  assertAllowed(scopesRefusal(requested_scopes))

  const acr_values = value('acr_values')?.split(' ')
  const allowed = state.settings.acr_values_supported ?? []
  const unknown = acr_values?.find((name) => allowed.length > 0 && !allowed.includes(name))
  if (unknown !== undefined) throw invalid(`Unsupported acr_values: ${unknown}`)

  const connection = value('connection')
  if (connection !== undefined && ![...state.connections.values()].some(({ name }) => name === connection)) {
    throw invalid('the connection was not found')
  }
  const audience = apiAudience(context, client, value('audience') ?? value('resource'), issuer)
  const organization = assertOrganization(
    state,
    client,
    value('organization'),
    value('invitation') !== undefined,
  )

  const { client: _, ...where } = target
  return {
    ...where,
    issuer,
    redirect_uri_sent: value('redirect_uri') !== undefined,
    requested_scopes,
    prompt,
    query: Object.fromEntries(params),
    ...optional({
      code_challenge,
      audience,
      max_age,
      organization: organization?.id,
      nonce: value('nonce'),
      login_hint: value('login_hint'),
      screen_hint: value('screen_hint'),
      connection,
      invitation: value('invitation'),
      correlation_id: value('correlation_id'),
      acr_values,
      ui_locales: value('ui_locales')?.split(' '),
    }),
  }
}

/** Without the members that are `undefined`. */
function optional<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}

/** An organization by id, or by name where the tenant allows names. */
export function namedOrganization(state: TenantState, text: string | undefined): Organization | undefined {
  if (text === undefined) return undefined
  const byId = state.organizations.get(text)
  if (byId !== undefined) return byId
  if (!state.settings.allow_organization_name_in_authentication_api) return undefined
  for (const organization of state.organizations.values()) {
    if (organization.name === text.toLowerCase()) return organization
  }
  return undefined
}

function assertOrganization(
  state: TenantState,
  client: Client,
  text: string | undefined,
  invited: boolean,
): Organization | undefined {
  if (text === undefined && invited) throw invalid('parameter organization is required with an invitation')
  assertAllowed(organizationUseRefusal(client, text !== undefined))
  if (text === undefined) return undefined
  if (!text.startsWith('org_') && !state.settings.allow_organization_name_in_authentication_api) {
    throw invalid('authorization request parameter organization must be an organization id')
  }
  const organization = namedOrganization(state, text)
  if (organization === undefined) throw refusedAtCallback(unknownOrganization(text))
  return organization
}

/** Auth0's own addresses as an audience mean no API: the access token is opaque. */
function apiAudience(
  { state }: TenantContext,
  client: Client,
  asked: string | undefined,
  issuer: string,
): string | undefined {
  const audience = asked ?? state.settings.default_audience
  if (audience === undefined || audience === '' || audience === `${issuer}userinfo`) return undefined
  const api = findApi(state, audience)
  if (api === undefined) throw refusedAtCallback(unknownApi(audience))
  assertAllowed(apiRefusal(client, api, state.clientGrants.values()))
  return api.identifier
}

function assertResponseType(client: Client, type: string): void {
  const names = [...new Set(type.split(' '))].sort().join(' ')
  const other = OTHER_RESPONSE_TYPES.some((known) => known.split(' ').sort().join(' ') === names)
  if (names !== 'code' && !other) {
    throw new CallbackError('unsupported_response_type', `Unsupported response type: ${type}`)
  }
  assertAllowed(grantTypeRefusal(client, names === 'code' ? 'authorization_code' : 'implicit'))
  // The local tenant has the code flow only.
  if (other) throw new CallbackError('unsupported_response_type', `Unsupported response type: ${type}`)
}

/** @see RFC 7636 section 4.4.1 */
function challenge(client: Client, params: URLSearchParams): string | undefined {
  const text = params.get('code_challenge') ?? undefined
  const method = params.get('code_challenge_method') ?? undefined
  if (text === undefined) {
    if (isPublic(client) || isThirdParty(client)) throw invalid("Parameter 'code_challenge' is required")
    if (method !== undefined) throw invalid("Parameter 'code_challenge' is required")
    return undefined
  }
  // A missing method would mean `plain`, which is not supported.
  if (method !== 'S256') throw invalid("code_challenge_method: transform algorithm not supported, use 'S256'")
  if (!/^[A-Za-z0-9_-]{43}$/.test(text))
    throw invalid("Parameter 'code_challenge' must be a base64url SHA-256")
  return text
}

function seconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^\d{1,10}$/.test(text)) throw invalid("Parameter 'max_age' must be a number of seconds")
  return Number(text)
}

function assertWebOrigin(client: Client, redirectUri: string): void {
  let origin = 'null'
  try {
    origin = new URL(redirectUri).origin
  } catch {}
  const allowed = [...(client.web_origins ?? []), ...(client.allowed_origins ?? [])]
  if (origin !== 'null' && allowed.some((entry) => entry.replace(/\/$/, '') === origin)) return
  throw new PageError(
    403,
    'unauthorized_client',
    `The origin ${origin} is not in the list of allowed web origins`,
  )
}

/** The only value. A parameter that is sent twice counts as missing while there is no callback to report it to. */
export function single(params: URLSearchParams, name: string): string | undefined {
  const values = params.getAll(name)
  if (values.length > 1) {
    throw new PageError(400, 'invalid_request', `Parameter '${name}' must not be sent more than once`)
  }
  return values[0] || undefined
}

function missing(name: string): PageError {
  return new PageError(400, 'invalid_request', `Missing required parameter: ${name}`)
}

function invalid(description: string): CallbackError {
  return new CallbackError('invalid_request', description)
}
