/** What policy reads of a tenant, in the shapes of Auth0's Management API. Further members are allowed and not read. */
import type { SigningAlgorithm, TokenDialect } from '../tokens/types.ts'

export interface Application {
  client_id: string
  name: string
  app_type?: string
  is_first_party?: boolean
  grant_types?: readonly string[]
  token_endpoint_auth_method?: 'none' | 'client_secret_post' | 'client_secret_basic' | null
  client_authentication_methods?: unknown
  jwt_configuration?: { alg?: SigningAlgorithm; lifetime_in_seconds?: number }
  refresh_token?: RefreshTokenSettings
  organization_usage?: 'deny' | 'allow' | 'require'
  organization_require_behavior?: 'no_prompt' | 'pre_login_prompt' | 'post_login_prompt'
  client_metadata?: Record<string, string>
  /** Of an application's own tokens. */
  default_organization?: { organization_id?: string; flows?: readonly string[] }
}

/** Lifetimes and `leeway` in seconds. */
export interface RefreshTokenSettings {
  rotation_type?: 'rotating' | 'non-rotating'
  expiration_type?: 'expiring' | 'non-expiring'
  leeway?: number
  token_lifetime?: number
  idle_token_lifetime?: number
  infinite_token_lifetime?: boolean
  infinite_idle_token_lifetime?: boolean
  policies?: { audience: string; scope: string[] }[]
}

export interface Api {
  identifier: string
  scopes?: readonly { value: string }[]
  signing_alg?: SigningAlgorithm
  allow_offline_access?: boolean
  /** Seconds. */
  token_lifetime?: number
  token_dialect?: TokenDialect
  enforce_policies?: boolean
  subject_type_authorization?: Partial<Record<'user' | 'client', { policy?: AccessPolicy }>>
}

/** Which applications an API lets in. */
export type AccessPolicy = 'allow_all' | 'require_client_grant' | 'deny_all'

export interface ClientGrant {
  client_id: string
  audience: string
  scope?: readonly string[]
  subject_type?: 'client' | 'user'
  allow_all_scopes?: boolean
  /** Of an application's own tokens. @defaultValue deny */
  organization_usage?: 'deny' | 'allow' | 'require'
}

export interface Role {
  name: string
  permissions: readonly { permission_name: string; resource_server_identifier: string }[]
}

export interface Organization {
  id: string
  name: string
  display_name?: string
  metadata?: Record<string, string>
}

/** Why a login, or an exchange, is refused: an OAuth error and its description, in Auth0's words. */
export interface Refusal {
  error: string
  description: string
}
