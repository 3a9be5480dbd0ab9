import { describe, expect, it } from 'vitest'
import { createInProcessRuntime, type Handlers } from '../../lib/runtime/index.ts'
import {
  postLoginEvent,
  runPostLogin,
  settleTokens,
  situation,
  tokenContextOf,
} from '../../lib/simulator/index.ts'
import type { PipelineOptions } from '../../lib/simulator/types.ts'

// biome-ignore lint/suspicious/noExplicitAny: Actions in JavaScript have no types either
type Body = (event: any, api: any) => void

const handlers = (body: Body, resumed?: Body): Handlers => ({
  onExecutePostLogin: async (event: unknown, api: unknown) => body(event, api),
  ...(resumed && { onContinuePostLogin: async (event: unknown, api: unknown) => resumed(event, api) }),
})

function pipeline(bodies: Handlers[], more: Partial<PipelineOptions> = {}) {
  const named = Object.fromEntries(bodies.map((body, index) => [`action-${index + 1}`, body]))
  const actions = Object.keys(named).map((name) => ({
    name,
    code: '',
    file: `${name}.js`,
    secrets: { NAME: `secret of ${name}` },
  }))
  return runPostLogin({ actions, event: postLoginEvent(), runtime: createInProcessRuntime(named), ...more })
}

describe('several Actions', () => {
  it('run in order, each with its own secrets and its own event', async () => {
    const seen: unknown[] = []
    const note: Body = (event) => {
      seen.push([event.secrets.NAME, event.user.app_metadata.touched])
      event.user.app_metadata.touched = true
    }
    expect((await pipeline([handlers(note), handlers(note)])).outcome).toBe('allowed')
    expect(seen).toEqual([
      ['secret of action-1', undefined],
      ['secret of action-2', undefined],
    ])
  })

  it('do not run after a deny, whose own Action runs to its end and keeps its metadata', async () => {
    const result = await pipeline([
      handlers((_event, api) => {
        api.access.deny('blocked')
        api.user.setAppMetadata('denied', true)
      }),
      handlers((_event, api) => api.idToken.setCustomClaim('a', 1)),
    ])
    expect(result).toMatchObject({
      outcome: 'denied',
      reason: 'blocked',
      appMetadata: { denied: true },
      writes: [],
    })
    expect(result.runs).toHaveLength(1)
  })

  it('lose every other command to an uncaught throw', async () => {
    const result = await pipeline([
      handlers((_event, api) => {
        api.user.setUserMetadata('a', 1)
        api.accessToken.addScope('read:orders')
      }),
      handlers(() => {
        throw new Error('upstream is down')
      }),
    ])
    expect(result).toMatchObject({
      outcome: 'error',
      reason: 'upstream is down',
      userMetadata: {},
      scopes: { add: [], remove: [] },
    })
  })

  it('see what earlier ones set as transaction metadata and target scopes', async () => {
    let seen: unknown
    const result = await pipeline([
      handlers((event, api) => {
        api.transaction.setMetadata('step', 1)
        api.transaction.addTargetScope('read:orders')
        expect(event.transaction.metadata.step).toBe(1)
      }),
      handlers((event) => {
        seen = [
          event.transaction.metadata,
          event.transaction.target_scopes,
          event.transaction.requested_scopes,
        ]
      }),
    ])
    expect(seen).toEqual([
      { step: 1 },
      ['openid', 'profile', 'email', 'read:orders'],
      ['openid', 'profile', 'email'],
    ])
    expect(result.targetScopes).toEqual(['openid', 'profile', 'email', 'read:orders'])
  })

  it('share the cache', async () => {
    let value: unknown
    await pipeline([
      handlers((_event, api) => api.cache.set('k', 'v')),
      handlers((_event, api) => {
        value = api.cache.get('k').value
      }),
    ])
    expect(value).toBe('v')
  })

  it('let the last call for a scope decide', async () => {
    const { scopes } = await pipeline([
      handlers((_event, api) => {
        api.accessToken.addScope(' a ')
        api.accessToken.addScope('b')
      }),
      handlers((_event, api) => api.accessToken.removeScope('b')),
    ])
    expect(scopes).toEqual({ add: ['a'], remove: ['b'] })
  })

  it('may demand a factor four times in one login, not five', async () => {
    const twice = handlers((_event, api) => {
      api.authentication.challengeWith({ type: 'otp' })
      api.authentication.enrollWithAny([{ type: 'phone' }])
    })
    expect((await pipeline([twice, twice])).outcome).toBe('allowed')
    expect((await pipeline([twice, twice, twice])).outcome).toBe('error')
  })

  it('change the primary user once in a login', async () => {
    const change = handlers((_event, api) => api.authentication.setPrimaryUser('auth0|other'))
    expect((await pipeline([change])).outcome).toBe('allowed')
    expect((await pipeline([change, change])).reason).toBe(
      'The primary user can only be altered once per transaction',
    )
  })
})

describe('a redirect', () => {
  const first = handlers((_event, api) => api.idToken.setCustomClaim('first', 1))
  const redirecting = handlers(
    (_event, api) => api.redirect.sendUserTo('https://consent.example/ask', { query: { q: 'a b' } }),
    (event, api) => api.idToken.setCustomClaim('answer', event.request.query.answer),
  )
  const last = handlers((_event, api) => api.idToken.setCustomClaim('last', 1))

  it('suspends after its Action and resumes in the same one, with what was written before', async () => {
    const before = await pipeline([first, redirecting, last])
    expect(before).toMatchObject({
      outcome: 'redirect',
      redirect: { url: 'https://consent.example/ask?q=a+b' },
      suspension: { actionIndex: 1 },
    })
    const suspension = structuredClone(before.suspension!)
    const event = postLoginEvent({ request: { query: { answer: 'yes' } } })
    const after = await pipeline([first, redirecting, last], { resume: { ...suspension, event } })
    expect(after.outcome).toBe('allowed')
    expect(after.runs.map(({ action, handler }) => `${action} ${handler}`)).toEqual([
      'action-2 onContinuePostLogin',
      'action-3 onExecutePostLogin',
    ])
    expect(after.writes.map(({ claim, value }) => [claim, value])).toEqual([
      ['first', 1],
      ['answer', 'yes'],
      ['last', 1],
    ])
  })

  it('fails when the Action has no handler for the way back', async () => {
    const oneWay = handlers((_event, api) => api.redirect.sendUserTo('https://consent.example/'))
    const before = await pipeline([oneWay])
    const after = await pipeline([oneWay], { resume: before.suspension! })
    expect(after.outcome).toBe('error')
    expect(after.reason).toContain('Invalid function signature for the "onContinuePostLogin" handler.')
  })

  it('is not possible in a refresh exchange', async () => {
    const result = await pipeline([redirecting], { event: situation('refresh') })
    expect(result.outcome).toBe('error')
  })

  it('takes a token back that was signed for this user, and refuses others', async () => {
    let token = ''
    const make = handlers((event, api) => {
      token = api.redirect.encodeToken({ secret: 's', payload: { state: 'x', n: 1 } })
      expect(event.user.user_id).toBeDefined()
    })
    await pipeline([make])
    const outcomes: unknown[] = []
    const read = handlers((_event, api) => {
      for (const secret of ['s', 'other']) {
        try {
          outcomes.push(api.redirect.validateToken({ secret }).n)
        } catch (error) {
          outcomes.push((error as Error).message)
        }
      }
    })
    await pipeline([read], {
      event: postLoginEvent({ request: { query: { session_token: token, state: 'x' } } }),
    })
    await pipeline([read], {
      event: postLoginEvent({ request: { query: { session_token: token, state: 'y' } } }),
    })
    await pipeline([read])
    const missing =
      "There is no parameter called 'session_token' available in either the POST body or query string."
    expect(outcomes).toEqual([
      1,
      'The session token is invalid: invalid signature',
      'The session token is invalid: the state does not match',
      'The session token is invalid: invalid signature',
      missing,
      missing,
    ])
  })
})

describe('tokens', () => {
  const settle = async (
    bodies: Handlers[],
    event = postLoginEvent({ resource_server: { identifier: 'https://api.example/' } }),
  ) => {
    const result = await pipeline(bodies, { event })
    return settleTokens(result, tokenContextOf(event))
  }

  it('carry what is kept, and every write has one verdict with its reason', async () => {
    const { accessToken, writes, findings } = await settle([
      handlers((_event, api) => {
        api.accessToken.setCustomClaim('https://acme.example/plan', 'free')
        api.accessToken.setCustomClaim('roles', ['admin'])
        api.accessToken.setCustomClaim('https://acme.example/plan', 'team')
        api.accessToken.setCustomClaim('https://acme.example/none', undefined)
        api.idToken.setCustomClaim('phone_number', '+43')
        try {
          api.idToken.setCustomClaim('scope', 'x')
        } catch {}
      }),
    ])
    expect(writes.map(({ claim, verdict, rule }) => [claim, verdict, rule])).toEqual([
      ['https://acme.example/plan', 'overwritten', 'claims/overwritten'],
      ['roles', 'dropped', 'claims/restricted-name'],
      ['https://acme.example/plan', 'kept', undefined],
      ['https://acme.example/none', 'dropped', 'claims/undefined-value'],
      ['phone_number', 'dropped', 'claims/oidc-profile-scope'],
      ['scope', 'refused', 'claims/reserved-scope'],
    ])
    expect(accessToken).toMatchObject({ 'https://acme.example/plan': 'team' })
    expect(accessToken).not.toHaveProperty('roles')
    expect(findings.map(({ rule }) => rule).sort()).toEqual([
      'claims/oidc-profile-scope',
      'claims/reserved-scope',
      'claims/restricted-name',
    ])
  })

  it('are not made when the custom claims are too large', async () => {
    const big = handlers((_event, api) =>
      api.idToken.setCustomClaim('https://acme.example/x', 'x'.repeat(100_001)),
    )
    const { failure, writes } = await settle([big])
    expect(failure).toContain('ID token')
    expect(writes[0]).toMatchObject({ verdict: 'discarded', rule: 'claims/too-large' })
  })

  it.each<[string, Body, string, RegExp]>([
    ['an unknown method', (_event, api) => api.accessToken.addClaim('a'), 'runtime/threw', /no such method/],
    ['a missing member', (event) => event.organization.name, 'runtime/threw', /Guard what may be missing/],
  ])('come with a finding on %s', async (_what, body, rule, hint) => {
    const { findings } = await settle([handlers(body)])
    expect(findings).toEqual([
      expect.objectContaining({ rule, severity: 'error', hint: expect.stringMatching(hint) }),
    ])
  })

  it('have the scopes that Actions forced, and none of those they took', async () => {
    const { scopes, accessToken } = await settle([
      handlers((_event, api) => {
        api.accessToken.addScope('read:orders')
        api.accessToken.removeScope('email')
      }),
    ])
    expect(scopes).toEqual(['openid', 'profile', 'read:orders'])
    expect(accessToken?.['scope']).toBe('openid profile read:orders')
  })
})
