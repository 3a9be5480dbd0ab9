import { compactVerify, createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  createKeyRing,
  type KeyRing,
  opaqueTokens,
  restoreKeyRing,
  signToken,
  storeKeyRing,
} from '../../lib/tokens/index.ts'

let keys: KeyRing
beforeAll(async () => {
  keys = await createKeyRing()
})

describe('signToken', () => {
  it.each(['RS256', 'PS256'] as const)('signs with %s so that the key set verifies it', async (alg) => {
    const token = await signToken({ sub: 'ada' }, { key: keys.current, alg })
    const { payload } = await jwtVerify(
      token,
      createLocalJWKSet({ keys: keys.jwks().keys.map(({ alg: _, ...key }) => key) }),
    )
    expect(payload).toEqual({ sub: 'ada' })
    expect(decodeProtectedHeader(token)).toEqual({ alg, typ: 'JWT', kid: keys.current.kid })
  })

  it('signs with ES256 and publishes the key from then on', async () => {
    const ring = await restoreKeyRing(await storeKeyRing(keys))
    const token = await signToken({}, { key: await ring.elliptic(), alg: 'ES256', typ: 'at+jwt' })
    await jwtVerify(token, createLocalJWKSet(ring.jwks()))
    expect(decodeProtectedHeader(token).typ).toBe('at+jwt')
  })

  it('signs with a secret and names no key', async () => {
    const token = await signToken({ a: 1 }, { key: 'a shared secret', alg: 'HS256' })
    await compactVerify(token, new TextEncoder().encode('a shared secret'))
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'HS256', typ: 'JWT' })
  })

  it('refuses a key of another kind', async () => {
    const misfit = { code: 'ERR_USAGE' }
    await expect(signToken({}, { key: keys.current, alg: 'HS256' })).rejects.toMatchObject(misfit)
    await expect(signToken({}, { key: keys.current, alg: 'ES256' })).rejects.toMatchObject(misfit)
    await expect(signToken({}, { key: 'secret', alg: 'RS256' })).rejects.toMatchObject(misfit)
  })
})

describe('the key ring', () => {
  it('publishes current and next, without private parts, and comes back the same from its stored form', async () => {
    const { keys: published } = keys.jwks()
    expect(published.slice(0, 2).map(({ kid }) => kid)).toEqual([keys.current.kid, keys.next.kid])
    for (const key of published)
      for (const secret of ['d', 'p', 'q', 'k']) expect(key).not.toHaveProperty(secret)
    const restored = await restoreKeyRing(await storeKeyRing(keys))
    expect(restored.current.kid).toBe(keys.current.kid)
    expect(restored.next.kid).toBe(keys.next.kid)
  })
})

describe('opaque tokens', () => {
  const token = { sub: 'ada', client_id: 'shop', scope: 'openid', exp: 1 }

  it('have five parts, the second empty, hide what they say, and open for their maker only', async () => {
    const tokens = opaqueTokens()
    const text = await tokens.seal(token, 'http://localhost/')
    expect(text.split('.').map((part) => part === '')).toEqual([false, true, false, false, false])
    expect(await tokens.open(text)).toEqual(token)
    expect(await opaqueTokens().open(text)).toBeUndefined()
    const tag = text.lastIndexOf('.') + 1
    const changed = text[tag] === 'A' ? 'B' : 'A'
    expect(await tokens.open(text.slice(0, tag) + changed + text.slice(tag + 1))).toBeUndefined()
    expect(await tokens.open('x')).toBeUndefined()
  })
})
