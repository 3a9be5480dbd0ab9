import type { Client } from '../entities.ts'
import type { TenantLogEntry } from '../log.ts'
import { OAuthError } from './errors.ts'
import { type Authentication, addressOf, type Http } from './http.ts'
import type { TokenResponse } from './tokens.ts'

export type Answer = Omit<TokenResponse, 'scope'> & { scope?: string }

/** One call of the token endpoint by an app that has proved who it is. */
export interface Exchange {
  auth: Authentication
  c: Http
  client: Client
  params: URLSearchParams
  issuer: string
}

export function required(params: URLSearchParams, name: string): string {
  const value = params.get(name)
  if (!value) throw invalid(`Missing required parameter: ${name}`)
  return value
}

export function invalid(description: string): OAuthError {
  return new OAuthError(400, 'invalid_request', description)
}

export function failure(
  type: string,
  description: string,
  client: Client,
  c: Http,
  details?: Record<string, unknown>,
): Omit<TenantLogEntry, 'date'> {
  return {
    type,
    description,
    client_id: client.client_id,
    client_name: client.name,
    ip: addressOf(c),
    ...(details !== undefined && { details }),
  }
}
