import { createHash } from 'node:crypto'
import {
  calculateJwkThumbprint,
  createRemoteJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  EmbeddedJWK,
  customFetch as joseFetch,
  jwtVerify,
} from 'jose'
import * as oauth from 'oauth4webapi'

/**
 * Stands in for `ApiClient` of `@auth0/auth0-api-js` 1.6, which the tests do not install: the same order of checks,
 * the same codes and messages, on the same jose and oauth4webapi, which fetch by HTTP.
 */
export interface StandInOptions {
  domain?: string
  domains?: (context: {
    url?: string
    headers?: object
    unverifiedIss?: string
  }) => Promise<string[]> | string[]
  audience: string
  dpop?: { mode?: 'allowed' | 'required' | 'disabled' }
  customFetch: typeof fetch
  /** Of jose; the package leaves it at 5,000 ms. */
  timeoutDuration?: number
}

interface Call {
  accessToken: string
  scheme?: string
  dpopProof?: string
  httpMethod?: string
  httpUrl?: string
  headers?: Record<string, string | string[] | undefined>
}

class ClientError extends Error {
  code: string
  statusCode: number
  headers: Record<string, string[]> = { 'www-authenticate': [] }
  constructor(code: string, statusCode: number, message: string, cause?: { code: string }) {
    super(message)
    this.code = code
    this.statusCode = statusCode
    if (cause !== undefined) this.cause = cause
  }
}
const refusedToken = (message: string, cause?: { code: string }) =>
  new ClientError('verify_access_token_error', 401, message, cause)
const badRequest = (message: string, cause?: { code: string }) =>
  new ClientError('invalid_request', 400, message, cause)
const badProof = (message: string) => new ClientError('invalid_dpop_proof', 400, message)

export class StandInApiClient {
  readonly #options: StandInOptions
  readonly #keys = new Map<string, ReturnType<typeof createRemoteJWKSet>>()
  readonly #servers = new Map<string, oauth.AuthorizationServer>()

  constructor(options: StandInOptions) {
    this.#options = options
  }

  async verifyAccessToken(call: Call): Promise<Record<string, unknown>> {
    const mode = this.#options.dpop?.mode ?? 'allowed'
    const scheme = (call.scheme ?? 'bearer').toLowerCase()
    const wrongScheme = badRequest('', { code: 'invalid_auth_scheme' })
    if (mode !== 'disabled' && !['bearer', 'dpop'].includes(scheme)) throw wrongScheme
    if (mode === 'required' && scheme !== 'dpop') throw wrongScheme
    if (mode === 'disabled' && scheme !== 'bearer') throw wrongScheme
    const hasDpop =
      call.dpopProof !== undefined ||
      call.httpMethod !== undefined ||
      (this.#options.domains === undefined && call.httpUrl !== undefined)
    if (mode !== 'disabled' && hasDpop && call.scheme === undefined) throw wrongScheme
    if (call.accessToken === '') throw refusedToken('')
    try {
      return await this.#verified(call, mode, scheme)
    } catch (error) {
      if (error instanceof ClientError) throw error
      // Whatever it was, and without it as the cause.
      throw refusedToken((error as Error).message)
    }
  }

  async #verified(call: Call, mode: string, scheme: string): Promise<Record<string, unknown>> {
    const { alg } = decodeProtectedHeader(call.accessToken)
    const { iss } = decodeJwt(call.accessToken)
    if (alg?.toUpperCase().startsWith('HS')) {
      throw refusedToken('unsupported algorithm (symmetric algorithms are not supported)')
    }
    const server = await this.#discovered(await this.#issuerFor(call, iss))
    const { payload } = await jwtVerify(call.accessToken, this.#keysOf(server), {
      issuer: server.issuer,
      audience: this.#options.audience,
      algorithms: ['RS256'],
      requiredClaims: ['iat', 'exp'],
    })
    const jkt = (payload['cnf'] as { jkt?: unknown } | undefined)?.jkt
    const isBound = typeof jkt === 'string'
    if (mode !== 'disabled') {
      if (scheme === 'bearer' && call.dpopProof !== undefined && !isBound) {
        throw badRequest('DPoP proof requires the DPoP authentication scheme, not Bearer')
      }
      if (scheme === 'dpop' && !isBound) {
        throw refusedToken('JWT Access Token has no jkt confirmation claim', {
          code: 'dpop_binding_mismatch',
        })
      }
      if (scheme === 'bearer' && isBound) {
        throw refusedToken('DPoP-bound token requires the DPoP authentication scheme, not Bearer')
      }
      if (scheme === 'dpop') {
        if (call.dpopProof === undefined) throw badRequest('')
        await checkProof(call, jkt as string)
      }
    }
    return payload
  }

  async #issuerFor({ httpUrl, headers }: Call, unverifiedIss: string | undefined): Promise<string> {
    const { domain, domains } = this.#options
    if (domains === undefined) return `https://${domain}/`
    if (unverifiedIss === undefined) throw refusedToken('missing required "iss" claim')
    let allowed: string[]
    try {
      allowed = await domains({
        ...(httpUrl === undefined ? {} : { url: httpUrl }),
        ...(headers === undefined ? {} : { headers }),
        unverifiedIss,
      })
    } catch {
      throw refusedToken('domain validation failed: domains resolver failed')
    }
    const matched = allowed.map((one) => `https://${one}/`).find((one) => one === unverifiedIss)
    if (matched === undefined) {
      throw refusedToken('unexpected "iss" claim value (issuer is not in the configured domain list)')
    }
    return matched
  }

  async #discovered(issuer: string): Promise<oauth.AuthorizationServer> {
    const known = this.#servers.get(issuer)
    if (known !== undefined) return known
    const address = new URL(issuer)
    const response = await oauth.discoveryRequest(address, {
      [oauth.customFetch]: this.#options.customFetch as never,
    })
    const server = await oauth.processDiscoveryResponse(address, response)
    this.#servers.set(issuer, server)
    return server
  }

  #keysOf({ jwks_uri = '' }: oauth.AuthorizationServer): ReturnType<typeof createRemoteJWKSet> {
    if (jwks_uri === '') throw refusedToken('missing "jwks_uri" in discovery metadata')
    const { customFetch, timeoutDuration = 5000 } = this.#options
    const keys =
      this.#keys.get(jwks_uri) ??
      createRemoteJWKSet(new URL(jwks_uri), { [joseFetch]: customFetch as never, timeoutDuration })
    this.#keys.set(jwks_uri, keys)
    return keys
  }
}

async function checkProof({ dpopProof, accessToken, httpMethod, httpUrl }: Call, jkt: string): Promise<void> {
  if (!httpMethod) throw badRequest('HTTP method is required for DPoP validation')
  if (!httpUrl) throw badRequest('HTTP URL is required for DPoP validation')
  let proof: Awaited<ReturnType<typeof jwtVerify>>
  try {
    proof = await jwtVerify(dpopProof!, EmbeddedJWK, { typ: 'dpop+jwt', algorithms: ['ES256'] })
  } catch (error) {
    throw badProof((error as Error).message)
  }
  const { payload, protectedHeader } = proof
  const now = Date.now() / 1000
  const target = new URL(httpUrl)
  if (typeof payload['jti'] !== 'string') throw badProof('"jti" claim must be a string')
  if (String(payload['htm']).toLowerCase() !== httpMethod.toLowerCase())
    throw badProof('DPoP proof "htm" mismatch')
  if (payload['htu'] !== target.origin + target.pathname) throw badProof('DPoP proof "htu" mismatch')
  if (typeof payload.iat !== 'number' || payload.iat < now - 300 || payload.iat > now + 30) {
    throw badProof('DPoP proof "iat" is outside the acceptable range')
  }
  if (payload['ath'] !== createHash('sha256').update(accessToken).digest('base64url')) {
    throw badProof('DPoP proof "ath" mismatch')
  }
  if ((await calculateJwkThumbprint(protectedHeader.jwk!)) !== jkt) {
    throw refusedToken('JWT Access Token confirmation mismatch', { code: 'dpop_binding_mismatch' })
  }
}
