import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import express, { type ErrorRequestHandler } from 'express'
import { auth as bearer, requiredScopes } from 'express-oauth2-jwt-bearer'
import { requiresAuth, auth as webAuth } from 'express-openid-connect'
import { decodeJwt } from 'jose'
import * as oauth from 'oauth4webapi'
import * as client from 'openid-client'
import { CookieJar } from 'tough-cookie'
import { describe, expect, it, onTestFinished } from 'vitest'
import { logIn } from '../../lib/oauth/index.ts'
import { folderWith } from '../helpers/folder.ts'
import { runProgram } from '../helpers/program.ts'
import { ACME, ADA, acmeState, CALLBACK, deployAction, ORDERS, SCOPE, startAcme, tokensOf } from './acme.ts'

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
    const app = express()
    app.use(bearer({ issuerBaseURL: tenant.url, audience: ORDERS, tokenSigningAlg: 'RS256' }))
    app.get('/', requiredScopes('write:orders'), (_, response) => {
      response.end('ok')
    })
    const api = await serve(app)
    const call = (token: string) => fetch(api, { headers: { authorization: `Bearer ${token}` } })
    const full = await tokensOf(tenant)
    expect((await call(full.access_token)).status).toBe(200)
    expect((await call(full.id_token)).status).toBe(401)
    const reading = await tokensOf(tenant, { parameters: { scope: 'openid read:orders' } })
    expect((await call(reading.access_token)).status).toBe(403)
    const foreign = await startAcme()
    expect((await call((await tokensOf(foreign)).access_token)).status).toBe(401)
  })
})

describe('express-openid-connect', () => {
  it('logs in, refreshes, reads the profile and logs out of the tenant too', async () => {
    const tenant = await startAcme()
    tenant.state.resourceServers.get('orders')!.enforce_policies = false
    const server = tenant.state.clients.get('server')!
    const app = express()
    const origin = await serve(app)
    server.callbacks = [`${origin}/callback`]
    server.allowed_logout_urls = [origin]
    app.use(
      webAuth({
        issuerBaseURL: tenant.url,
        baseURL: origin,
        clientID: server.client_id,
        clientSecret: server.client_secret!,
        secret: 'a long secret of the cookies of the web app',
        authRequired: false,
        idpLogout: true,
        authorizationParams: { response_type: 'code', audience: ORDERS, scope: SCOPE },
      }),
    )
    app.get('/profile', requiresAuth(), async (request, response) => {
      const { oidc } = request
      const before = oidc.accessToken!.access_token
      const { access_token } = await oidc.accessToken!.refresh()
      const { email } = await oidc.fetchUserInfo()
      response.json({ user: oidc.user, email, before: decodeJwt(before), after: decodeJwt(access_token) })
    })

    const jar = new CookieJar(undefined, { allowSpecialUseDomain: true })
    const visit = async (address: string) => {
      const cookie = await jar.getCookieString(address)
      const response = await fetch(address, { redirect: 'manual', headers: { cookie } })
      for (const text of response.headers.getSetCookie()) await jar.setCookie(text, address)
      return { response, location: response.headers.get('location') ?? '' }
    }
    const { location } = await visit(`${origin}/login`)
    const { callback } = await logIn(location, `${origin}/callback`, { ...ADA, jar })
    expect((await visit(callback.href)).location).toBe(origin)
    const { response } = await visit(`${origin}/profile`)
    expect(await response.json()).toMatchObject({
      user: { email: ADA.username, name: 'Ada Lovelace' },
      email: ADA.username,
      before: { scope: SCOPE, azp: 'server' },
      after: { scope: SCOPE, gty: 'refresh_token' },
    })

    const ended = await visit((await visit(`${origin}/logout`)).location)
    expect(ended.location).toBe(origin)
    expect((await visit(`${origin}/profile`)).location).toContain(`${tenant.url}/authorize`)
    const again = await visit((await visit(`${origin}/login`)).location)
    expect(again.location).toMatch(/^\/u\/login/)
  })

  it('is told by the callback why the tenant refused', async () => {
    const state = acmeState()
    deployAction(
      state,
      'gate',
      "exports.onExecutePostLogin = async (event, api) => { api.access.deny('Not today') }",
    )
    const tenant = await startAcme({ state })
    const server = state.clients.get('server')!
    const app = express()
    const origin = await serve(app)
    server.callbacks = [`${origin}/callback`]
    app.use(
      webAuth({
        issuerBaseURL: tenant.url,
        baseURL: origin,
        clientID: server.client_id,
        clientSecret: server.client_secret!,
        secret: 'a long secret of the cookies of the web app',
        authorizationParams: { response_type: 'code' },
      }),
    )
    const reported: ErrorRequestHandler = (error, _request, response, _next) => {
      response.status(error.status).json({ error: error.error, error_description: error.error_description })
    }
    app.use(reported)
    const jar = new CookieJar(undefined, { allowSpecialUseDomain: true })
    const begun = await fetch(`${origin}/`, { redirect: 'manual' })
    const cookies = begun.headers.getSetCookie().map((text) => text.split(';')[0])
    const { callback } = await logIn(begun.headers.get('location')!, `${origin}/callback`, { ...ADA, jar })
    const refused = await fetch(callback, { headers: { cookie: cookies.join('; ') } })
    expect(refused.status).toBe(400)
    expect(await refused.json()).toEqual({ error: 'access_denied', error_description: 'Not today' })
  })
})

describe('@auth0/auth0-auth-js', () => {
  it('does all of it over https, with the certificate of the tenant as the one thing it must be told', async () => {
    const tenant = await startAcme({ https: true })
    const { state } = tenant
    Object.assign(state.clients.get('server')!, {
      organization_usage: 'allow',
      allowed_logout_urls: ['http://localhost:3000/'],
    })
    const grant = { id: 'g', client_id: 'server', audience: ORDERS, scope: ['read:orders'] }
    state.clientGrants.set(grant.id, grant)
    const ca = join(await folderWith({ 'tenant.pem': (await tenant.management()).certificate }), 'tenant.pem')
    const { client_id, client_secret, callbacks } = state.clients.get('server')!
    const journey = {
      domain: new URL(tenant.url).host,
      client_id,
      client_secret,
      redirect_uri: callbacks![0],
      audience: ORDERS,
      organization: ACME.id,
      user: ADA,
    }
    const { code, stdout, stderr } = await runProgram(
      'test/helpers/auth-js-journey.ts',
      [JSON.stringify(journey)],
      { env: { NODE_EXTRA_CA_CERTS: ca } },
    )
    expect(stderr).toBe('')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toEqual({
      sub: [...state.users.values()][0]!.user_id,
      email: ADA.username,
      refreshed: 'openid profile email offline_access read:orders',
      refused: { code: 'token_by_refresh_token_error', error: 'invalid_grant' },
      pushed: ['client_id', 'request_uri'],
      org_id: ACME.id,
      machine: true,
      logout: '/oidc/logout',
    })
  })
})

/** Listens on loopback until the test is over; answers the origin. */
async function serve(app: express.Express): Promise<string> {
  const server = createServer(app)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://localhost:${(server.address() as AddressInfo).port}`
}
