import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { request } from 'node:http'
import { request as secureRequest } from 'node:https'
import { type AddressInfo, type ListenOptions, Server } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { createLocalJWKSet, decodeJwt, type JSONWebKeySet, jwtVerify } from 'jose'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { discover } from '../../lib/oauth/index.ts'
import { emptyState, type StartTenantOptions, startTenant } from '../../lib/tenant/index.ts'
import { exampleWorkspace } from '../helpers/example-workspace.ts'
import { callbackOf, ORDERS, startAcme, tokensOf } from './acme.ts'

const TENANT_YAML = readFileSync(join(import.meta.dirname, '../../tenant.yaml'), 'utf8')

function hasIPv6(): boolean {
  return Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ address }) => address === '::1'),
  )
}

function status(tenantUrl: string, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(
      `${tenantUrl}/.well-known/openid-configuration`,
      { headers: { host } },
      (response) => {
        response.resume()
        resolve(response.statusCode!)
      },
    )
    sent.on('error', reject).end()
  })
}

describe('a started tenant', () => {
  it('answers to the loopback names with its own port, and to nobody else', async () => {
    const tenant = await startAcme()
    const { port } = new URL(tenant.url)
    const answers = await Promise.all(
      [
        `localhost:${port}`,
        `127.0.0.1:${port}`,
        `LOCALHOST:${port}`,
        `evil.example:${port}`,
        'localhost',
        `localhost:1`,
      ].map((host) => status(tenant.url, host)),
    )
    expect(answers).toEqual([200, 200, 200, 421, 421, 421])
  })

  it('names itself as it is called: issuer by scheme and host', async () => {
    const tenant = await startAcme()
    const { port } = new URL(tenant.url)
    expect((await discover(tenant.url)).issuer).toBe(tenant.issuer)
    expect((await discover(`http://127.0.0.1:${port}`)).issuer).toBe(`http://127.0.0.1:${port}/`)
  })

  it.skipIf(!hasIPv6())('listens on both loopback addresses, at one port', async () => {
    const tenant = await startAcme()
    const { port } = new URL(tenant.url)
    for (const host of ['127.0.0.1', '[::1]', 'localhost']) {
      expect((await discover(`http://${host}:${port}`)).issuer).toBe(`http://${host}:${port}/`)
    }
  })

  it.skipIf(!hasIPv6())(
    'takes another port when somebody has that one at the other loopback address',
    async () => {
      const original = Server.prototype.listen as (this: Server, options: ListenOptions) => Server
      const squatter = new Server()
      const spy = vi.spyOn(Server.prototype, 'listen').mockImplementation(function (
        this: Server,
        options: unknown,
      ) {
        const wanted = options as ListenOptions
        if (wanted.host !== '::1' || squatter.listening) return original.call(this, wanted)
        squatter.once('listening', () => original.call(this, wanted))
        original.call(squatter, { host: '::1', port: wanted.port!, exclusive: true })
        return this
      } as Server['listen'])
      onTestFinished(() => {
        spy.mockRestore()
        squatter.close()
      })
      const tenant = await startAcme()
      const { port } = new URL(tenant.url)
      expect(Number(port)).not.toBe((squatter.address() as AddressInfo).port)
      expect((await discover(`http://[::1]:${port}`)).issuer).toBe(`http://[::1]:${port}/`)
    },
  )

  it('serves the Management side over TLS with a certificate that its own text makes trusted', async () => {
    const tenant = await startAcme()
    const { url, certificate: ca } = await tenant.management()
    const body = await new Promise<string>((resolve, reject) => {
      secureRequest(`${url}/.well-known/openid-configuration`, { ca }, (response) => {
        response.setEncoding('utf8').on('data', resolve)
      })
        .on('error', reject)
        .end()
    })
    expect(JSON.parse(body).issuer).toBe(`${url}/`)
    expect(await tenant.management()).toMatchObject({ url, certificate: ca })
  })

  it('serves apps over TLS on request', async () => {
    const tenant = await startAcme({ https: true })
    expect(tenant.issuer).toMatch(/^https:\/\/localhost:\d+\/$/)
    expect((await tenant.management()).url).toBe(tenant.url)
  })

  it.each<[string, unknown, string]>([
    ['options that are none', null, 'the options of startTenant'],
    ['a misspelt option', { statefile: 'x' }, '"statefile" is no option'],
    ['a port that is a text', { port: '4000' }, '"port"'],
    ['a port below zero', { port: -1 }, '"port"'],
    ['a port past the last', { port: 65_536 }, '"port"'],
    ['a clock that is a time', { clock: 5 }, '"clock"'],
    ['a workspace that is a number', { workspace: 5 }, '"workspace"'],
    ['a state file that is a number', { stateFile: 5 }, '"stateFile"'],
    ['a state that lacks everything', { state: {} }, '"state"'],
    ['a state from JSON', { state: JSON.parse(JSON.stringify(emptyState())) }, '"state"'],
    ['keys that are none', { keys: {} }, '"keys"'],
    ['https that is a text', { https: 'no' }, '"https"'],
    ['users that are no list', { local: { users: {} } }, '"local"'],
    ['a user without an address', { local: { users: [{ password: 'sesame' }] } }, '"local"'],
    ['members that are none', { local: { users: [], organizations: [{ name: 'acme' }] } }, '"local"'],
    ['protection that is a text', { bruteForceProtection: 'off' }, '"bruteForceProtection"'],
    ['a runtime that runs nothing', { runtime: {} }, '"runtime"'],
  ])('refuses %s with the name of the option', async (_, options, name) => {
    const failure = await startTenant(options as StartTenantOptions).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'ERR_USAGE', message: expect.stringContaining(name) })
    expect(JSON.stringify(failure)).not.toContain('sesame')
  })

  it('takes options that are undefined as left out', async () => {
    const options = { port: undefined, https: undefined, state: undefined, keys: undefined }
    const tenant = await startTenant(options as unknown as StartTenantOptions)
    expect((await discover(tenant.url)).issuer).toBe(tenant.issuer)
    await tenant.stop()
  })

  it('invites nobody who has no address, nor with roles or to organizations that do not exist', async () => {
    const tenant = await startAcme()
    expect(() => tenant.invite('nope', 'new@acme.example')).toThrow('no organization "nope"')
    expect(() => tenant.invite('acme', 'nobody')).toThrow('no e-mail address')
    expect(() => tenant.invite('acme', 'new@acme.example', ['nope'])).toThrow('no role "nope"')
    expect(tenant.invite('acme', 'new@acme.example', ['reader']).organization).toMatch(/^org_/)
  })

  it.each([
    [null, {}],
    [5, {}],
    ['ada@acme.example', null],
  ])('issues no tokens for %j with %j', async (user, options) => {
    const tenant = await startAcme()
    await expect(tenant.issueTokens(user as string, options as object)).rejects.toMatchObject({
      code: 'ERR_USAGE',
    })
  })

  it('refuses a port that is in use', async () => {
    const tenant = await startAcme()
    await expect(startTenant({ port: Number(new URL(tenant.url).port) })).rejects.toMatchObject({
      code: 'ERR_ENVIRONMENT',
      hint: expect.any(String),
    })
  })

  it('publishes the current and the next key, and signs with the first', async () => {
    const tenant = await startAcme()
    const jwks = (await (await fetch(`${tenant.url}/.well-known/jwks.json`)).json()) as JSONWebKeySet
    expect(jwks.keys).toHaveLength(2)
    for (const key of jwks.keys) {
      expect(key).toMatchObject({ kty: 'RSA', use: 'sig', alg: 'RS256', kid: expect.any(String) })
      expect(key).not.toHaveProperty('d')
    }
    const { access_token } = await tokensOf(tenant)
    const { protectedHeader } = await jwtVerify(access_token, createLocalJWKSet(jwks), { audience: ORDERS })
    expect(protectedHeader.kid).toBe(jwks.keys[0]!.kid)
  })

  it('promises in its metadata only what it does', async () => {
    const tenant = await startAcme()
    const document = await discover(tenant.url)
    expect(document).not.toHaveProperty('authorization_response_iss_parameter_supported')
    expect(document).toMatchObject({
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
    })
    const other = await fetch(`${tenant.url}/.well-known/oauth-authorization-server`)
    expect(await other.json()).toEqual(document)
  })

  it('names the ACR values that it allows, and takes no others', async () => {
    const tenant = await startAcme()
    expect(await discover(tenant.url)).not.toHaveProperty('acr_values_supported')
    tenant.state.settings.acr_values_supported = ['urn:acme:strong']
    expect((await discover(tenant.url))['acr_values_supported']).toEqual(['urn:acme:strong'])
    const error = async (acr_values: string) => {
      const { callback } = await callbackOf(tenant, { parameters: { acr_values } })
      return callback.searchParams.get('error')
    }
    expect(await error('urn:acme:strong')).toBeNull()
    expect(await error('urn:acme:strong urn:acme:other')).toBe('invalid_request')
  })

  it('runs the modules of the workspace, which its Actions name', async () => {
    const workspace = await exampleWorkspace({
      'actions/adjust-scopes.ts': `import shared from 'actions:shared'
export async function onExecutePostLogin(_event: object, api: any): Promise<void> {
  api.idToken.setCustomClaim('https://acme.example/region', shared.region)
}
`,
      'actions/shared-module.cjs': 'exports.region = actions.secrets.REGION\n',
      'tenant.yaml': `${TENANT_YAML.replace(/(- name: adjust-scopes\n)/, '$1    modules: [{ module_name: shared }]\n')}
actionModules:
  - name: shared
    code: ./actions/shared-module.cjs
    secrets: [{ name: REGION, value: us }]
`,
    })
    const tenant = await startAcme({ workspace, state: emptyState() })
    const { id_token } = await tenant.issueTokens('ada@acme.example')
    expect(decodeJwt(id_token!)).toMatchObject({ 'https://acme.example/region': 'us' })

    await rm(join(workspace, 'actions/shared-module.cjs'))
    await expect(startAcme({ workspace })).rejects.toMatchObject({
      code: 'ERR_INPUT',
      hint: expect.any(String),
    })
  })

  it('lets web pages of allowed origins read, and no others', async () => {
    const tenant = await startAcme()
    const preflight = (origin: string) =>
      fetch(`${tenant.url}/oauth/token`, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'auth0-client',
        },
      })
    const allowed = await preflight('http://localhost:5173')
    expect(allowed.status).toBe(204)
    expect(allowed.headers.get('access-control-allow-origin')).toBe('http://localhost:5173')
    expect(allowed.headers.get('access-control-allow-headers')).toContain('Auth0-Client')
    for (const origin of ['http://localhost:9999', 'https://evil.example', 'null']) {
      expect((await preflight(origin)).headers.get('access-control-allow-origin')).toBeNull()
    }
    const refused = await fetch(`${tenant.url}/oauth/token`, {
      method: 'POST',
      headers: { origin: 'http://localhost:5173' },
      body: new URLSearchParams({ grant_type: 'x' }),
    })
    expect(refused.headers.get('access-control-allow-origin')).toBe('http://localhost:5173')
  })

  it('issues tokens for a user without browser and password', async () => {
    const tenant = await startAcme()
    const tokens = await tenant.issueTokens('ada@acme.example', {
      client: 'shop',
      audience: ORDERS,
      scope: 'openid read:orders offline_access',
    })
    expect(tokens.refresh_token).toBeTruthy()
    expect(decodeJwt(tokens.access_token)).toMatchObject({
      iss: tenant.issuer,
      scope: 'openid read:orders offline_access',
    })
    await expect(tenant.issueTokens('nobody')).rejects.toMatchObject({ code: 'ERR_USAGE' })
    await expect(
      tenant.issueTokens('ada@acme.example', { audience: 'https://nowhere/' }),
    ).rejects.toMatchObject({
      code: 'ERR_OAUTH',
      message: expect.stringContaining('Service not found: https://nowhere/'),
    })
  })

  it('stops within a moment, and may be stopped twice', async () => {
    const tenant = await startTenant()
    await fetch(`${tenant.url}/.well-known/openid-configuration`)
    await tenant.stop()
    await tenant.stop()
    await expect(fetch(tenant.url)).rejects.toThrow()
  })
})
