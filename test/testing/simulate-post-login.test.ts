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
  it('gives an application of somebody else no scope of OpenID Connect and no ID token, whoever asks', async () => {
    const onExecutePostLogin = async (_event: Any, api: Any) => {
      api.transaction.addTargetScope('phone')
      api.idToken.setCustomClaim('https://acme.example/x', 1)
    }
    const result = await simulatePostLogin({
      actions: [{ onExecutePostLogin }],
      event: situation('thirdParty'),
    })
    expect(result).toMatchObject({ outcome: 'allowed', scopes: [] })
    expect(result.idToken).toBeUndefined()
    expect(result).toHaveDroppedClaim('https://acme.example/x', 'claims/no-id-token')
    expect(result.scopeTrace.map(({ scope, rule }) => [scope, rule])).toEqual(
      ['openid', 'profile', 'email', 'phone'].map((scope) => [scope, 'scopes/third-party']),
    )
  })

  it('grants the scopes of transaction.requested_scopes, unless the event names others elsewhere', async () => {
    const actions = [{ onExecutePostLogin: async () => {} }]
    const transaction = { requested_scopes: ['openid', 'phone'] }
    for (const event of [postLoginEvent({ transaction }), situation('silent', { transaction })]) {
      expect(event.request.query['scope']).toBe('openid phone')
      expect((await simulatePostLogin({ actions, event })).scopes).toEqual(['openid', 'phone'])
    }
    const other = postLoginEvent({ transaction: { ...transaction, target_scopes: ['openid'] } })
    expect((await simulatePostLogin({ actions, event: other })).scopes).toEqual(['openid'])
  })

  it('lets what stands in several places of an event follow what the overrides name', () => {
    const overrides = {
      client: { client_id: 'partner' },
      resource_server: { identifier: 'https://orders.acme.example/' },
      user: { user_id: 'auth0|9' },
      session: { id: 'session-9' },
      transaction: {
        redirect_uri: 'https://shop.acme.example/',
        state: 's9',
        prompt: ['login' as const],
        login_hint: 'ada',
        requested_scopes: ['openid'],
      },
      request: { ip: '198.51.100.9' },
    }
    const login = postLoginEvent(overrides)
    expect(login.request.query).toEqual({
      response_type: 'code',
      client_id: 'partner',
      redirect_uri: 'https://shop.acme.example/',
      scope: 'openid',
      audience: 'https://orders.acme.example/',
      state: 's9',
      prompt: 'login',
      login_hint: 'ada',
    })
    expect(login.session).toMatchObject({
      user_id: 'auth0|9',
      clients: [{ client_id: 'partner' }],
      device: { initial_ip: '203.0.113.7', last_ip: '198.51.100.9' },
    })
    expect(login.user.identities).toMatchObject([{ user_id: '9' }])
    expect(situation('refresh', overrides).refresh_token).toMatchObject({
      client_id: 'partner',
      user_id: 'auth0|9',
      session_id: 'session-9',
      resource_servers: [{ audience: 'https://orders.acme.example/', scopes: 'openid' }],
    })
    expect(situation('password', overrides).request).toMatchObject({
      query: {},
      body: { grant_type: 'password', scope: 'openid', audience: 'https://orders.acme.example/' },
    })
    const seeded = postLoginEvent({}, { seed: 7 })
    expect(seeded.session?.device?.last_ip).toBe(seeded.request.ip)
    expect(situation('sparseSocial').session?.user_id).toBe('github|1000001')
    expect(situation('thirdParty').session?.clients).toEqual([
      { client_id: situation('thirdParty').client.client_id },
    ])
  })

  it('asks for no API where the overrides take it away, and leaves what they name', () => {
    const gone = { resource_server: undefined }
    expect(postLoginEvent(gone).request.query).not.toHaveProperty('audience')
    expect(situation('password', gone).request.body).not.toHaveProperty('audience')
    expect(situation('refresh', gone).refresh_token?.resource_servers).toEqual([])
    const named = postLoginEvent({
      client: { client_id: 'a' },
      request: { query: { client_id: 'b' } },
      session: undefined,
      transaction: { state: undefined },
    })
    expect(named.request.query).toMatchObject({ client_id: 'b' })
    expect(named.request.query).not.toHaveProperty('state')
    expect(named).not.toHaveProperty('session')
    expect(postLoginEvent({ transaction: undefined }).request.query).toHaveProperty('state')
    expect(postLoginEvent({ user: { user_id: 'github|5', identities: [] } }).user.identities).toEqual([])
  })

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

  it('shows the trace when a matcher fails, and no claim value that nobody asked for', async () => {
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

  it.each(['__proto__', 'constructor', 'hasOwnProperty'])(
    'keeps what an Action or a tenant calls %s, whichever way it runs',
    async (name) => {
      const root = await folderWith({
        'keeps.cjs': `const name = ${JSON.stringify(name)}
exports.onExecutePostLogin = async (event, api) => {
  api.cache.set(name, 'v')
  api.user.setAppMetadata(name, { a: 1 })
  api.transaction.setMetadata(name, 't')
  api.session.setMetadata(name, 's')
  api.samlResponse.setAttribute(name, 'a')
  api.accessToken.setCustomClaim(name, 'x')
  api.accessToken.addScope(name)
  const at = (object) => Object.entries(object).find(([key]) => key === name)?.[1]
  api.idToken.setCustomClaim('https://acme.example/seen', [
    at(event.secrets), at(event.user.app_metadata), at(event.request.query), api.cache.get(name)?.value,
    at(event.transaction.metadata), at(event.session.metadata),
  ])
}`,
      })
      const own = (value: string) => Object.fromEntries([[name, value]])
      const event = {
        ...postLoginEvent({ ...onApi, user: { app_metadata: own('m') }, request: { query: own('q') } }),
        secrets: own('s'),
      }
      const imported = (await import(`${root}/keeps.cjs`)) as { default: Handlers }
      for (const actions of [[imported.default], ['keeps.cjs']]) {
        const result = await simulatePostLogin({ actions, event, root })
        expect(result).toHaveIdTokenClaim('https://acme.example/seen', ['s', 'm', 'q', 'v', 't', 's'])
        expect(result).toHaveAccessTokenClaim(name, 'x')
        expect(result).toHaveScope(name)
        expect(Object.entries(result.appMetadata)).toEqual([[name, { a: 1 }]])
      }
    },
  )

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

  it('says what was expected and what was found when a matcher fails', async () => {
    const result = await simulatePostLogin({
      actions: [plans as Handlers],
      event: postLoginEvent({ ...onApi, user: { app_metadata: { plan: { tier: 'team', seats: 5 } } } }),
    })
    const plan = 'https://acme.example/plan'
    const failing: [() => void, string, string][] = [
      [
        () => expect(result).toHaveAccessTokenClaim(plan, { tier: 'gold', seats: 5 }),
        `${plan} in the access token: { tier: 'gold', seats: 5 }`,
        "{ tier: 'team', seats: 5 }",
      ],
      [
        () => expect(result).not.toHaveAccessTokenClaim(plan),
        `${plan} in the access token`,
        "{ tier: 'team', seats: 5 }",
      ],
      [() => expect(result).toHaveIdTokenClaim(plan, 'x'), `${plan} in the ID token: 'x'`, 'not there'],
      [
        () => expect(result).toHaveDroppedClaim('roles', 'claims/other'),
        'roles dropped by claims/other',
        'dropped access_token claims/restricted-name',
      ],
      [() => expect(result).toHaveDroppedClaim('x'), 'x dropped', 'nobody writes x'],
      [() => expect(result).toHaveScope('fly'), 'the scope fly', 'scopes: openid profile email'],
      [() => expect(result).toHaveBeenDenied('closed'), 'denied (closed)', 'allowed'],
      [() => expect(result).toHaveFailed('oops'), 'error (oops)', 'allowed'],
      [
        () => expect(result).toHaveRedirected('https://a.example/'),
        'redirect to https://a.example/',
        'allowed',
      ],
      [() => expect(result).toHaveUsedAllResponses(), 'no response unused', 'the run was given no responses'],
    ]
    for (const [matcher, expected, actual] of failing) {
      const error = await Promise.resolve()
        .then(matcher)
        .catch((thrown: Error) => thrown)
      const [first, second] = (error as Error).message.split('\n')
      expect(first).toMatch(/^expected( not)?: /)
      expect([first!.replace(/^expected( not)?: /, ''), second]).toEqual([expected, `actual:   ${actual}`])
    }
    const { actual, expected } = claimMatchers.toHaveAccessTokenClaim(result, plan, 'gold')
    expect([actual, expected]).toEqual([{ tier: 'team', seats: 5 }, 'gold'])
  })

  describe('with Actions Modules', () => {
    const files = {
      'action.js': `const { planOf } = require('actions:plans')
exports.onExecutePostLogin = async (event, api) => {
  api.idToken.setCustomClaim('https://acme.example/plan', planOf(event.user))
}`,
      'imported.mjs': `import { planOf } from 'actions:plans'
export const onExecutePostLogin = async (event, api) => {
  api.idToken.setCustomClaim('https://acme.example/plan', planOf(event.user))
}`,
      'modules/plans.js': `const names = require('names')
exports.planOf = ({ app_metadata }) => names[app_metadata.plan] + actions.secrets.MARK`,
      'modules/plans.ts': `export const planOf = (user: object): string => 'typed' + (user as { name?: string }).name?.length`,
      'node_modules/names/package.json': '{"name":"names"}',
      'node_modules/names/index.js': "exports.team = 'Team'",
    }
    const event = postLoginEvent({ user: { app_metadata: { plan: 'team' }, name: 'Ada' } })

    it('gives those of the option to Actions by path, with their secrets', async () => {
      const folder = await folderWith(files)
      const modules = { plans: { file: 'modules/plans.js', secrets: { MARK: '!' } } }
      for (const action of ['action.js', 'imported.mjs']) {
        const result = await simulatePostLogin({ actions: [action], event, root: folder, modules })
        expect(result).toHaveIdTokenClaim('https://acme.example/plan', 'Team!')
      }
      const typed = { plans: 'modules/plans.ts' }
      const result = await simulatePostLogin({ actions: ['action.js'], event, root: folder, modules: typed })
      expect(result).toHaveIdTokenClaim('https://acme.example/plan', 'typed3')
    })

    it('gives those of a workspace where the test names none', async () => {
      const folder = await folderWith({
        ...files,
        'tenant.yaml': `actionModules:
  - name: plans
    code: modules/plans.js
    secrets:
      - name: MARK
        value: '@@MARK@@'
`,
        'tenant.local.yaml':
          'keywords:\n  MARK: "?"\nusers:\n  - email: ada@acme.example\n    password: Test-1234!\n',
      })
      const result = await simulatePostLogin({ actions: ['action.js'], event, root: folder })
      expect(result).toHaveIdTokenClaim('https://acme.example/plan', 'Team?')
    })

    it('says what to do where there is none, and where the Actions are imported', async () => {
      const folder = await folderWith({ 'action.js': files['action.js'] })
      const result = await simulatePostLogin({ actions: ['action.js'], event, root: folder })
      expect(result).toHaveFailed("Cannot find module 'actions:plans'")
      expect(result.findings[0]?.hint).toContain('In a test, give its file as modules')
      await expect(
        simulatePostLogin({ actions: ['action.js'], event, root: folder, modules: { plans: 'plans.js' } }),
      ).rejects.toMatchObject({ code: 'ERR_INPUT', message: 'there is no readable file "plans.js"' })
      await expect(
        simulatePostLogin({ actions: [plans as Handlers], event, modules: { plans: 'plans.js' } }),
      ).rejects.toMatchObject({ code: 'ERR_USAGE', hint: expect.stringContaining('resolve.alias') })
    })
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

    it.each([
      ['in this process', [asking]],
      ['by file', ['asking.js']],
    ])('names the responses that match nothing, %s', async (_how, actions) => {
      const root = await folderWith({
        'asking.js': `exports.onExecutePostLogin = async (event, api) => {
          const response = await fetch('https://plans.example/ada', { method: 'POST', body: 'ada' })
          api.idToken.setCustomClaim('https://acme.example/plan', await response.text())
        }`,
      })
      const [right, wrong] = [
        { url: 'https://plans.example/ada', body: 'team' },
        { url: 'https://plan.example/' },
      ]
      const run = (...responses: object[]) =>
        simulatePostLogin({ actions, event, root, network: { responses } })
      const missed = await run(wrong)
      expect(missed).toHaveFailed(
        'The network is refused in this run: POST https://plans.example/ada, which no response answers (left: https://plan.example/; used: none). Allow it, or give the responses to use.',
      )
      expect(missed.findings[0]?.hint).toContain('give responses in the test')
      expect(missed).not.toHaveUsedAllResponses()
      const used = await run(right)
      expect(used).toHaveUsedAllResponses()
      const more = await run(right, wrong, {})
      expect(more.unusedResponses).toEqual([wrong, {}])
      expect(() => expect(more).toHaveUsedAllResponses()).toThrow(
        'unused: https://plan.example/, one for any address',
      )
    })

    it.each([{}, { responses: {} }, { responses: ['x'] }, 'deny', null, 3])(
      'refuses %j as a way to answer',
      async (network) => {
        await expect(
          simulatePostLogin({ actions: [asking], event, network: network as Any }),
        ).rejects.toMatchObject({ code: 'ERR_USAGE' })
      },
    )

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
    scopeTrace,
    suspension: _,
    ...result
  }: Awaited<ReturnType<typeof simulatePostLogin>>) => ({
    ...result,
    findings: result.findings.map(({ rule, claim }) => [rule, claim]),
    runs: runs.map(({ handler, error }) => [handler, error?.kind, error?.name, error?.message]),
    commands: commands.map(({ method, args, threw }) => [method, args, threw]),
    writes: writes.map(({ claim, value, verdict, rule }) => [claim, value, verdict, rule]),
    scopeTrace: scopeTrace.map(({ by, operation, scope, verdict, rule }) => [
      by,
      operation,
      scope,
      verdict,
      rule,
    ]),
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
