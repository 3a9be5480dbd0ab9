import { createHash, timingSafeEqual } from 'node:crypto'
import { isPublic } from '../../policy/index.ts'
import type { Client } from '../entities.ts'
import { OAuthError } from './errors.ts'
import type { Authentication } from './http.ts'

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const ASSERTION_ALGORITHMS = ['RS256', 'RS384', 'PS256']

/**
 * The app that calls the token endpoint, proved by the method that is set for it. Throws what tenants were seen to
 * return, 401 `access_denied` `Unauthorized`, where Auth0's documents and RFC 6749 say `invalid_client`.
 *
 * @throws {OAuthError}
 * @see https://auth0.com/docs/get-started/applications/credentials
 */
export async function authenticateClient(
  auth: Authentication,
  params: URLSearchParams,
  authorization: string | undefined,
  issuer: string,
): Promise<Client> {
  const basic = basicCredentials(authorization)
  const methods = [basic, params.get('client_secret'), params.get('client_assertion')]
  if (methods.filter(Boolean).length > 1) {
    throw new OAuthError(400, 'invalid_request', 'Only one client authentication method may be used')
  }
  const assertion = params.get('client_assertion') || undefined
  const id =
    basic?.id ?? (params.get('client_id') || undefined) ?? (assertion && (await subjectOf(assertion)))
  if (!id) throw new OAuthError(400, 'invalid_request', 'Missing required parameter: client_id')
  if (basic !== undefined && params.get('client_id') && params.get('client_id') !== id) throw unauthorized()
  const client = findClient(auth, id)
  if (client === undefined) throw unauthorized()

  if (hasAssertionMethod(client)) {
    if (assertion === undefined) throw unauthorized()
    await verifyAssertion(auth, client, assertion, params.get('client_assertion_type'), issuer)
    return client
  }
  // A parameter without a value counts as not sent: RFC 6749 section 3.2.
  const sent = basic?.secret ?? (params.get('client_secret') || undefined)
  if (isPublic(client)) {
    // A public app has no secret to prove; one that is sent is checked, so that a mistake does not go unseen.
    if (sent !== undefined && !sameSecret(sent, client.client_secret)) throw unauthorized()
    return client
  }
  if (sent === undefined || !sameSecret(sent, client.client_secret)) throw unauthorized()
  return client
}

function findClient({ context }: Authentication, id: string): Client | undefined {
  const { managementClient, state } = context
  if (id !== managementClient.client_id) return state.clients.get(id)
  return {
    ...managementClient,
    name: 'auth0-deploy-cli',
    app_type: 'non_interactive',
    grant_types: ['client_credentials'],
    token_endpoint_auth_method: 'client_secret_post',
  }
}

function unauthorized(): OAuthError {
  return new OAuthError(401, 'access_denied', 'Unauthorized')
}

function sameSecret(sent: string, expected: string | undefined): boolean {
  if (expected === undefined || expected === '') return false
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(sent), digest(expected))
}

/** RFC 6749 section 2.3.1 form-encodes both parts; ids and secrets of tenants look the same either way. */
function basicCredentials(header: string | undefined): { id: string; secret: string } | undefined {
  const encoded = /^Basic ([A-Za-z0-9+/=_-]+)$/i.exec(header ?? '')?.[1]
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon === -1) return undefined
  const decode = (part: string) => {
    try {
      return decodeURIComponent(part.replaceAll('+', ' '))
    } catch {
      return part
    }
  }
  return { id: decode(text.slice(0, colon)), secret: decode(text.slice(colon + 1)) }
}

interface Credential {
  id?: string
  kid?: string
  pem?: string
  alg?: string
}

function credentialsOf(client: Client): Credential[] | undefined {
  const methods = client.client_authentication_methods as
    | { private_key_jwt?: { credentials?: Credential[] } }
    | null
    | undefined
  return methods?.private_key_jwt?.credentials
}

function hasAssertionMethod(client: Client): boolean {
  return credentialsOf(client) !== undefined
}

async function subjectOf(assertion: string): Promise<string | undefined> {
  const { decodeJwt } = await import('jose')
  try {
    return decodeJwt(assertion).sub
  } catch {
    return undefined
  }
}

/** @see https://auth0.com/docs/get-started/authentication-and-authorization-flow/authenticate-with-private-key-jwt */
async function verifyAssertion(
  { context, store }: Authentication,
  client: Client,
  assertion: string,
  type: string | null,
  issuer: string,
): Promise<void> {
  if (type !== ASSERTION_TYPE || assertion.length > 2048) throw unauthorized()
  const { decodeProtectedHeader, errors, importSPKI, jwtVerify } = await import('jose')
  const now = context.clock()
  try {
    const header = decodeProtectedHeader(assertion)
    for (const credential of credentialsOf(client) ?? []) {
      if (credential.pem === undefined) continue
      if (header.kid !== undefined && credential.kid !== undefined && header.kid !== credential.kid) continue
      const alg = header.alg ?? ''
      if (!ASSERTION_ALGORITHMS.includes(alg)) break
      const key = await importSPKI(credential.pem, alg)
      const payload = await jwtVerify(assertion, key, {
        issuer: client.client_id,
        subject: client.client_id,
        audience: issuer,
        algorithms: ASSERTION_ALGORITHMS,
        currentDate: now,
        clockTolerance: 10,
        requiredClaims: ['exp', 'jti'],
      }).then(
        (result) => result.payload,
        (error: unknown) => {
          if (error instanceof errors.JWSSignatureVerificationFailed) return undefined
          throw error
        },
      )
      if (payload === undefined) continue
      const exp = payload.exp! * 1000
      // jose looks at `exp` and `nbf` only.
      if (payload.iat !== undefined && payload.iat * 1000 > now.getTime() + 10_000) break
      if (typeof payload.jti !== 'string' || payload.jti.length > 64) break
      const jti = `${client.client_id} ${payload.jti}`
      if (exp > now.getTime() + 5 * 60_000 + 10_000) break
      if (store.assertionIds.get(jti) !== undefined) break
      store.assertionIds.set(jti, true, exp + 10_000)
      return
    }
  } catch (error) {
    if (!(error instanceof Error)) throw error
  }
  throw unauthorized()
}
