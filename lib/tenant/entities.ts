/**
 * What a tenant holds, in the shapes of Auth0's Management API (wire names, no mapping layer).
 */
import type { RefreshTokenSettings } from '../policy/index.ts'
import type { SigningAlgorithm, TokenDialect } from '../tokens/types.ts'
import type { UserProfile } from '../triggers/post-login/user-profile.ts'

export interface Client {
  client_id: string
  client_secret?: string
  name: string
  description?: string
  app_type?: 'native' | 'spa' | 'regular_web' | 'non_interactive' | string
  is_first_party?: boolean
  is_global?: boolean
  oidc_conformant?: boolean
  callbacks?: string[]
  allowed_logout_urls?: string[]
  web_origins?: string[]
  allowed_origins?: string[]
  initiate_login_uri?: string
  grant_types?: string[]
  token_endpoint_auth_method?: 'none' | 'client_secret_post' | 'client_secret_basic' | null
  client_authentication_methods?: unknown
  jwt_configuration?: { alg?: SigningAlgorithm; lifetime_in_seconds?: number; secret_encoded?: boolean }
  refresh_token?: RefreshTokenSettings
  organization_usage?: 'deny' | 'allow' | 'require'
  organization_require_behavior?: 'no_prompt' | 'pre_login_prompt' | 'post_login_prompt'
  client_metadata?: Record<string, string>
  [other: string]: unknown
}

export interface ResourceServer {
  id: string
  name: string
  identifier: string
  scopes?: { value: string; description?: string }[]
  signing_alg?: SigningAlgorithm
  signing_secret?: string
  allow_offline_access?: boolean
  skip_consent_for_verifiable_first_party_clients?: boolean
  token_lifetime?: number
  token_lifetime_for_web?: number
  token_dialect?: TokenDialect
  enforce_policies?: boolean
  is_system?: boolean
  [other: string]: unknown
}

export interface ClientGrant {
  id: string
  client_id: string
  audience: string
  scope?: string[]
  subject_type?: 'client' | 'user'
  organization_usage?: 'deny' | 'allow' | 'require'
  allow_all_scopes?: boolean
  [other: string]: unknown
}

export interface Role {
  id: string
  name: string
  description?: string
  /** Kept beside the role; served by `/roles/{id}/permissions`. */
  permissions: { permission_name: string; resource_server_identifier: string }[]
}

export interface Organization {
  id: string
  name: string
  display_name?: string
  metadata?: Record<string, string>
  branding?: unknown
  /** Kept beside the organization; served by `/organizations/{id}/connections`. */
  enabled_connections: {
    connection_id: string
    assign_membership_on_login?: boolean
    [other: string]: unknown
  }[]
  [other: string]: unknown
}

export interface Connection {
  id: string
  name: string
  strategy: string
  options?: Record<string, unknown>
  enabled_clients?: string[]
  realms?: string[]
  [other: string]: unknown
}

export interface ActionDraft {
  code: string
  runtime: string
  dependencies: { name: string; version: string }[]
  secrets: { name: string; value: string; updated_at: string }[]
  modules?: unknown[]
}

export interface ActionVersion extends ActionDraft {
  id: string
  number: number
  status: 'built' | 'failed' | 'pending' | 'building'
  created_at: string
  built_at?: string
}

export interface Action extends ActionDraft {
  id: string
  name: string
  supported_triggers: { id: string; version: string }[]
  status: 'built' | 'failed' | 'pending' | 'building'
  created_at: string
  updated_at: string
  /** Oldest first. */
  versions: ActionVersion[]
  /** `id` of the version that runs where the Action is bound. */
  deployed_version_id?: string
  all_changes_deployed: boolean
}

/** A piece of code that several Actions share, versioned apart from them. */
export interface ActionModule {
  id: string
  name: string
  code: string
  dependencies: ActionDraft['dependencies']
  secrets: ActionDraft['secrets']
  created_at: string
  updated_at: string
  all_changes_published: boolean
  /** Oldest first. */
  versions: {
    id: string
    version_number: number
    code: string
    dependencies: ActionDraft['dependencies']
    secrets: ActionDraft['secrets']
    created_at: string
  }[]
}

export interface Binding {
  id: string
  action_id: string
  display_name: string
  created_at: string
  updated_at: string
}

/** A user of the local tenant's one database connection. */
export interface User extends UserProfile {
  user_id: string
  email: string
  email_verified: boolean
  created_at: string
  updated_at: string
  user_metadata: Record<string, unknown>
  app_metadata: Record<string, unknown>
  blocked?: boolean
  /** scrypt, never the password itself. */
  password_hash: string
  /** Role names. They are resolved when they are used, since roles come with a deploy. */
  roles: string[]
  logins_count: number
  last_login?: string
  /** Custom claims that Actions set on the ID token, by client id: what `/userinfo` returns. */
  id_token_claims: Record<string, Record<string, unknown>>
}

/** Membership by names, resolved when used: the organization comes with a deploy. */
export interface Membership {
  /** Organization name. */
  organization: string
  user_id: string
  /** Names of roles that the member has only in this organization. */
  roles: string[]
}

/** Auth0's settings of the same name. @see https://auth0.com/docs/secure/attack-protection/brute-force-protection */
export interface BruteForceProtection {
  enabled: boolean
  /** Without `block` nobody is blocked; the local tenant notifies nobody. */
  shields: ('block' | 'user_notification')[]
  /** IP addresses and CIDR ranges whose attempts do not count. */
  allowlist: string[]
  mode: 'count_per_identifier_and_ip' | 'count_per_identifier'
  /** So many wrong passwords in a row block; 1 to 100. */
  max_attempts: number
}
