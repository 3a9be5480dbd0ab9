/** The peer: oidc-provider with PKCE, JWT access tokens and rotating refresh tokens, whose login answers itself. */
import { generateKeyPairSync } from 'node:crypto'
import Provider from 'oidc-provider'
import { report } from './report.mjs'

const jwk = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' })
const api = 'https://api.example/'
const provider = new Provider('http://localhost', {
  clients: [
    {
      client_id: 'bench',
      token_endpoint_auth_method: 'none',
      application_type: 'native',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: ['http://localhost:9/callback'],
    },
  ],
  cookies: { keys: ['a key of the bench'] },
  jwks: { keys: [{ ...jwk, alg: 'RS256', use: 'sig', kid: 'bench' }] },
  findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId, plan: 'team' }) }),
  features: {
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => api,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: 'read',
        audience: api,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'RS256' } },
      }),
    },
  },
  issueRefreshToken: () => true,
  rotateRefreshToken: () => true,
  interactions: { url: (_, { uid }) => `/login/${uid}` },
})
provider.use(async (context, next) => {
  if (!context.path.startsWith('/login/')) return next()
  const { params } = await provider.interactionDetails(context.req, context.res)
  const grant = new provider.Grant({ accountId: 'ada', clientId: params.client_id })
  grant.addOIDCScope('openid offline_access')
  grant.addResourceScope(api, 'read')
  await provider.interactionFinished(
    context.req,
    context.res,
    { login: { accountId: 'ada' }, consent: { grantId: await grant.save() } },
    { mergeWithLastSubmission: false },
  )
  context.respond = false
})
const server = provider.listen(0, '127.0.0.1', () => {
  report({ issuer: `http://localhost:${server.address().port}` })
})
