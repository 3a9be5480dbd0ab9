import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { auth, requiredScopes } from 'express-oauth2-jwt-bearer'
import * as oauth from 'oauth4webapi'
import * as client from 'openid-client'
import { describe, expect, it } from 'vitest'
import { logIn } from '../../lib/oauth/index.ts'
import { ADA, CALLBACK, ORDERS, SCOPE, startAcme, tokensOf } from './acme.ts'

/** Clients that others wrote, unmodified: they decide whether this is OAuth. */

describe('openid-client', () => {
  it('discovers, logs in, refreshes, reads the profile and revokes', async () => {
    const tenant = await startAcme()
    const config = await client.discovery(new URL(tenant.url), 'shop', undefined, client.None(), {
      execute: [client.allowInsecureRequests],
    })
    const pkceCodeVerifier = client.randomPKCECodeVerifier()
    const [expectedState, expectedNonce] = [client.randomState(), client.randomNonce()]
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: CALLBACK,
      scope: SCOPE,
      audience: ORDERS,
      code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
      state: expectedState,
      nonce: expectedNonce,
      max_age: '100',
    })
    const { callback } = await logIn(url, CALLBACK, ADA)
    const tokens = await client.authorizationCodeGrant(config, callback, {
      pkceCodeVerifier,
      expectedState,
      expectedNonce,
      maxAge: 100,
    })
    const { sub } = tokens.claims()!
    expect((await client.fetchUserInfo(config, tokens.access_token, sub))['email']).toBe(ADA.username)
    const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token!)
    expect(refreshed.refresh_token).not.toBe(tokens.refresh_token)
    await client.tokenRevocation(config, refreshed.refresh_token!)
    await expect(client.refreshTokenGrant(config, refreshed.refresh_token!)).rejects.toMatchObject({
      error: 'invalid_grant',
      status: 403,
    })
  })

  it('pushes its request and authenticates with a secret', async () => {
    const tenant = await startAcme()
    const { client_secret, callbacks } = tenant.state.clients.get('server')!
    const config = await client.discovery(new URL(tenant.url), 'server', client_secret, undefined, {
      execute: [client.allowInsecureRequests],
    })
    const redirect_uri = callbacks![0]!
    const pkceCodeVerifier = client.randomPKCECodeVerifier()
    const url = await client.buildAuthorizationUrlWithPAR(config, {
      redirect_uri,
      scope: 'openid',
      code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
    })
    const { callback } = await logIn(url, redirect_uri, ADA)
    const tokens = await client.authorizationCodeGrant(config, callback, { pkceCodeVerifier })
    expect(tokens.claims()!.aud).toBe('server')
    expect(client.buildEndSessionUrl(config).pathname).toBe('/oidc/logout')
  })
})

describe('oauth4webapi', () => {
  const insecure = { [oauth.allowInsecureRequests]: true }

  it('accepts metadata, callback, tokens and the access token of the RFC 9068 profile', async () => {
    const tenant = await startAcme()
    tenant.state.resourceServers.get('orders')!.token_dialect = 'rfc9068_profile_authz'
    const issuer = new URL(tenant.issuer)
    const server = await oauth.processDiscoveryResponse(
      issuer,
      await oauth.discoveryRequest(issuer, insecure),
    )
    const shop: oauth.Client = { client_id: 'shop' }
    const verifier = oauth.generateRandomCodeVerifier()
    const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()]
    const url = new URL(server.authorization_endpoint!)
    url.search = String(
      new URLSearchParams({
        response_type: 'code',
        client_id: 'shop',
        redirect_uri: CALLBACK,
        scope: SCOPE,
        audience: ORDERS,
        state,
        nonce,
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      }),
    )
    const { callback } = await logIn(url, CALLBACK, ADA)
    const values = oauth.validateAuthResponse(server, shop, callback, state)
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      shop,
      oauth.None(),
      values,
      CALLBACK,
      verifier,
      insecure,
    )
    const tokens = await oauth.processAuthorizationCodeResponse(server, shop, response, {
      expectedNonce: nonce,
    })
    const request = new Request('https://api.example/', {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    })
    const claims = await oauth.validateJwtAccessToken(server, request, ORDERS, insecure)
    expect(claims).toMatchObject({ client_id: 'shop', permissions: ['read:orders', 'write:orders'] })
  })

  it('refuses an error callback with the words of the tenant', async () => {
    const tenant = await startAcme()
    const issuer = new URL(tenant.issuer)
    const server = await oauth.processDiscoveryResponse(
      issuer,
      await oauth.discoveryRequest(issuer, insecure),
    )
    const callback = new URL(`${CALLBACK}?error=access_denied&error_description=no&state=s`)
    expect(() => oauth.validateAuthResponse(server, { client_id: 'shop' }, callback, 's')).toThrow(
      expect.objectContaining({ error: 'access_denied' }),
    )
  })
})

describe('express-oauth2-jwt-bearer', () => {
  it('accepts the access token for its API and scope, and nothing else', async () => {
    const tenant = await startAcme()
    const checks = [
      auth({ issuerBaseURL: tenant.url, audience: ORDERS, tokenSigningAlg: 'RS256' }),
      requiredScopes('write:orders'),
    ]
    const server = createServer((request, response) => {
      answer(checks, request, response)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const api = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const call = (token: string) => fetch(api, { headers: { authorization: `Bearer ${token}` } })
    try {
      const full = await tokensOf(tenant)
      expect((await call(full.access_token)).status).toBe(200)
      expect((await call(full.id_token)).status).toBe(401)
      const reading = await tokensOf(tenant, { parameters: { scope: 'openid read:orders' } })
      expect((await call(reading.access_token)).status).toBe(403)
      const foreign = await startAcme()
      expect((await call((await tokensOf(foreign)).access_token)).status).toBe(401)
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })
})

/** What Express would do with the middleware. */
function answer(checks: ReturnType<typeof auth>[], request: IncomingMessage, response: ServerResponse): void {
  const [check, ...rest] = checks
  if (check === undefined) {
    response.end('ok')
    return
  }
  const express = Object.assign(request, {
    query: {},
    protocol: 'http',
    is: () => false,
    get: (name: string) => request.headers[name.toLowerCase()],
  })
  check(express as never, response as never, (error?: unknown) => {
    if (error === undefined) return answer(rest, request, response)
    response.statusCode = (error as { status?: number }).status ?? 500
    response.end()
  })
}
