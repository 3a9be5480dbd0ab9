import { describe, expect, it } from 'vitest'
import { createInProcessRuntime } from '../../lib/runtime/index.ts'
import { postLoginEvent, type SimulatedEvent, situation } from '../../lib/simulator/index.ts'

// biome-ignore lint/suspicious/noExplicitAny: wrong arguments are the point
type Call = (api: any, event: any) => unknown
const NOW = Date.UTC(2026, 0, 15)

interface Options {
  event?: SimulatedEvent
  handler?: 'onExecutePostLogin' | 'onContinuePostLogin'
  facts?: Record<string, unknown>
}

/** What the call answers or throws; `api` when it answers the api object itself. */
async function answer(call: Call, { event = postLoginEvent(), handler, facts }: Options = {}) {
  let outcome: unknown
  const body = async (own: unknown, api: unknown) => {
    try {
      const value = await call(api, own)
      outcome = value === api ? 'api' : value
    } catch (error) {
      outcome = error
    }
  }
  const name = handler ?? 'onExecutePostLogin'
  const run = await createInProcessRuntime({ sample: { [name]: body } }).run({
    action: { name: 'sample', code: '', file: 'sample.js', secrets: {} },
    handler: name,
    event,
    facts: { now: NOW, ...facts },
  })
  return { outcome, ...run }
}

const resumed: Options = { handler: 'onContinuePostLogin' }
const refresh: Options = { event: situation('refresh') }
const online: Options = { event: situation('refresh', { refresh_token: { access: 'online' } }) }
const noSession: Options = { event: situation('noSession') }
const odd: Options = { event: postLoginEvent({ user: { app_metadata: 'text', user_metadata: [] } }) }

describe('return values', () => {
  it.each<[string, Call, unknown, Options?]>([
    ['access.deny', (api) => api.access.deny('r'), 'api'],
    ['accessToken.setCustomClaim', (api) => api.accessToken.setCustomClaim('a', 1), 'api'],
    ['idToken.setCustomClaim', (api) => api.idToken.setCustomClaim('a', 1), 'api'],
    [
      'authentication.recordMethod',
      (api) => api.authentication.recordMethod('https://x.example'),
      'api',
      resumed,
    ],
    ['multifactor.enable', (api) => api.multifactor.enable('any'), 'api'],
    ['redirect.sendUserTo', (api) => api.redirect.sendUserTo('https://x.example'), 'api'],
    ['user.setAppMetadata', (api) => api.user.setAppMetadata('a', 1), 'api'],
    ['user.setUserMetadata', (api) => api.user.setUserMetadata('a', { b: 1 }), 'api'],
    ['validation.error', (api) => api.validation.error('c', 'm'), 'api'],
    ['accessToken.addScope', (api) => api.accessToken.addScope('a'), undefined],
    ['accessToken.removeScope', (api) => api.accessToken.removeScope('a'), undefined],
    ['authentication.challengeWith', (api) => api.authentication.challengeWith({ type: 'email' }), undefined],
    [
      'authentication.challengeWithAny',
      (api) => api.authentication.challengeWithAny([{ type: 'otp' }]),
      undefined,
    ],
    ['authentication.enrollWith', (api) => api.authentication.enrollWith({ type: 'otp' }), undefined],
    [
      'authentication.enrollWithAny',
      (api) => api.authentication.enrollWithAny([{ type: 'phone' }]),
      undefined,
    ],
    ['authentication.setPrimaryUser', (api) => api.authentication.setPrimaryUser('auth0|2'), undefined],
    ['prompt.render', (api) => api.prompt.render('ap_1', { fields: { a: 1 } }), undefined],
    ['refreshToken.revoke', (api) => api.refreshToken.revoke('r'), undefined, refresh],
    ['refreshToken.setExpiresAt', (api) => api.refreshToken.setExpiresAt(NOW), undefined],
    ['refreshToken.setIdleExpiresAt', (api) => api.refreshToken.setIdleExpiresAt(NOW), undefined],
    ['refreshToken.setMetadata', (api) => api.refreshToken.setMetadata('a', 'b'), undefined],
    ['refreshToken.deleteMetadata', (api) => api.refreshToken.deleteMetadata('a'), undefined],
    ['refreshToken.evictMetadata', (api) => api.refreshToken.evictMetadata(), undefined],
    ['session.revoke', (api) => api.session.revoke('r', { preserveRefreshTokens: true }), undefined],
    ['session.setExpiresAt', (api) => api.session.setExpiresAt(NOW), undefined],
    ['session.setIdleExpiresAt', (api) => api.session.setIdleExpiresAt(NOW), undefined],
    ['session.setCookieMode', (api) => api.session.setCookieMode('persistent'), undefined],
    ['session.setMetadata', (api) => api.session.setMetadata('a', 'b'), undefined],
    ['session.deleteMetadata', (api) => api.session.deleteMetadata('a'), undefined, noSession],
    ['session.evictMetadata', (api) => api.session.evictMetadata(), undefined, noSession],
    ['transaction.setMetadata', (api) => api.transaction.setMetadata('a', 1), undefined],
    ['transaction.addTargetScope', (api) => api.transaction.addTargetScope('a'), undefined],
    ['transaction.removeTargetScope', (api) => api.transaction.removeTargetScope('a'), undefined],
    ['transaction.setTargetScopes', (api) => api.transaction.setTargetScopes(['a']), undefined],
    ['transaction.clearTargetScopes', (api) => api.transaction.clearTargetScopes(), undefined],
    ['samlResponse.setAttribute', (api) => api.samlResponse.setAttribute('a', ['b', 1, true]), undefined],
    ['samlResponse.setIssuer', (api) => api.samlResponse.setIssuer('urn:x'), undefined],
    ['samlResponse.setSignResponse', (api) => api.samlResponse.setSignResponse(true), undefined],
    ['redirect.canRedirect', (api) => api.redirect.canRedirect(), true],
    [
      'redirect.canRedirect, silent',
      (api) => api.redirect.canRedirect(),
      false,
      { event: situation('silent') },
    ],
    ['redirect.canRedirect, refresh', (api) => api.redirect.canRedirect(), false, refresh],
    [
      'redirect.canRedirect, password',
      (api) => api.redirect.canRedirect(),
      false,
      { event: situation('password') },
    ],
    [
      'rules.wasExecuted',
      (api) => api.rules.wasExecuted('rul_1'),
      true,
      { facts: { executedRules: ['rul_1'] } },
    ],
    ['rules.wasExecuted, another', (api) => api.rules.wasExecuted('rul_2'), false],
    ['cache.get', (api) => api.cache.get('a'), undefined],
    [
      'cache.set',
      (api) => api.cache.set('a', 'b'),
      { type: 'success', record: { value: 'b', expires_at: NOW + 900_000 } },
    ],
    [
      'cache.delete',
      (api) => {
        api.cache.set('a', 'b')
        return api.cache.delete('a')
      },
      { type: 'success' },
    ],
    [
      'roles.getUserEffectiveRolesByNames',
      (api) => api.roles.getUserEffectiveRolesByNames(['b', 'c']),
      { roles: [{ id: 'rol_b', name: 'b', type: 'tenant' }] },
      { event: postLoginEvent({ authorization: { roles: ['a', 'b'] } }) },
    ],
    [
      'roles.getUserEffectiveRoles by pages',
      (api) => api.roles.getUserEffectiveRoles({ take: 1, from: '1' }),
      { roles: [{ id: 'rol_b', name: 'b', type: 'tenant' }], next: '2' },
      { event: postLoginEvent({ authorization: { roles: ['a', 'b', 'c'] } }) },
    ],
    [
      'groups.hasGroupMembership',
      (api) => api.groups.hasGroupMembership(['staff', 'other']),
      {
        memberships: {
          staff: { is_member: true, matches: [{ id: 'grp_1', name: 'staff', group_type: 'tenant' }] },
          other: { is_member: false },
        },
      },
      { facts: { groups: [{ id: 'grp_1', name: 'staff' }] } },
    ],
  ])('%s', async (_method, call, expected, options) => {
    expect((await answer(call, options)).outcome).toEqual(expected)
  })
})

describe('refused arguments', () => {
  const long = (length: number) => 'x'.repeat(length)
  it.each<[string, Call, string | RegExp, Options?]>([
    [
      'the claim scope, access token',
      (api) => api.accessToken.setCustomClaim('scope', 1),
      'The "scope" claim cannot be set.',
    ],
    [
      'the claim scope, ID token',
      (api) => api.idToken.setCustomClaim('scope', 1),
      'The "scope" claim cannot be set.',
    ],
    [
      'a scope that is no string',
      (api) => api.accessToken.addScope(1),
      'The value for the scope must be a string.',
    ],
    ['an empty scope', (api) => api.accessToken.addScope('  '), 'The value for the scope is required.'],
    [
      'a long scope',
      (api) => api.accessToken.removeScope(long(281)),
      'The value for the scope exceeds the allowed maximum of 280 characters.',
    ],
    [
      'a scope with a blank',
      (api) => api.transaction.addTargetScope('a b'),
      'The value for the scope must not have whitespace.',
    ],
    [
      'too many added scopes',
      (api) => {
        for (let i = 0; i <= 1000; i++) api.accessToken.addScope(`s${i}`)
      },
      'The number of scopes exceeds the allowed maximum of 1000.',
    ],
    [
      'too many target scopes',
      (api) => api.transaction.setTargetScopes(Array.from({ length: 1001 }, (_, i) => `s${i}`)),
      'The number of scopes exceeds the allowed maximum of 1000.',
    ],
    [
      'target scopes that are no array',
      (api) => api.transaction.setTargetScopes('a'),
      'The value for scopes must be an array.',
    ],
    [
      'target scopes where the tenant lacks them',
      (api) => api.transaction.clearTargetScopes(),
      'Method not implemented.',
      { facts: { targetScopes: false } },
    ],
    [
      'app metadata that is stored as text',
      (api) => api.user.setAppMetadata('a', 1),
      'Unexpected app_metadata format. Must be a valid JSON object',
      odd,
    ],
    [
      'user metadata that is stored as a list',
      (api) => api.user.setUserMetadata('a', 1),
      'Unexpected user_metadata format. Must be a valid JSON object.',
      odd,
    ],
    ['a metadata key with a dot', (api) => api.user.setAppMetadata('a.b', 1), /must not contain/],
    ['a metadata key with a dollar', (api) => api.user.setUserMetadata('$a', 1), /must not contain/],
    ['more than 32 kB of metadata', (api) => api.user.setUserMetadata('a', long(32_001)), /32 kB/],
    [
      'an empty primary user',
      (api) => api.authentication.setPrimaryUser(''),
      'The provided primary_user_id must be a non-empty string',
    ],
    [
      'a long primary user',
      (api) => api.authentication.setPrimaryUser(long(129)),
      'The provided primary_user_id exceeds the maximum length.',
    ],
    [
      'a second primary user',
      (api) => [api.authentication.setPrimaryUser('a'), api.authentication.setPrimaryUser('b')],
      'The primary user can only be altered once per transaction',
    ],
    [
      'recordMethod before a redirect',
      (api) => api.authentication.recordMethod('https://x.example'),
      /onContinuePostLogin/,
    ],
    [
      'recordMethod with another scheme',
      (api) => api.authentication.recordMethod('ftp://x.example'),
      /http\(s\)/,
      resumed,
    ],
    ['enrolment of e-mail', (api) => api.authentication.enrollWith({ type: 'email' }), /factor type/],
    ['a relative address', (api) => api.redirect.sendUserTo('/here'), /Invalid URL/],
    [
      'a redirect and a form',
      (api) => [api.redirect.sendUserTo('https://x.example'), api.prompt.render('p')],
      'Redirect and render commands cannot be used in the same action.',
    ],
    [
      'a form and a redirect',
      (api) => [api.prompt.render('p'), api.redirect.sendUserTo('https://x.example')],
      'Redirect and render commands cannot be used in the same action.',
    ],
    [
      'two forms',
      (api) => [api.prompt.render('p'), api.prompt.render('q')],
      'Only 1 render command per action is allowed.',
    ],
    ['a long form id', (api) => api.prompt.render(long(49)), /48/],
    ['another form option', (api) => api.prompt.render('p', { other: {} }), /options/],
    ['a form field with a dash', (api) => api.prompt.render('p', { fields: { 'a-b': 1 } }), /fields/],
    [
      'no token parameter',
      (api) => api.redirect.validateToken({ secret: 's', tokenParameterName: 'tok' }),
      "There is no parameter called 'tok' available in either the POST body or query string.",
    ],
    [
      'session expiry zero',
      (api) => api.session.setExpiresAt(0),
      'Either inactivity or absolute expiration time must be provided',
    ],
    [
      'refresh-token expiry NaN',
      (api) => api.refreshToken.setIdleExpiresAt(Number.NaN),
      'Either inactivity or absolute expiration time must be provided',
    ],
    [
      'expiry of an online token',
      (api) => api.refreshToken.setExpiresAt(NOW),
      'Cannot call setExpiresAt on an online refresh token.',
      online,
    ],
    ['no cookie mode', (api) => api.session.setCookieMode(), 'Cookie mode must be provided'],
    [
      'another cookie mode',
      (api) => api.session.setCookieMode('x'),
      "Invalid cookie mode: x. Valid values are 'persistent' and 'non-persistent'.",
    ],
    [
      'session metadata without a session',
      (api) => api.session.setMetadata('a', 'b'),
      'Failed to set session metadata: Cannot set metadata on a session that does not exist.',
      noSession,
    ],
    [
      'a session metadata key',
      (api) => api.session.setMetadata('a b', 'c'),
      /^Failed to set session metadata: Invalid metadata: /,
    ],
    [
      'a session metadata value',
      (api) => api.session.setMetadata('a', 1),
      /^Failed to set session metadata: Invalid metadata: /,
    ],
    [
      'refresh-token metadata that is too long',
      (api) => api.refreshToken.setMetadata('a', long(256)),
      /^Failed to set refresh token metadata: Invalid metadata: /,
    ],
    [
      'a 26th entry',
      (api) => {
        for (let i = 0; i < 26; i++) api.refreshToken.setMetadata(`k${i}`, 'v')
      },
      /^Failed to set refresh token metadata: Invalid metadata: /,
    ],
    ['session.revoke with another option', (api) => api.session.revoke('r', { other: 1 }), /other/],
    ['refreshToken.revoke in a login', (api) => api.refreshToken.revoke('r'), /refresh token exchange/],
    ['a long code', (api) => api.validation.error(long(101), 'm'), /100/],
    [
      'Duo options for another provider',
      (api) => api.multifactor.enable('any', { providerOptions: {} }),
      /duo/,
    ],
    ['another MFA provider', (api) => api.multifactor.enable('sms'), /provider/],
    [
      'transaction metadata that is an object',
      (api) => api.transaction.setMetadata('a', {}),
      /string, a number/,
    ],
    ['a transaction metadata key', (api) => api.transaction.setMetadata(long(65), 1), /64/],
    ['a transaction metadata value', (api) => api.transaction.setMetadata('a', long(8193)), /8 KB/],
    ['an unsafe integer', (api) => api.transaction.setMetadata('a', 2 ** 53), /safe/],
    [
      'no groups',
      (api) => api.groups.hasGroupMembership([]),
      'The "groups" parameter must be a non-empty array of strings.',
    ],
    [
      'take zero',
      (api) => api.groups.getUserGroups({ take: 0 }),
      'The "take" parameter must be a positive integer if provided.',
    ],
    ['take over 100', (api) => api.roles.getUserEffectiveRoles({ take: 101 }), /100/],
    ['51 role names', (api) => api.roles.getUserEffectiveRolesByNames(Array(51).fill('a')), /50/],
    ['a SAML enum', (api) => api.samlResponse.setDigestAlgorithm('md5'), /sha256/],
    ['a SAML text', (api) => api.samlResponse.setIssuer(long(513)), /512/],
    [
      'a method taken off its object',
      (api) => {
        const { setCustomClaim } = api.accessToken
        setCustomClaim('a', 1)
      },
      /private member|undefined/,
    ],
    ['a value that JSON cannot carry', (api) => api.idToken.setCustomClaim('a', 1n), /BigInt/],
  ])('%s', async (_what, call, message, options) => {
    const { outcome, commands } = await answer(call, options)
    expect(outcome).toBeInstanceOf(Error)
    if (typeof message === 'string') expect((outcome as Error).message).toBe(message)
    else expect((outcome as Error).message).toMatch(message)
    // The call is on record with what it threw, except where the method did not even get to run.
    if (commands.length > 0) expect(commands.at(-1)?.threw).toBe((outcome as Error).message)
  })
})

describe('the cache', () => {
  it.each<[string, Call, string]>([
    ['an unknown key', (api) => api.cache.delete('a'), 'CacheKeyDoesNotExist'],
    ['a key over 64 bytes', (api) => api.cache.set('é'.repeat(33), 'v'), 'CacheKeySizeExceeded'],
    ['a value over 4096 bytes', (api) => api.cache.set('k', 'x'.repeat(4097)), 'CacheValueSizeExceeded'],
    [
      'an expiry in the past',
      (api) => api.cache.set('k', 'v', { expires_at: NOW - 1 }),
      'ItemAlreadyExpired',
    ],
    ['an expiry that is no number', (api) => api.cache.set('k', 'v', { ttl: Number.NaN }), 'InvalidExpiry'],
    ['a value that is no text', (api) => api.cache.set('k', {}), 'FailedToSetCacheRecord'],
    [
      'a 21st entry',
      (api) => {
        for (let i = 0; i < 20; i++) api.cache.set(`k${i}`, 'v')
        return api.cache.set('last', 'v')
      },
      'MaxSideEffectsExceeded',
    ],
    [
      'more than 8 kB in all',
      (api) => {
        api.cache.set('a', 'x'.repeat(4096))
        return api.cache.set('b', 'x'.repeat(4096))
      },
      'CacheSizeExceeded',
    ],
  ])('answers with an error for %s, and does not throw', async (_what, call, code) => {
    expect((await answer(call)).outcome).toEqual({ type: 'error', code })
  })

  it('takes the earlier of two expiries, and never more than a day', async () => {
    const expiry = async (options: object) =>
      (await answer((api) => api.cache.set('k', 'v', options).record.expires_at)).outcome
    expect(await expiry({ ttl: 5000, expires_at: NOW + 1000 })).toBe(NOW + 1000)
    expect(await expiry({ ttl: 90_000_000 })).toBe(NOW + 86_400_000)
  })
})

describe('the event', () => {
  it('shows live changes and nothing else', async () => {
    const { event } = await answer((api, own) => {
      api.session.setMetadata('a', 'b')
      api.session.setCookieMode('persistent')
      api.refreshToken.setMetadata('a', 'b')
      api.user.setAppMetadata('a', 1)
      api.transaction.setMetadata('a', 1)
      api.transaction.setMetadata('gone', 1)
      api.transaction.setMetadata('gone', null)
      expect(own.session).toMatchObject({ metadata: { a: 'b' }, cookie: { mode: 'persistent' } })
      expect(own.transaction.metadata).toEqual({ a: 1 })
      expect(own.user.app_metadata).toEqual({})
      expect(own).not.toHaveProperty('refresh_token')
    })
    expect(event).toEqual({
      session: { metadata: { a: 'b' }, cookie: { mode: 'persistent' } },
      transaction: { metadata: { a: 1 } },
    })
  })

  it('mirrors metadata of a refresh token that exists', async () => {
    const { event } = await answer((api) => api.refreshToken.setMetadata('a', 'b'), refresh)
    expect(event).toEqual({ refresh_token: { metadata: { a: 'b' } } })
  })
})

it('keeps secrets, tokens and keys out of the record', async () => {
  const { commands } = await answer((api) => {
    api.redirect.encodeToken({ secret: 'hush-1', payload: {} })
    api.multifactor.enable('duo', { providerOptions: { host: 'h', ikey: 'i', skey: 'hush-2' } })
    api.samlResponse.setKey('hush-3')
  })
  expect(commands).toHaveLength(3)
  expect(JSON.stringify(commands)).not.toContain('hush')
})
