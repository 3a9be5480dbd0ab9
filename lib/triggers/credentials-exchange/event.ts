import type { GeoIp } from '../shared/event.ts'

/**
 * The `event` that Auth0 hands to `onExecuteCredentialsExchange`, trigger version v2. There is no user, no session and
 * no connection. What is optional here is absent (`undefined`) when it does not apply, never `null`.
 * A type only: nothing checks at run time that a value has this shape.
 *
 * @see https://auth0.com/docs/actions/reference/credentials-exchange/credentials-exchange-event-object
 */
export interface CredentialsExchangeEvent {
  /** The token that is about to be issued. */
  accessToken: { customClaims: Record<string, unknown>; scope: string[] }
  /** The agent linked to the client. Early Access. */
  agent?: { agent_id: string; name: string; agent_metadata: Record<string, unknown> }
  /** The application that asks for the token. Values of `metadata` are text: `'true'` is not `true`. */
  client: { client_id: string; name: string; metadata: Record<string, string> }
  /** Private to Auth0; treat as empty. */
  configuration?: Record<string, unknown>
  custom_domain?: { domain: string; domain_metadata: Record<string, string> }
  /** Of a request that names one, and of an application with a default organization. */
  organization?: { id: string; name: string; display_name: string; metadata: Record<string, string> }
  request: {
    ip: string
    /** `POST`. */
    method: string
    /** The parameters, without secrets and assertions. */
    body: Record<string, unknown>
    hostname?: string
    language?: string
    user_agent?: string
    /** Always present; every member may be missing. */
    geoip: GeoIp
  }
  /** The API; `identifier` is the audience. */
  resource_server: { identifier: string }
  /** Secrets of this Action only. */
  secrets: Readonly<Record<string, string>>
  /** `id` is the tenant's name. */
  tenant: { id: string }
  transaction: {
    /** Scopes that the request asks for, `[]` without any; never changed. */
    requested_scopes: string[]
    /** Working set of scopes: each `api.transaction.*TargetScope*` call changes it at once. Early Access. */
    target_scopes?: string[]
    correlation_id?: string
  }
}
