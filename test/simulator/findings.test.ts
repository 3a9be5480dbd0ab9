import { describe, expect, it } from 'vitest'
import { type Call, login } from './reference/row.ts'

describe('tokens', () => {
  it('carry what is kept, and every write has one verdict with its reason', async () => {
    const { tokens } = await login([
      (api) => {
        api.accessToken.setCustomClaim('https://acme.example/plan', 'free')
        api.accessToken.setCustomClaim('roles', ['admin'])
        api.accessToken.setCustomClaim('https://acme.example/plan', 'team')
        api.accessToken.setCustomClaim('https://acme.example/none', undefined)
        api.idToken.setCustomClaim('phone_number', '+43')
        try {
          api.idToken.setCustomClaim('scope', 'x')
        } catch {}
      },
    ])
    expect(tokens.writes.map(({ claim, verdict, rule }) => [claim, verdict, rule])).toEqual([
      ['https://acme.example/plan', 'overwritten', 'claims/overwritten'],
      ['roles', 'dropped', 'claims/restricted-name'],
      ['https://acme.example/plan', 'kept', undefined],
      ['https://acme.example/none', 'dropped', 'claims/undefined-value'],
      ['phone_number', 'dropped', 'claims/oidc-profile-scope'],
      ['scope', 'refused', 'claims/reserved-scope'],
    ])
    for (const { verdict, reason } of tokens.writes) expect(reason === undefined).toBe(verdict === 'kept')
    expect(tokens.accessToken).toMatchObject({ 'https://acme.example/plan': 'team' })
    expect(tokens.accessToken).not.toHaveProperty('roles')
    expect(tokens.findings.map(({ rule }) => rule).sort()).toEqual([
      'claims/oidc-profile-scope',
      'claims/reserved-scope',
      'claims/restricted-name',
      'claims/undefined-value',
    ])
  })

  it.each<[string, Call, string, RegExp]>([
    ['an unknown method', (api) => api.accessToken.addClaim('a'), 'runtime/threw', /no such method/],
    [
      'a missing member',
      (_api, event) => event.organization.name,
      'runtime/threw',
      /Guard what may be missing/,
    ],
  ])('come with a finding on %s', async (_what, body, rule, hint) => {
    const { tokens } = await login([body])
    expect(tokens.findings).toEqual([
      expect.objectContaining({ rule, severity: 'error', hint: expect.stringMatching(hint) }),
    ])
  })
})
