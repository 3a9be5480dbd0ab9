import { describe, expect, it } from 'vitest'
import { readCallback } from '../../../lib/oauth/index.ts'
import type { Tenant } from '../../../lib/tenant/index.ts'
import { acmeState, callbackOf, deployAction, post, startAcme, tokensOf } from '../acme.ts'

/** Many requests with one credential at the same time, while an Action takes its time: no order of them wins twice. */

const SLOW = `
let runs = 0
exports.onExecutePostLogin = async (event, api) => {
  if (event.transaction.protocol !== 'oauth2-refresh-token') return
  const run = ++runs
  await new Promise((done) => setTimeout(done, 5 + (run * 37) % 40))
  if (run <= Number(event.client.metadata.denied ?? 0)) api.access.deny('not yet')
}`

async function startSlow(options: { leeway?: number; denied?: number; clock?: () => Date } = {}) {
  const state = acmeState()
  deployAction(state, 'slow', SLOW)
  const shop = state.clients.get('shop')!
  shop.refresh_token!.leeway = options.leeway ?? 0
  shop.client_metadata = { denied: String(options.denied ?? 0) }
  return startAcme({ state, ...(options.clock !== undefined && { clock: options.clock }) })
}

const exchange = (tenant: Tenant, refresh_token: unknown) =>
  post(tenant, '/oauth/token', {
    grant_type: 'refresh_token',
    client_id: 'shop',
    refresh_token: String(refresh_token),
  })

const together = (tenant: Tenant, refresh_token: string, times: number) =>
  Promise.all(Array.from({ length: times }, () => exchange(tenant, refresh_token)))

const given = (answers: Awaited<ReturnType<typeof exchange>>[]) =>
  answers.filter(({ status }) => status === 200).map(({ body }) => body['refresh_token'])

describe('many refreshes with one token', () => {
  it('give tokens once, and end the family', async () => {
    const tenant = await startSlow()
    const { refresh_token } = await tokensOf(tenant)
    const tokens = given(await together(tenant, refresh_token, 30))
    expect(tokens).toHaveLength(1)
    expect((await exchange(tenant, tokens[0])).status).toBe(403)
  })

  it('give tokens twice at most in the overlap period, and end the family', async () => {
    const tenant = await startSlow({ leeway: 60 })
    const { refresh_token } = await tokensOf(tenant)
    const tokens = given(await together(tenant, refresh_token, 30))
    expect(tokens).toHaveLength(2)
    for (const token of [...tokens, refresh_token]) expect((await exchange(tenant, token)).status).toBe(403)
  })

  it('that are two in the overlap period give two tokens, and both are good', async () => {
    const tenant = await startSlow({ leeway: 60 })
    const { refresh_token } = await tokensOf(tenant)
    const tokens = given(await together(tenant, refresh_token, 2)).sort()
    expect(new Set([refresh_token, ...tokens]).size).toBe(3)
    for (const token of tokens) expect((await exchange(tenant, token)).status).toBe(200)
  })

  it('that an Action denies give the token back, and never two', async () => {
    const tenant = await startSlow({ denied: 1 })
    const { refresh_token } = await tokensOf(tenant)
    expect((await exchange(tenant, refresh_token)).body['error']).toBe('access_denied')
    const tokens = given(await together(tenant, refresh_token, 10))
    expect(tokens).toHaveLength(1)
  })

  it('that an Action denies do not make the overlap period longer', async () => {
    let now = Date.now()
    const tenant = await startSlow({ leeway: 10, denied: 9, clock: () => new Date(now) })
    const shop = tenant.state.clients.get('shop')!
    const { refresh_token } = await tokensOf(tenant)
    shop.client_metadata!['denied'] = '0'
    expect((await exchange(tenant, refresh_token)).status).toBe(200)
    shop.client_metadata!['denied'] = '9'
    now += 8_000
    expect((await exchange(tenant, refresh_token)).body['error']).toBe('access_denied')
    now += 8_000
    expect((await exchange(tenant, refresh_token)).body['error']).toBe('invalid_grant')
  })

  it('while its user is blocked or its family revoked give nothing that lives on', async () => {
    const tenant = await startSlow()
    const { refresh_token } = await tokensOf(tenant)
    const [answer] = await Promise.all([
      exchange(tenant, refresh_token),
      post(tenant, '/oauth/revoke', { client_id: 'shop', token: refresh_token }),
    ])
    expect((await exchange(tenant, answer.body['refresh_token'] ?? refresh_token)).status).toBe(403)
  })
})

describe('many exchanges of one code', () => {
  it('give tokens once, and take back what the first gave', async () => {
    const tenant = await startSlow()
    const { callback, code_verifier, redirect_uri } = await callbackOf(tenant)
    const { code } = readCallback(callback, { state: 'the state' })
    const fields = { grant_type: 'authorization_code', client_id: 'shop', code, code_verifier, redirect_uri }
    const answers = await Promise.all(Array.from({ length: 30 }, () => post(tenant, '/oauth/token', fields)))
    const tokens = given(answers)
    expect(tokens).toHaveLength(1)
    if (tokens[0] !== undefined) expect((await exchange(tenant, tokens[0])).status).toBe(403)
  })

  it('by another app, or with a wrong verifier, take nothing from the right one', async () => {
    const tenant = await startSlow()
    const { callback, code_verifier, redirect_uri } = await callbackOf(tenant)
    const { code } = readCallback(callback, { state: 'the state' })
    const fields = { grant_type: 'authorization_code', client_id: 'shop', code, code_verifier, redirect_uri }
    const foreign = { ...fields, client_id: 'server', client_secret: 'a secret of the web server' }
    const answers = await Promise.all(
      [foreign, { ...fields, code_verifier: 'x'.repeat(43) }, fields, foreign].map((each) =>
        post(tenant, '/oauth/token', each),
      ),
    )
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 200, 403])
    expect((await exchange(tenant, answers[2]!.body['refresh_token'])).status).toBe(200)
  })

  it.each([
    ['a wrong verifier', { code_verifier: 'x'.repeat(43) }],
    ['no verifier', { code_verifier: '' }],
    ['another redirect_uri', { redirect_uri: 'http://localhost:5173/other' }],
  ])(
    'that come after the right one with %s take nothing from it, and the right one again does',
    async (_, wrong) => {
      const tenant = await startSlow()
      const { callback, code_verifier, redirect_uri } = await callbackOf(tenant)
      const { code } = readCallback(callback, { state: 'the state' })
      const fields = {
        grant_type: 'authorization_code',
        client_id: 'shop',
        code,
        code_verifier,
        redirect_uri,
      }
      const right = await post(tenant, '/oauth/token', fields)
      expect((await post(tenant, '/oauth/token', { ...fields, ...wrong })).status).toBe(403)
      const refreshed = await exchange(tenant, right.body['refresh_token'])
      expect(refreshed.status).toBe(200)
      expect((await post(tenant, '/oauth/token', fields)).status).toBe(403)
      expect((await exchange(tenant, refreshed.body['refresh_token'])).status).toBe(403)
    },
  )
})
