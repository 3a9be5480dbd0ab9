import { describe, expect, it } from 'vitest'
import { ExpiringMap } from '../../../lib/tenant/authentication/expiring-map.ts'
import { RefreshTokens } from '../../../lib/tenant/authentication/refresh-tokens.ts'
import { secret } from '../../../lib/tenant/authentication/store.ts'
import { SHOP } from '../acme.ts'

/** Nothing that a login leaves behind stays for good. */

describe('an expiring map', () => {
  it('answers nothing that has ended, and holds about as much as is alive', () => {
    let now = 0
    const map = new ExpiringMap<number>(() => new Date(now))
    for (let index = 0; index < 50_000; index++) {
      now = index
      map.set(`k${index}`, index, now + 100)
    }
    expect(map.get('k49899')).toBeUndefined()
    expect(map.get('k49999')).toBe(49_999)
    expect([...map.entries()]).toHaveLength(100)
    expect(map.size).toBeLessThan(600)
  })

  it('gives an entry that is taken to one of two', () => {
    const map = new ExpiringMap<string>(() => new Date(0))
    map.set('code', 'grant', 1)
    expect([map.take('code'), map.take('code')]).toEqual(['grant', undefined])
  })
})

describe('refresh tokens', () => {
  it('are forgotten when their family has ended', () => {
    let now = 0
    const tokens = new RefreshTokens(() => new Date(now))
    const client = { ...SHOP, refresh_token: { ...SHOP.refresh_token, token_lifetime: 10 } }
    for (let index = 0; index < 20_000; index++) {
      now += 100
      tokens.issue(client, { user_id: `u${index}`, scopes: [] })
    }
    expect(tokens.size).toBeLessThan(600)
  })

  it('are 200 of a user and an app at most: the oldest goes', () => {
    const tokens = new RefreshTokens(() => new Date(0))
    const issued = Array.from({ length: 201 }, () => tokens.issue(SHOP, { user_id: 'ada', scopes: [] }))
    expect(tokens.size).toBe(200)
    expect(tokens.claim(issued[0]!.token, SHOP).state).toBe('unknown')
    expect(tokens.claim(issued[1]!.token, SHOP).state).toBe('claimed')
  })
})

describe('secrets', () => {
  it('are as long as they are asked for, and never come twice', () => {
    const made = Array.from({ length: 5000 }, (_, index) => secret(16 + (index % 3) * 8))
    expect(new Set(made).size).toBe(made.length)
    expect(new Set(made.map((text) => text.length))).toEqual(new Set([22, 32, 43]))
  })
})
