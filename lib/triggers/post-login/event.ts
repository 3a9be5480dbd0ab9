import type { GeoIp } from '../shared/event.ts'
import type { RiskAssessment } from './risk-assessment.ts'
import type { UserProfile } from './user-profile.ts'

/**
 * The `event` that Auth0 hands to `onExecutePostLogin` and `onContinuePostLogin`, trigger version v3.
 * What is optional here is absent (`undefined`) when it does not apply, never `null`.
 * A type only: nothing checks at run time that a value has this shape.
 *
 * @see https://auth0.com/docs/actions/reference/post-login/post-login-event-object
 */
export interface PostLoginEvent {
  /** The agent linked to the client. Early Access. */
  agent?: { agent_id: string; name: string; agent_metadata: Record<string, unknown> }
  /** The anonymous session carried into the login. Beta; not on the reference page. */
  anonymous_session?: {
    user_id: string
    session_id: string
    created_at: string | number
    expires_at: string | number
    metadata: Record<string, unknown>
  }
  authentication?: { methods: AuthenticationMethod[]; riskAssessment?: RiskAssessment }
  /** Names of the user's roles. Absent in some flows, so guard every read. */
  authorization?: { roles: string[] }
  client: {
    client_id: string
    name: string
    metadata: Record<string, string>
    /** Policies of multi-resource refresh tokens. Early Access. */
    refresh_token?: { policies?: { audience?: string; scope?: string[] }[] }
  }
  /** Private to Auth0; treat as empty. */
  configuration?: Record<string, unknown>
  /** For a social connection `strategy` equals `name`; for a database it is `auth0`. */
  connection: { id: string; name: string; strategy: string; metadata?: Record<string, string> }
  custom_domain?: { domain: string; domain_metadata: Record<string, string> }
  /** Beta. The one property that is `null` instead of absent. */
  experiment?: {
    experiment_id: string
    variation_id: string
    config: Record<string, { value: unknown }>
    is_control: boolean
    variation_name?: string
    variation_description?: string
  } | null
  organization?: { id: string; name: string; display_name: string; metadata: Record<string, string> }
  /** Set in the continue handler of the Action that rendered a prompt. */
  prompt?: { id: string; fields?: Record<string, unknown>; vars?: Record<string, unknown> }
  /** Only in refresh-token exchanges, not in the login that first issues the token. */
  refresh_token?: RefreshToken
  request: Request
  /** The API that was asked for; `identifier` is the audience. */
  resource_server?: { identifier: string }
  /** Secrets of this Action only. */
  secrets: Readonly<Record<string, string>>
  security_context?: { ja3?: string | null; ja4?: string | null }
  /** Absent in flows without a session, such as a refresh; an empty object until November 2025. */
  session?: Session
  session_transfer_token?: {
    client_id: string
    scope: string[]
    request: { ip: string; asn?: string; user_agent?: string; geoip?: GeoIp }
  }
  stats: { logins_count: number }
  /** `id` is the tenant's name. */
  tenant: { id: string }
  transaction?: Transaction
  user: User
}

/** Values that `event.transaction.protocol` takes. */
export type TransactionProtocol =
  | 'oidc-basic-profile'
  | 'oidc-implicit-profile'
  | 'oidc-hybrid-profile'
  | 'oidc-ciba'
  | 'oidc-ciba-web-link'
  | 'oauth2-device-code'
  | 'oauth2-refresh-token'
  | 'oauth2-password'
  | 'oauth2-resource-owner'
  | 'oauth2-resource-owner-jwt-bearer'
  | 'oauth2-webauthn'
  | 'oauth2-access-token'
  | 'oauth2-token-exchange'
  | 'oauth2-token-exchange-federated-connection'
  | 'samlp'
  | 'wsfed'
  | 'wstrust-usernamemixed'

export interface Transaction {
  /** Set for browser-based logins. */
  id?: string
  protocol?: TransactionProtocol
  /** Scopes asked for at the start; never changed. Not usable in refresh exchanges and password grants. */
  requested_scopes?: string[]
  /** Working set of scopes: each `api.transaction.*TargetScope*` call changes it at once. */
  target_scopes?: string[]
  /** Each `api.transaction.setMetadata` call changes it at once. */
  metadata: Record<string, string | number | boolean>
  acr_values?: string[]
  prompt?: string[]
  login_hint?: string
  locale?: string
  ui_locales?: string[]
  redirect_uri?: string
  response_mode?: 'query' | 'fragment' | 'form_post' | 'web_message'
  response_type?: ('code' | 'token' | 'id_token')[]
  /** The app's own state. */
  state?: string
  requested_authorization_details?: { type: string; [other: string]: unknown }[]
  linking_id?: string
  correlation_id?: string
  actor?: Actor
  actor_token_type?: string
  subject_token_type?: string
  [other: string]: unknown
}

interface Actor {
  sub: string
  act?: Actor
  [other: string]: unknown
}

export interface Request {
  ip: string
  method: string
  query: Record<string, string>
  body: Record<string, unknown>
  hostname?: string
  language?: string
  user_agent?: string
  /** E.g. `AS13335`. */
  asn?: string
  /** Always present; every member may be missing. */
  geoip: GeoIp
}

/** The profile. Only `user_id` is present whatever the connection. */
export interface User extends UserProfile {
  user_id: string
  email_verified: boolean
  last_password_reset?: string
  /** ISO 8601. */
  created_at: string
  /** ISO 8601. */
  updated_at: string
  // biome-ignore lint/suspicious/noExplicitAny: free-form JSON of the tenant, as in Auth0's own types
  app_metadata: any
  // biome-ignore lint/suspicious/noExplicitAny: free-form JSON of the tenant, as in Auth0's own types
  user_metadata: any
  multifactor?: string[]
  /** Renewed only when an Action starts. */
  enrolledFactors?: { type: string; options?: Record<string, unknown>; [other: string]: unknown }[]
  identities: {
    connection?: string
    isSocial?: boolean
    // biome-ignore lint/suspicious/noExplicitAny: what the identity provider sent
    profileData?: Record<string, any>
    provider?: string
    user_id?: string
    [other: string]: unknown
  }[]
  // biome-ignore lint/suspicious/noExplicitAny: extra attributes depend on the connection, as in Auth0's own types
  [attribute: string]: any
}

export interface AuthenticationMethod {
  /** `federated`, `pwd`, `passkey`, `sms`, `email`, `phone_number`, `mock`, `mfa`, or a recorded URL. */
  name: string
  /** ISO 8601. */
  timestamp: string
  /** The factor, when `name` is `mfa`. */
  type?: string
}

export interface Device {
  initial_asn?: string
  initial_ip?: string
  initial_user_agent?: string
  last_asn?: string
  last_ip?: string
  last_user_agent?: string
}

export interface Session {
  /** Missing in flows without a session, where Auth0 hands over an empty object. */
  id?: string
  user_id?: string
  created_at?: string
  updated_at?: string
  authenticated_at?: string
  expires_at?: string
  idle_expires_at?: string
  last_interacted_at?: string
  clients?: { client_id: string }[]
  device?: Device
  cookie?: { mode?: 'persistent' | 'non-persistent' }
  metadata?: Record<string, string>
  actor?: { sub: string; [other: string]: unknown }
  session_transfer?: { parent_refresh_token?: { id?: string; metadata?: Record<string, string> } }
}

export interface RefreshToken {
  id: string
  created_at: string
  client_id?: string
  user_id?: string
  /** `null` for tokens issued before 2023-09-21. */
  session_id?: string | null
  expires_at?: string
  idle_expires_at?: string
  last_exchanged_at?: string
  rotating?: boolean
  /** `scopes` is one string, space-separated. */
  resource_servers?: { audience: string; scopes: string }[]
  device?: Device
  metadata?: Record<string, string>
  session_transfer?: { parent_refresh_token?: { id?: string } }
  /** On the feature page only. */
  access?: 'online' | 'offline'
}
