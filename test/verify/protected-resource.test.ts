import * as oauth from 'oauth4webapi'
import { expect, test } from 'vitest'
import { createVerifier, protectedResource } from '../../lib/verify/index.ts'
import { options } from './token-kit.ts'

const authorizationServers = ['https://acme.eu.auth0.com/']

test.each([
  ['https://orders.acme.example/', '/.well-known/oauth-protected-resource'],
  ['https://orders.acme.example', '/.well-known/oauth-protected-resource'],
  ['https://api.acme.example/orders', '/.well-known/oauth-protected-resource/orders'],
  ['https://api.acme.example/orders/?v=1', '/.well-known/oauth-protected-resource/orders/?v=1'],
  ['http://localhost:3000/orders', '/.well-known/oauth-protected-resource/orders'],
])('the metadata of %s is at %s', (resource, path) => {
  const found = protectedResource({ resource, authorizationServers })
  expect(found.path).toBe(path)
  expect(found.url).toBe(new URL(resource).origin + path)
})

test('a client finds the document, and what is in it', async () => {
  const resource = 'https://api.acme.example/orders'
  const { document, url } = protectedResource({
    resource,
    authorizationServers,
    scopes: ['read:orders'],
    name: 'Orders',
    dpopAlgorithms: ['ES256'],
    dpopRequired: false,
  })
  const response = await oauth.resourceDiscoveryRequest(new URL(resource), {
    [oauth.customFetch]: async (asked) =>
      asked === url ? Response.json(document) : new Response(null, { status: 404 }),
  })
  expect(await oauth.processResourceDiscoveryResponse(new URL(resource), response)).toEqual({
    resource,
    authorization_servers: authorizationServers,
    scopes_supported: ['read:orders'],
    bearer_methods_supported: ['header'],
    resource_name: 'Orders',
    dpop_signing_alg_values_supported: ['ES256'],
    dpop_bound_access_tokens_required: false,
  })
})

test('every refusal points to it', async () => {
  const { url } = protectedResource({ resource: 'https://orders.acme.example/', authorizationServers })
  await expect(
    createVerifier({ ...options, dpop: true, resourceMetadata: url }).verify({ headers: {} }),
  ).rejects.toMatchObject({
    wwwAuthenticate: `Bearer realm="api", resource_metadata="${url}", DPoP realm="api", algs="ES256", resource_metadata="${url}"`,
  })
})

test.each([
  ['no address', { resource: 'orders' }],
  ['http', { resource: 'http://orders.acme.example/' }],
  ['a fragment', { resource: 'https://orders.acme.example/#a' }],
  ['an empty fragment', { resource: 'https://orders.acme.example/#' }],
  ['no issuer', { authorizationServers: [] }],
  ['an issuer that is none', { authorizationServers: ['acme'] }],
])('%s is refused', (_what, changes) => {
  const given = { resource: 'https://orders.acme.example/', authorizationServers, ...changes }
  expect(() => protectedResource(given)).toThrow(expect.objectContaining({ code: 'ERR_USAGE' }))
})
