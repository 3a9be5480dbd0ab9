import { describe, expect, it } from 'vitest'
import { accessTokenPayload, idTokenPayload } from '../../lib/tokens/payload.ts'
import type { TokenContext, TokenDialect } from '../../lib/tokens/types.ts'

const context = (dialect: TokenDialect = 'access_token', more: Partial<TokenContext> = {}): TokenContext => ({
  issuer: 'https://acme.example/',
  user: { user_id: 'auth0|1', email: 'ada@acme.example', email_verified: true, name: 'Ada', nickname: 'ada' },
  client: { client_id: 'client' },
  api: {
    identifier: 'https://api.example/',
    token_dialect: dialect,
    signing_alg: 'RS256',
    token_lifetime: 60,
  },
  scopes: ['openid', 'read:orders'],
  permissions: ['read:orders', 'write:orders'],
  issuedAt: 1000,
  ...more,
})
const BASE = {
  iss: 'https://acme.example/',
  sub: 'auth0|1',
  aud: ['https://api.example/', 'https://acme.example/userinfo'],
  iat: 1000,
  exp: 1060,
  scope: 'openid read:orders',
}

describe('access token', () => {
  it.each<[TokenDialect, object]>([
    ['access_token', { ...BASE, azp: 'client' }],
    ['access_token_authz', { ...BASE, azp: 'client', permissions: ['read:orders', 'write:orders'] }],
    ['rfc9068_profile', { ...BASE, client_id: 'client', jti: 'id' }],
    [
      'rfc9068_profile_authz',
      { ...BASE, client_id: 'client', jti: 'id', permissions: ['read:orders', 'write:orders'] },
    ],
  ])('has the claims of %s and no others', (dialect, expected) => {
    expect(accessTokenPayload(context(dialect), {}, ['openid', 'read:orders'], 'id')).toEqual(expected)
  })

  it('is opaque without an API', () => {
    const { api: _, ...rest } = context()
    expect(accessTokenPayload(rest, {}, [])).toBeUndefined()
  })

  it('has one audience without openid, or where the API does not sign with RS256', () => {
    expect(accessTokenPayload(context(), {}, ['read:orders'])?.['aud']).toBe('https://api.example/')
    const api = { ...context().api!, signing_alg: 'HS256' as const }
    expect(accessTokenPayload(context('access_token', { api }), {}, ['openid'])?.['aud']).toBe(
      'https://api.example/',
    )
  })

  it('says gty in the Auth0 profile alone, for the grants that have one', () => {
    const gty = (dialect: TokenDialect, value: string) =>
      accessTokenPayload(context(dialect, { gty: value }), {}, [])?.['gty']
    expect(gty('access_token', 'refresh_token')).toBe('refresh_token')
    expect(gty('access_token', 'authorization_code')).toBeUndefined()
    expect(gty('rfc9068_profile', 'refresh_token')).toBeUndefined()
  })

  it('has the client as subject in the client credentials grant', () => {
    expect(accessTokenPayload(context('access_token', { gty: 'client-credentials' }), {}, [])).toMatchObject({
      sub: 'client@clients',
      gty: 'client-credentials',
    })
  })

  it("never lets a custom claim override Auth0's own", () => {
    const custom = { iss: 'x', sub: 'x', aud: 'x', exp: 0, azp: 'x', scope: 'x', permissions: ['x'], mine: 1 }
    const payload = accessTokenPayload(context('access_token_authz'), custom, ['openid', 'read:orders'])
    expect(payload).toEqual({ ...BASE, azp: 'client', permissions: ['read:orders', 'write:orders'], mine: 1 })
  })
})

describe('ID token', () => {
  const id = (scopes: string[], more: Partial<TokenContext> = {}, custom = {}) =>
    idTokenPayload(context('access_token', { scopes, ...more }), custom)

  it('has profile claims by scope, and only those the user has', () => {
    expect(id(['openid'])).toEqual({
      iss: 'https://acme.example/',
      aud: 'client',
      sub: 'auth0|1',
      iat: 1000,
      exp: 37_000,
    })
    expect(id(['openid', 'profile'])).toMatchObject({ name: 'Ada', nickname: 'ada' })
    expect(id(['openid', 'profile'])).not.toHaveProperty('picture')
    expect(id(['openid', 'email'])).toMatchObject({ email: 'ada@acme.example', email_verified: true })
    expect(id(['openid', 'nickname'])).toMatchObject({ nickname: 'ada' })
    expect(id(['openid', 'nickname'])).not.toHaveProperty('name')
  })

  it('has nonce, sid, auth_time and organization when the login has them', () => {
    const organization = { id: 'org_1', name: 'acme', includeName: false }
    const more = { nonce: 'n', sessionId: 's', authTime: 900, organization }
    expect(id(['openid'], more)).toMatchObject({ nonce: 'n', sid: 's', auth_time: 900, org_id: 'org_1' })
    expect(id(['openid'], more)).not.toHaveProperty('org_name')
    expect(id([], { organization: { ...organization, includeName: true } })).toMatchObject({
      org_name: 'acme',
    })
  })

  it('takes a custom value for a profile claim, never for its own', () => {
    expect(id(['openid', 'profile'], {}, { name: 'Other', sub: 'x', aud: 'x' })).toMatchObject({
      name: 'Other',
      sub: 'auth0|1',
      aud: 'client',
    })
  })
})
