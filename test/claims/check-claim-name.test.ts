import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  checkClaimName,
  claimName,
  claimRules,
  customClaimsBytes,
  isAuth0Audience,
  PROFILE_CLAIM_SCOPES,
  RESTRICTED_CLAIMS,
} from '../../lib/claims/index.ts'
import { namespaceHost } from '../../lib/claims/namespace.ts'
import type { TokenKind } from '../../lib/finding.ts'
import fc from '../helpers/fast-check.ts'

const tokens: TokenKind[] = ['id_token', 'access_token']

describe('checkClaimName', () => {
  it('knows the sixty restricted names and the nineteen profile claims', () => {
    expect(RESTRICTED_CLAIMS.size).toBe(60)
    expect(PROFILE_CLAIM_SCOPES.size).toBe(19)
  })

  it.each([
    ['scope', 'refused', 'claims/reserved-scope', 'error'],
    ['roles', 'dropped', 'claims/restricted-name', 'error'],
    ['x5t#S256', 'dropped', 'claims/restricted-name', 'error'],
    ['Roles', 'kept', 'claims/private-name', 'warning'],
    ['$plan', 'dropped', 'claims/dollar-prefix', 'error'],
    ['urn:auth0:plan', 'dropped', 'claims/urn-auth0', 'error'],
    ['URN:AUTH0:plan', 'dropped', 'claims/urn-auth0', 'error'],
    ['urn:acme:plan', 'kept', 'claims/urn', undefined],
    ['https://acme.example/roles', 'kept', 'claims/namespaced', undefined],
    ['https://acme.example', 'kept', 'claims/namespaced', undefined],
    ['https://foo/bar', 'kept', 'claims/namespaced', undefined],
    ['https://auth0.itatti.harvard.edu/x', 'kept', 'claims/namespaced', undefined],
    ['https://notauth0.com/x', 'kept', 'claims/namespaced', undefined],
    ['https://auth0.com.example.org/x', 'kept', 'claims/namespaced', undefined],
    ['https://example.org/auth0.com', 'kept', 'claims/namespaced', undefined],
    ['https://auth0.com@example.org/x', 'kept', 'claims/namespaced', undefined],
    ['https://auth0.com', 'dropped', 'claims/auth0-namespace', 'error'],
    ['https://dev-x.us.auth0.com/', 'dropped', 'claims/auth0-namespace', 'error'],
    ['HTTPS://X.AUTH0.COM.', 'dropped', 'claims/auth0-namespace', 'error'],
    ['https://me:pw@x.auth0.com:8443/y', 'dropped', 'claims/auth0-namespace', 'error'],
    ['http://example.webtask.io/x', 'dropped', 'claims/auth0-namespace', 'error'],
    ['https://webtask.run/x', 'dropped', 'claims/auth0-namespace', 'error'],
    ['https://', 'kept', 'claims/malformed-namespace', 'warning'],
    ['', 'kept', 'claims/private-name', 'warning'],
    ['ftp://acme.example/x', 'kept', 'claims/private-name', 'warning'],
    ['see https://x.auth0.com/y', 'kept', 'claims/private-name', 'warning'],
    ['email', 'kept', 'claims/oidc-profile-scope', 'warning'],
  ] as const)('judges %j on an access token as %s', (name, verdict, rule, severity) => {
    const judged = checkClaimName(name, { token: 'access_token' })
    expect(judged).toMatchObject({ verdict, rule })
    expect(judged.severity).toBe(severity)
  })

  it.each([
    ['https:/acme.example/data', 'An address has "://" after its scheme, e.g. "https://acme.example/data".'],
    ['http:acme.example/data', 'An address has "://" after its scheme, e.g. "http://acme.example/data".'],
    ['acme.example/roles', 'The name lacks "https://", e.g. "https://acme.example/roles".'],
    ['//api.acme.example/a/b', 'The name lacks "https://", e.g. "https://api.acme.example/a/b".'],
    ['acme.auth0.com/roles', 'Use a namespaced name, e.g. "https://acme.example/roles".'],
    ['plan', 'Use a namespaced name, e.g. "https://acme.example/plan".'],
    [
      'role',
      'Keep the name for Supabase, which reads it as it is; for others use "https://acme.example/role".',
    ],
  ])('says of %j what was meant', (name, hint) => {
    expect(checkClaimName(name, { token: 'id_token' }).hint).toBe(hint)
  })

  it.each([
    ['scope', 'dropped', 'claims/reserved-scope', 'warning'],
    ['https://x.auth0.com/plan', 'dropped', 'claims/auth0-namespace', 'error'],
    ['roles', 'dropped', 'claims/restricted-name', 'error'],
  ] as const)('judges %j on the token of an application by the request, not a login', (name, ...expected) => {
    const { verdict, rule, severity, reason } = checkClaimName(name, {
      token: 'access_token',
      subject: 'application',
    })
    expect([verdict, rule, severity]).toEqual(expected)
    expect(reason).not.toContain('login')
  })

  it.each([
    [
      { token: 'id_token' },
      'Ask for the scope "email", or use a namespaced name, e.g. "https://acme.example/email".',
    ],
    [
      { token: 'access_token' },
      'Use a namespaced name, e.g. "https://acme.example/email"; the ID token has "email" with the scope "email".',
    ],
    [
      { token: 'access_token', subject: 'application' },
      'Use a namespaced name, e.g. "https://acme.example/email".',
    ],
  ] as const)('says how %o can have a profile claim', (context, hint) => {
    for (const scopes of [undefined, ['openid'], ['openid', 'email']]) {
      expect(checkClaimName('email', { ...context, ...(scopes && { scopes }) }).hint).toBe(hint)
    }
  })

  it('tells a profile claim that may go from one that will, and from one that stays', () => {
    const severity = (token: TokenKind, scopes?: string[]) =>
      checkClaimName('email', { token, ...(scopes && { scopes }) }).severity
    expect([severity('access_token'), severity('id_token')]).toEqual(['warning', 'info'])
    expect([severity('access_token', []), severity('id_token', [])]).toEqual(['warning', 'warning'])
    expect([severity('access_token', ['email']), severity('id_token', ['email'])]).toEqual([
      'info',
      undefined,
    ])
  })

  it('drops the email alone from access tokens of the password grant', () => {
    const judge = (name: string, token: TokenKind, passwordGrant?: boolean) =>
      checkClaimName(name, {
        token,
        scopes: ['email'],
        ...(passwordGrant !== undefined && { passwordGrant }),
      })
    expect(judge('email', 'access_token', true)).toMatchObject({ verdict: 'dropped', evidence: 'support' })
    expect(judge('email', 'access_token', false).verdict).toBe('kept')
    expect(judge('email', 'access_token').verdict).toBe('kept')
    expect(judge('email', 'id_token', true).verdict).toBe('kept')
    expect(judge('email_verified', 'access_token', true).verdict).toBe('kept')
  })

  it('takes a URN of one’s own in an access token, and is in doubt of it in an ID token', () => {
    for (const name of ['urn:acme:plan', 'URN:acme:plan']) {
      expect(checkClaimName(name, { token: 'access_token' }).severity).toBeUndefined()
      expect(checkClaimName(name, { token: 'id_token' })).toMatchObject({
        verdict: 'kept',
        rule: 'claims/urn',
        severity: 'info',
      })
    }
    expect(checkClaimName('my-urn:acme:plan', { token: 'id_token' }).rule).toBe('claims/private-name')
    expect(checkClaimName('my-urn:auth0:plan', { token: 'id_token' }).rule).toBe('claims/private-name')
    expect(checkClaimName('urn:auth0:plan', { token: 'id_token' }).hint).toContain('"urn:acme:plan"')
  })

  it('keeps profile claims of an API of Auth0 by their scopes, as elsewhere', () => {
    const audience = 'https://acme.eu.auth0.com/api/v2/'
    const judge = (name: string) =>
      checkClaimName(name, { token: 'access_token', audience, scopes: ['email'] })
    expect(judge('email')).toMatchObject({ verdict: 'kept', rule: 'claims/oidc-profile-scope' })
    expect(judge('urn:acme:plan')).toMatchObject({ verdict: 'dropped', rule: 'claims/auth0-audience' })
  })

  it.each([
    ['$plan', 'https://acme.example/plan'],
    ['$', 'https://acme.example/name'],
    ['$$/plan', 'https://acme.example/plan'],
    ['a$', 'https://acme.example/a$'],
    ['https://x.auth0.com/a/plan', 'https://acme.example/plan'],
    ['https://x.auth0.com/a/plan/', 'https://acme.example/plan'],
    ['https://x.auth0.com', 'https://acme.example/name'],
    ['https://x.auth0.com#plan', 'https://acme.example/plan'],
    ['acme.auth0.com/a/b', 'https://acme.example/b'],
    ['a/b', 'https://acme.example/a/b'],
    ['acme.plan', 'https://acme.example/acme.plan'],
  ])('offers for %j the name %j', (name, offered) => {
    expect(checkClaimName(name, { token: 'access_token' }).hint).toContain(`"${offered}"`)
  })

  it('shows 250 letters of a name at most', () => {
    const shown = (name: string) => checkClaimName(name, { token: 'id_token' }).reason
    expect(shown('x'.repeat(250))).toContain(`"${'x'.repeat(250)}"`)
    expect(shown('x'.repeat(251))).toContain(`"${'x'.repeat(250)}…"`)
  })

  it.each(['session_expiry', 'express_configuration'])(
    'has nothing against %s, which Auth0 reads',
    (name) => {
      for (const token of tokens) expect(checkClaimName(name, { token }).severity).toBeUndefined()
    },
  )

  it('removes a profile claim whose scope was not asked for, and keeps it with the scope', () => {
    for (const [name, scope] of PROFILE_CLAIM_SCOPES) {
      for (const token of tokens) {
        expect(checkClaimName(name, { token, scopes: ['openid'] }).verdict).toBe('dropped')
        expect(checkClaimName(name, { token, scopes: ['openid', scope] }).verdict).toBe('kept')
      }
    }
  })

  it('drops short names from access tokens for an API of Auth0, and leaves namespaced ones in doubt', () => {
    const audience = 'https://acme.eu.auth0.com/api/v2/'
    expect(checkClaimName('plan', { token: 'access_token', audience })).toMatchObject({
      verdict: 'dropped',
      rule: 'claims/auth0-audience',
    })
    expect(checkClaimName('https://acme.example/plan', { token: 'access_token', audience })).toMatchObject({
      verdict: 'kept',
      severity: 'warning',
      evidence: 'contradiction',
    })
    expect(checkClaimName('plan', { token: 'id_token', audience }).rule).toBe('claims/private-name')
  })

  it('gives one verdict, with a source, for any name whatsoever', () => {
    const name = fc.oneof(fc.string({ unit: 'binary' }), fc.webUrl(), fc.constantFrom(...RESTRICTED_CLAIMS))
    fc.assert(
      fc.property(name, fc.constantFrom(...tokens), (any, token) => {
        const judged = checkClaimName(any, { token })
        expect(Object.keys(claimRules)).toContain(judged.rule)
        expect(judged.source).toMatch(/^https:/)
        expect(judged.verdict === 'kept' || judged.severity === 'error').toBe(true)
      }),
    )
  })

  it('drops every spelling of a host of Auth0', () => {
    const spelling = fc
      .tuple(
        fc.constantFrom('http', 'https', 'HTTPS'),
        fc.constantFrom('', 'user@', 'a:b@'),
        fc.constantFrom('', 'x.', 'X.EU.', 'münchen.'),
        fc.constantFrom('auth0.com', 'Auth0.Com', 'webtask.io', 'WEBTASK.RUN', 'ａuth0.com'),
        fc.constantFrom('', '.', ':8443'),
        fc.constantFrom('', '/', '/roles', '?a', '#a'),
      )
      .map(([scheme, user, sub, host, end, rest]) => `${scheme}://${user}${sub}${host}${end}${rest}`)
    fc.assert(
      fc.property(spelling, (name) => checkClaimName(name, { token: 'id_token' }).verdict === 'dropped'),
    )
  })

  it('judges a very long name', () => {
    expect(checkClaimName('x'.repeat(1_000_000), { token: 'id_token' }).rule).toBe('claims/private-name')
  })

  it('agrees with the example of each rule on names', () => {
    for (const rule of Object.values(claimRules)) {
      const [, before] = /setCustomClaim\('([^']+)'/.exec(rule.example.before) ?? []
      if (
        before === undefined ||
        ['claims/too-large', 'claims/namespaced', 'claims/undefined-value'].includes(rule.id)
      )
        continue
      if (['claims/auth0-audience', 'claims/standard-collision'].includes(rule.id)) continue
      const token = rule.example.before.includes('idToken') ? 'id_token' : 'access_token'
      expect(checkClaimName(before, { token }).rule).toBe(rule.id)
    }
  })
})

describe('claimName', () => {
  it('joins with one slash', () => {
    expect(claimName('https://acme.example', 'roles')).toBe('https://acme.example/roles')
    expect(claimName(new URL('https://acme.example/'), 'roles')).toBe('https://acme.example/roles')
  })

  it.each([
    ['https://login.auth0.com/', 'plan'],
    ['acme.example', 'plan'],
    ['https://acme.example/', ''],
  ])('refuses %s with %j', (namespace, name) => {
    expect(() => claimName(namespace, name)).toThrow(expect.objectContaining({ code: 'ERR_INPUT' }))
  })
})

describe('size and audience', () => {
  it('counts bytes of names and JSON values', () => {
    expect(customClaimsBytes({ a: '😀', b: undefined })).toBe(1 + 6)
  })

  it.each([
    ['https://acme.auth0.com/api/v2/', true],
    ['https://acme.eu.auth0.com/mfa', true],
    ['https://acme.auth0app.com/api', true],
    ['https://acme.auth0.com/userinfo', false],
    ['https://acme.auth0.com.example.org/api/v2/', false],
    ['https://acme.auth0.com/other/api', false],
    ['https://acme.auth0.com/api/other', false],
    ['https://notauth0.com/api/v2/', false],
    ['https://orders.acme.example/', false],
    ['orders', false],
  ])('takes %s for an API of Auth0: %s', (audience, own) => {
    expect(isAuth0Audience(audience)).toBe(own)
  })

  it('imports nothing of Node', () => {
    const text = readFileSync(new URL('../../lib/claims/check-claim-name.ts', import.meta.url), 'utf8')
    expect(text).not.toContain("'node:")
  })
})

describe('the host of a claim name', () => {
  const host = fc.array(
    fc.constantFrom(
      'a',
      'com',
      'xn--',
      'xn--p1ai',
      '1',
      '0x7f',
      '.',
      '-',
      ':',
      '8',
      '@',
      '/',
      '?',
      'Z',
      'ü',
      '%41',
      '_',
      '\t',
      '\\',
      '[',
      ']',
    ),
    {
      minLength: 1,
      maxLength: 6,
    },
  )

  it('is the one that URL reads, also where it is read without', () => {
    fc.assert(
      fc.property(fc.constantFrom('https://', 'http://'), host, (scheme, parts) => {
        const name = `${scheme}${parts.join('')}`
        let expected: string | undefined
        try {
          expected = new URL(name).hostname.replace(/\.+$/, '') || undefined
        } catch {}
        expect(namespaceHost(name)).toBe(expected)
      }),
      { seed: 8, numRuns: 5000 },
    )
  })
})
