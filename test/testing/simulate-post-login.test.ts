import { once } from 'node:events'
import { createServer } from 'node:http'
import { get } from 'node:https'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import {
  type ClaimMatchers,
  claimMatchers,
  eventFor,
  type Handlers,
  postLoginEvent,
  SITUATIONS,
  simulatePostLogin,
  situation,
} from '../../lib/testing.ts'
import * as fragile from '../fixtures/simulator/fragile.ts'
import { HARNESS_EVENT } from '../fixtures/simulator/harness-event.ts'
import * as plans from '../fixtures/simulator/plans.ts'
import { folderWith } from '../helpers/folder.ts'

// biome-ignore lint/suspicious/noExplicitAny: Actions as JavaScript has them
type Any = any

declare module 'vitest' {
  interface Matchers<T> extends ClaimMatchers {}
}

const root = fileURLToPath(new URL('../fixtures/simulator', import.meta.url))
const files = ['plans', 'fragile'].map((name) => `${root}/${name}.ts`)
const now = Date.UTC(2026, 0, 15)
const onApi = { resource_server: { identifier: 'https://api.example/' } }

beforeAll(() => expect.extend(claimMatchers))

describe('simulatePostLogin', () => {
  it('answers with tokens, trace and metadata', async () => {
    const result = await simulatePostLogin({
      actions: [plans as Handlers],
      event: {
        ...postLoginEvent({ ...onApi, user: { app_metadata: { plan: 'team' } } }),
        secrets: { MARK: 'yes' },
      },
    })
    expect(result).toHaveBeenAllowed()
    expect(result).toHaveAccessTokenClaim('https://acme.example/plan', 'team')
    expect(result).not.toHaveAccessTokenClaim('https://acme.example/plan', 'free')
    expect(result).not.toHaveIdTokenClaim('https://acme.example/plan')
    expect(result).toHaveDroppedClaim('roles', 'claims/restricted-name')
    expect(result).not.toHaveDroppedClaim('https://acme.example/plan')
    expect(result.appMetadata).toEqual({ seen: 'yes' })
  })

  it('shows the trace when a matcher fails, and no claim value', async () => {
    const result = await simulatePostLogin({
      actions: [plans as Handlers],
      event: postLoginEvent({
        ...onApi,
        user: { app_metadata: { plan: 'sensitive' }, email_verified: false },
      }),
    })
    expect(result).toHaveBeenDenied('verify your e-mail address first')
    const { message } = claimMatchers.toHaveAccessTokenClaim(result, 'https://acme.example/plan')
    expect(message()).toContain('outcome: denied (verify your e-mail address first)')
    expect(message()).toMatch(/plans\.ts:\d+:\d+ discarded access_token https:\/\/acme\.example\/plan/)
    expect(message()).not.toContain('sensitive')
  })

  it('refuses a mix of exports and paths', async () => {
    await expect(
      simulatePostLogin({ actions: [plans as Handlers, files[0]!], event: postLoginEvent() }),
    ).rejects.toMatchObject({ code: 'ERR_USAGE' })
  })

  it('says what became of a login, by matchers', async () => {
    const run = (body: (api: Any) => void, event: object = postLoginEvent(onApi)) =>
      simulatePostLogin({
        actions: [{ onExecutePostLogin: async (_event: unknown, api: Any) => body(api) }],
        event,
      })
    const scoped = await run((api) => api.accessToken.addScope('read:orders'))
    expect(scoped).toHaveScope('read:orders')
    expect(scoped).not.toHaveScope('write:orders')
    expect(() => expect(scoped).toHaveScope('write:orders')).toThrow('openid profile email read:orders')
    const away = await run((api) => api.redirect.sendUserTo('https://ask.example/form?x=1'))
    expect(away).toHaveRedirected('https://ask.example/form')
    expect(away).not.toHaveRedirected('https://ask.example/other')
    const silent = await run((api) => api.redirect.sendUserTo('https://ask.example/'), situation('silent'))
    expect(silent).toHaveFailed('Interaction required')
    expect(silent.error).toBe('interaction_required')
    expect(scoped).not.toHaveFailed()
    expect(() => expect(scoped).toHaveFailed('x')).toThrow('outcome: allowed')
  })

  it('makes the event of a login of a workspace, and of its other flows', async () => {
    const root = fileURLToPath(new URL('../..', import.meta.url))
    const login = { user: 'grace@acme.example', organization: 'acme' }
    const event = await eventFor(login, root)
    expect(event).toMatchObject({
      user: { email: 'grace@acme.example' },
      organization: { name: 'acme' },
      configuration: {},
      authorization: { roles: ['orders-manager'] },
      transaction: { protocol: 'oidc-basic-profile' },
    })
    const refresh = await eventFor({ ...login, protocol: 'oauth2-refresh-token' }, root)
    expect(refresh.refresh_token?.user_id).toBe(event.user.user_id)
    expect(refresh).not.toHaveProperty('session')
    expect(refresh).not.toHaveProperty('transaction.requested_scopes')
    const password = await eventFor({ ...login, protocol: 'oauth2-password', scope: 'openid' }, root)
    expect(password.request).toMatchObject({
      method: 'POST',
      body: { grant_type: 'password', scope: 'openid' },
    })
    expect(password).not.toHaveProperty('session')
    await expect(eventFor({ user: 'nobody@acme.example' }, root)).rejects.toMatchObject({ code: 'ERR_USAGE' })
  })

  it('lets another user log in for another seed, the same for the same', () => {
    expect(postLoginEvent({}, { seed: 7 })).toEqual(postLoginEvent({}, { seed: 7 }))
    expect(postLoginEvent({}, { seed: 7 }).user.user_id).not.toBe(
      postLoginEvent({}, { seed: 8 }).user.user_id,
    )
    expect(postLoginEvent({ user: { name: 'Zoe' } }, { seed: 7 }).user.name).toBe('Zoe')
    const { user, session } = postLoginEvent({}, { seed: 7 })
    expect(user.identities[0]?.user_id).toBe(user.user_id.split('|')[1])
    expect(session?.user_id).toBe(user.user_id)
  })

  it('refuses an event without a user, and says which member is missing', async () => {
    await expect(
      simulatePostLogin({ actions: [plans as Handlers], event: { client: {} } }),
    ).rejects.toMatchObject({ code: 'ERR_INPUT', message: 'the event has no user.user_id' })
  })

  it('takes an event as the harness of Auth0 makes it', async () => {
    const result = await simulatePostLogin({ actions: [plans as Handlers], event: HARNESS_EVENT })
    expect(result).toHaveBeenAllowed()
    expect(result).toHaveAccessTokenClaim('https://acme.example/plan', 'team')
    expect(result.idToken).toMatchObject({
      sub: 'auth0|5f7c8ec7c33c6c004bbafe82',
      org_id: 'org_juG7cAQ0CymOcVpV',
    })
  })

  it('finds paths from the root, and tells two files of one name apart', async () => {
    const folder = await folderWith({
      'a/code.js':
        "exports.onExecutePostLogin = async (e, api) => { api.user.setUserMetadata('lang', 'de') }",
      'b/code.js':
        "exports.onExecutePostLogin = async (e, api) => { api.authentication.setPrimaryUser('auth0|2') }",
    })
    const result = await simulatePostLogin({
      actions: ['a/code.js', 'b/code.js'],
      event: postLoginEvent(),
      root: folder,
    })
    expect(result.runs.map(({ action }) => action)).toEqual(['code', 'code-2'])
    expect(result.userMetadata).toEqual({ lang: 'de' })
  })

  it('continues after a redirect with what was written before it', async () => {
    const asking: Handlers = {
      async onExecutePostLogin(_event: unknown, api: Any) {
        api.transaction.setMetadata('asked', 'yes')
        api.user.setAppMetadata('step', 1)
        api.redirect.sendUserTo('https://ask.example/')
      },
      async onContinuePostLogin(event: Any, api: Any) {
        const { transaction, user, request } = event
        const seen = [transaction.metadata.asked, user.app_metadata.step, request.query.answer]
        api.idToken.setCustomClaim('https://acme.example/seen', seen)
      },
    }
    const first = await simulatePostLogin({ actions: [asking], event: postLoginEvent() })
    expect(first).toMatchObject({ outcome: 'redirect', redirect: { url: 'https://ask.example/' } })
    const second = await simulatePostLogin({
      actions: [asking],
      event: postLoginEvent({ request: { query: { answer: '42' } } }),
      resume: first.suspension!,
    })
    expect(second).toHaveIdTokenClaim('https://acme.example/seen', ['yes', 1, '42'])
  })

  describe('with the network', () => {
    const asking: Handlers = {
      async onExecutePostLogin(_event: unknown, api: Any) {
        const response = await fetch('https://plans.example/ada', { method: 'POST', body: 'ada' })
        api.idToken.setCustomClaim('https://acme.example/plan', await response.text())
      },
    }
    const byHttps: Handlers = {
      async onExecutePostLogin(_event: unknown, api: Any) {
        const text = await new Promise<string>((resolve, reject) => {
          get('https://plans.example/ada', (response) => {
            response.setEncoding('utf8').on('data', resolve)
          }).on('error', reject)
        })
        api.idToken.setCustomClaim('https://acme.example/plan', text)
      },
    }
    const event = postLoginEvent()

    it('refuses it unless told', async () => {
      const result = await simulatePostLogin({ actions: [asking], event })
      expect(result.reason).toContain('The network is refused in this run: POST https://plans.example.')
      const other = await simulatePostLogin({ actions: [byHttps], event })
      expect(other.reason).toContain('The network is refused in this run: a connection to plans.example:443.')
    })

    it.each([
      ['fetch', asking],
      ['node:https', byHttps],
    ])('answers %s from a list, or by a function', async (_how, action) => {
      const responses = [{ url: 'https://plans.example/', body: 'team' }]
      const listed = await simulatePostLogin({ actions: [action], event, network: { responses } })
      expect(listed).toHaveIdTokenClaim('https://acme.example/plan', 'team')
      const called = await simulatePostLogin({
        actions: [action],
        event,
        network: ({ url }) => new Response(`of ${new URL(url).pathname}`),
      })
      expect(called).toHaveIdTokenClaim('https://acme.example/plan', 'of /ada')
    })

    it('leaves the mocks of a suite alone, and the requests of everybody else', async () => {
      vi.stubGlobal('fetch', async () => new Response('stubbed'))
      onTestFinished(() => void vi.unstubAllGlobals())
      const result = await simulatePostLogin({ actions: [asking], event })
      expect(result).toHaveIdTokenClaim('https://acme.example/plan', 'stubbed')
      vi.unstubAllGlobals()

      const server = createServer((_request, response) => response.end('real')).listen(0, '127.0.0.1')
      onTestFinished(() => void server.close())
      await once(server, 'listening')
      const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
      const slow: Handlers = {
        async onExecutePostLogin() {
          await new Promise((resolve) => setTimeout(resolve, 100))
          await fetch(address)
        },
      }
      const [own, refused] = await Promise.all([
        fetch(address).then((response) => response.text()),
        simulatePostLogin({ actions: [slow], event }),
      ])
      expect(own).toBe('real')
      expect(refused.outcome).toBe('error')
      const allowed = await simulatePostLogin({ actions: [slow], event, network: 'allow' })
      expect(allowed.outcome).toBe('allowed')
    })
  })

  // Times and positions depend on how the code was compiled; stacks on where it ran.
  const comparable = ({
    runs,
    commands,
    writes,
    suspension: _,
    ...result
  }: Awaited<ReturnType<typeof simulatePostLogin>>) => ({
    ...result,
    findings: result.findings.map(({ rule, claim }) => [rule, claim]),
    runs: runs.map(({ handler, error }) => [handler, error?.kind, error?.name, error?.message]),
    commands: commands.map(({ method, args, threw }) => [method, args, threw]),
    writes: writes.map(({ claim, value, verdict, rule }) => [claim, value, verdict, rule]),
  })

  it.each(['ordinary', ...SITUATIONS] as const)(
    'gives the same in this process and in a child: %s',
    async (name) => {
      const event = name === 'ordinary' ? postLoginEvent(onApi) : situation(name, onApi)
      const facts = { now }
      const here = await simulatePostLogin({ actions: [plans, fragile] as Handlers[], event, facts })
      const there = await simulatePostLogin({ actions: files, event, facts, root })
      expect(comparable(there)).toEqual(comparable(here))
      expect(here.commands.length).toBeGreaterThan(0)
      expect(here.writes[0]?.at).toEqual({ file: `${root}/plans.ts`, line: 7, column: 19 })
      expect(there.writes[0]?.at).toEqual({ file: 'plans.ts', line: 7, column: 19 })
    },
  )
})
