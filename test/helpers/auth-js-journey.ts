/**
 * A program: everything that a web application does with `@auth0/auth0-auth-js`, at the tenant named in its
 * arguments (JSON). Prints what came of it as JSON. For `runProgram`, since NODE_EXTRA_CA_CERTS is read at the start.
 */
import { AuthClient } from '@auth0/auth0-auth-js'
import { logIn } from '../../lib/oauth/index.ts'

const { domain, client_id, client_secret, redirect_uri, audience, organization, user } = JSON.parse(
  process.argv[2]!,
)
const client = new AuthClient({
  domain,
  clientId: client_id,
  clientSecret: client_secret,
  authorizationParams: { redirect_uri, audience, scope: 'openid profile email offline_access read:orders' },
})

const begun = await client.buildAuthorizationUrl()
const first = await logIn(begun.authorizationUrl, redirect_uri, user)
const tokens = await client.getTokenByCode(first.callback, { codeVerifier: begun.codeVerifier })
const profile = await client.getUserInfo({
  accessToken: tokens.accessToken,
  expectedSubject: tokens.claims!.sub,
})
const refreshed = await client.getTokenByRefreshToken({ refreshToken: tokens.refreshToken! })
await client.revokeToken({ token: refreshed.refreshToken ?? tokens.refreshToken! })
const refused = await client
  .getTokenByRefreshToken({ refreshToken: tokens.refreshToken! })
  .catch((error: unknown) => error as { code: string; cause: { error: string } })

const pushed = await client.buildAuthorizationUrl({
  pushedAuthorizationRequests: true,
  authorizationParams: { organization },
})
const second = await logIn(pushed.authorizationUrl, redirect_uri, user)
const inOrganization = await client.getTokenByCode(second.callback, {
  codeVerifier: pushed.codeVerifier,
  organization,
})
const machine = await client.getTokenByClientCredentials({ audience })
const logout = await client.buildLogoutUrl({ returnTo: 'http://localhost:3000/' })

console.log(
  JSON.stringify({
    sub: tokens.claims!.sub,
    email: profile['email'],
    refreshed: refreshed.scope,
    refused: { code: 'code' in refused && refused.code, error: 'cause' in refused && refused.cause?.error },
    pushed: [...pushed.authorizationUrl.searchParams.keys()].sort(),
    org_id: inOrganization.claims!['org_id'],
    machine: machine.expiresAt > Date.now() / 1000,
    logout: logout.pathname,
  }),
)
