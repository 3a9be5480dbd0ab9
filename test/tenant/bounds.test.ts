import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ExpiringMap } from '../../lib/tenant/authentication/expiring-map.ts'
import type { CodeGrant } from '../../lib/tenant/authentication/store.ts'
import { isDeeperThan, repeatedName, shortened } from '../../lib/tenant/bounds.ts'
import { startTenant } from '../../lib/tenant/index.ts'
import { acmeState, begin, callbackOf, deployAction, post, startAcme, tokensOf } from './acme.ts'

/** How much of what others send is taken. */

const HOUR_AHEAD = Date.now() + 3_600_000
const names = (count: number) => Array.from({ length: count }, (_, n) => n.toString(36))

describe('a form with thousands of names', () => {
  it('is read in one pass: twice as many take no more than about twice the steps', () => {
    /** Counts how often the list is read from its start. */
    class Counted extends URLSearchParams {
      passes = 0
      override getAll(name: string) {
        this.passes++
        return super.getAll(name)
      }
      override keys() {
        this.passes++
        return super.keys()
      }
    }
    for (const count of [10, 10_000]) {
      const params = new Counted(names(count).join('&'))
      expect(repeatedName(params)).toBeUndefined()
      expect(params.passes).toBe(1)
    }
    expect(repeatedName(new URLSearchParams(`${names(9).join('&')}&3`))).toBe('3')
  })

  it.each([
    '/oauth/token',
    '/oauth/revoke',
    '/oauth/par',
    '/dbconnections/signup',
    '/authorize',
    '/userinfo',
  ])('does not hold up %s', async (path) => {
    const tenant = await startAcme()
    const known = path === '/authorize' ? begin(tenant).url.search.slice(1) : ''
    const took = async (count: number) => {
      const body = `${known}&${names(count).join('&')}`
      const begun = performance.now()
      const response = await fetch(tenant.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body,
        redirect: 'manual',
      })
      expect(response.status).toBeLessThan(500)
      return performance.now() - begun
    }
    await took(10)
    // 16,000 names took 2.5 s; by far less than that even on a machine with much else to do.
    expect(await took(16_000)).toBeLessThan(1000)
  })
})

describe('a text that somebody sent', () => {
  it('is repeated to five hundred characters, in answers and in the log', async () => {
    const tenant = await startAcme()
    const long = 'x'.repeat(50_000)
    const { url } = begin(tenant, { parameters: { prompt: long } })
    const response = await fetch(`${tenant.url}/authorize`, {
      method: 'POST',
      body: url.searchParams,
      redirect: 'manual',
    })
    expect(response.headers.get('location')!.length).toBeLessThan(700)
    const { body } = await post(tenant, '/oauth/token', { grant_type: long, client_id: 'shop' })
    expect(String(body['error_description']).length).toBeLessThan(502)
    expect(JSON.stringify(tenant.log).length).toBeLessThan(2000)
    expect(shortened('as it is')).toBe('as it is')
  })
})

describe('values that are nested', () => {
  it('are measured without recursion, also when they are nested a million levels deep or very wide', () => {
    const deep = (levels: number) => {
      let value: unknown = 1
      for (let n = 0; n < levels; n++) value = n % 2 === 0 ? [value] : { value }
      return value
    }
    expect(isDeeperThan(deep(100), 100)).toBe(false)
    expect(isDeeperThan(deep(101), 100)).toBe(true)
    expect(isDeeperThan(deep(1_000_000), 100)).toBe(true)
    expect(
      isDeeperThan(
        Array.from({ length: 200_000 }, () => []),
        1,
      ),
    ).toBe(true)
    for (const flat of [1, null, 'x', {}, [], { a: 1 }]) expect(isDeeperThan(flat, 1)).toBe(false)
  })

  it.each(['api.user.setUserMetadata', 'api.user.setAppMetadata', 'api.idToken.setCustomClaim'])(
    'too deeply by an Action (%s) end its login, not the tenant, and nothing is kept',
    async (method) => {
      const state = acmeState()
      deployAction(
        state,
        'deep',
        `exports.onExecutePostLogin = async (event, api) => {
          let value = {}
          for (let n = 0; n < 500; n++) value = { value }
          if (event.request.query.deep) ${method}('https://acme.example/deep', value)
        }`,
      )
      const tenant = await startAcme({ state })
      const { callback } = await callbackOf(tenant, { parameters: { deep: '1' } })
      expect(Object.fromEntries(callback.searchParams)).toMatchObject({
        error: 'access_denied',
        error_description: 'An Action nests values more than 100 levels deep.',
      })
      expect([...state.users.values()][0]).toMatchObject({
        user_metadata: {},
        app_metadata: { plan: 'team' },
      })
      expect(tenant.log.filter(({ type }) => type === 'fapi')).toEqual([])
      await tokensOf(tenant)
    },
  )

  it('too deeply in tenant.local.yaml are refused at the start, with a sentence', async () => {
    let value: Record<string, unknown> = {}
    for (let n = 0; n < 20_000; n++) value = { value }
    const local = { users: [{ email: 'deep@acme.example', password: 'pw', app_metadata: value }] }
    await expect(startTenant({ local })).rejects.toMatchObject({
      code: 'ERR_INPUT',
      message: 'the metadata of "deep@acme.example" is nested more than 100 levels deep',
    })
  })

  it('too deeply in the answer to a form are refused on its page', async () => {
    const state = acmeState()
    deployAction(
      state,
      'form',
      `exports.onExecutePostLogin = async (event, api) => { api.prompt.render('f') }
       exports.onContinuePostLogin = async (event, api) => {}`,
    )
    const tenant = await startAcme({ state })
    const deep = `{"a":${'['.repeat(9000)}${']'.repeat(9000)}}`
    const answer = (url: string, init?: RequestInit) => {
      const { body } = init ?? {}
      if (body instanceof URLSearchParams && url.includes('/u/form')) body.set('fields', deep)
      return fetch(url, init)
    }
    await expect(callbackOf(tenant, { fetch: answer })).rejects.toThrow('nested too deeply')
    expect(tenant.log.filter(({ type }) => type === 'fapi')).toEqual([])
  })
})

describe('a map that is full', () => {
  it('gives its oldest entry up for a new one, and what was written again is not old', () => {
    const map = new ExpiringMap<number>(() => new Date(), 3)
    for (const key of ['a', 'b', 'c']) map.set(key, 1, HOUR_AHEAD)
    map.set('a', 2, HOUR_AHEAD)
    map.set('d', 1, HOUR_AHEAD)
    expect([...map.entries()].map(([key]) => key)).toEqual(['c', 'a', 'd'])
  })

  it('is that of logins under way: a site that begins twenty thousand leaves ten thousand', async () => {
    const tenant = await startAcme()
    const { url } = begin(tenant)
    const first = await fetch(url, { redirect: 'manual' })
    const cookie = first.headers.getSetCookie()[0]!.split(';')[0]!
    const at = new URL(first.headers.get('location')!, tenant.url)
    expect((await fetch(at, { headers: { cookie } })).status).toBe(200)
    const { authenticationRoutes } = await import('../../lib/tenant/authentication/routes.ts')
    const { Store } = await import('../../lib/tenant/authentication/store.ts')
    const store = new Store(() => new Date())
    const app = authenticationRoutes(tenant.context, store)
    for (let n = 0; n < 10_010; n++) await app.request(url.href)
    expect(store.transactions.size).toBe(10_000)
  })

  it('is that of used codes, of which there may be any number: little of what came with the login is kept', async () => {
    const tenant = await startAcme()
    const { authenticationRoutes } = await import('../../lib/tenant/authentication/routes.ts')
    const { Store } = await import('../../lib/tenant/authentication/store.ts')
    const store = new Store(() => new Date())
    const app = authenticationRoutes(tenant.context, store)
    const { url, code_verifier } = begin(tenant, { parameters: { state: 's'.repeat(4000) } })
    const sent = Object.fromEntries(url.searchParams) as Record<string, string>
    const request = { ...sent, redirect_uri_sent: true, query: sent } as never
    const grant = { request, user_id: 'nobody', session_id: 's' } as Partial<CodeGrant> as CodeGrant
    store.codes.set('the-code', grant, HOUR_AHEAD)
    const body = new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: sent['client_id']!,
      redirect_uri: sent['redirect_uri']!,
      code_verifier,
      code: 'the-code',
    })
    expect((await app.request(`${tenant.url}/oauth/token`, { method: 'POST', body })).status).toBe(403)
    const kept = [...store.usedCodes.entries()]
    expect(kept.map(([code]) => code)).toEqual(['the-code'])
    expect(JSON.stringify(kept).length).toBeLessThan(400)
  })
})

describe('a state file', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'claims-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it.runIf(process.platform !== 'win32')(
    'that never ends is not begun: a pipe, a device, a folder',
    async () => {
      const pipe = join(folder, 'pipe')
      execFileSync('mkfifo', [pipe])
      for (const stateFile of [pipe, '/dev/zero', folder]) {
        await expect(startAcme({ stateFile })).rejects.toMatchObject({
          code: expect.stringMatching(/^ERR_(INPUT|ENVIRONMENT)$/),
          message: expect.stringMatching(/is not a file|cannot be written/),
        })
      }
    },
  )

  it('that is nested too deeply is damaged, and not changed', async () => {
    const stateFile = join(folder, 'state.json')
    const tenant = await startAcme({ stateFile })
    await tenant.stop()
    const text = await readFile(stateFile, 'utf8')
    const deep = text.replace(
      '"app_metadata":{',
      `"app_metadata":{"a":${'['.repeat(9000)}${']'.repeat(9000)},`,
    )
    await writeFile(stateFile, deep)
    await expect(startAcme({ stateFile })).rejects.toMatchObject({
      code: 'ERR_INPUT',
      message: expect.stringContaining('"users[0].app_metadata" is nested too deeply'),
    })
    expect(await readFile(stateFile, 'utf8')).toBe(deep)
  })
})
