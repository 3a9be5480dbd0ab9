import { describe, expect, it } from 'vitest'
import {
  appendParameters,
  isNonVerifiable,
  matchesCallback,
  matchesLogoutUrl,
} from '../../../lib/tenant/authentication/callbacks.ts'

describe('a callback', () => {
  it.each([
    ['https://app.acme.example/cb', 'https://app.acme.example/cb', true],
    ['https://app.acme.example/cb', 'https://app.acme.example/cb/', false],
    ['https://app.acme.example/cb', 'http://app.acme.example/cb', false],
    ['https://app.acme.example/cb', 'https://app.acme.example:443/cb', false],
    ['https://app.acme.example/cb', 'https://APP.acme.example/cb', false],
    ['com.acme.app://cb', 'com.acme.app://cb', true],
    ['https://*.acme.example/cb', 'https://one.acme.example/cb', true],
    ['https://*.acme.example/cb', 'https://one.two.acme.example/cb', false],
    ['https://*.acme.example/cb', 'https://acme.example/cb', false],
    ['https://*.acme.example/cb', 'https://evil.example/.acme.example/cb', false],
    ['https://*.acme.example/cb', 'https://evil.example?.acme.example/cb', false],
    ['https://*.acme.example/cb', 'https://evil@x.acme.example/cb', false],
    ['https://pre-*-post.acme.example/cb', 'https://pre-1-post.acme.example/cb', true],
    ['https://pre-*-post.acme.example/cb', 'https://pre--post.acme.example/cb', false],
    ['https://*.example/cb', 'https://evil.example/cb', false],
    ['https://sub.*.acme.example/cb', 'https://sub.x.acme.example/cb', false],
    ['https://*.*.acme.example/cb', 'https://a.b.acme.example/cb', false],
    ['https://app.acme.example/*', 'https://app.acme.example/x', false],
    ['com.*.app://cb', 'com.x.app://cb', false],
    ['javascript:alert(1)', 'javascript:alert(1)', false],
    [' data:text/html,x', ' data:text/html,x', false],
  ])('registered as %s, sent as %s: %s', (entry, address, expected) => {
    expect(matchesCallback(address, [entry])).toBe(expected)
  })

  it('may name its organization, and only in a request that is in one', () => {
    const entry = ['https://{organization_name}.acme.example/cb']
    expect(matchesCallback('https://beta.acme.example/cb', entry, 'beta')).toBe(true)
    expect(matchesCallback('https://gamma.acme.example/cb', entry, 'beta')).toBe(false)
    expect(matchesCallback('https://beta.acme.example/cb', entry)).toBe(false)
    expect(
      matchesCallback(
        'https://x-beta.acme.example/cb',
        ['https://x-{organization_name}.acme.example/cb'],
        'beta',
      ),
    ).toBe(false)
  })

  it.each([
    ['http://localhost:3000/cb', true],
    ['http://127.0.0.9/cb', true],
    ['http://[::1]:1/cb', true],
    ['com.acme.app://cb', true],
    ['https://localhost.acme.example/cb', false],
    ['https://acme.example/cb', false],
  ])('%s can be claimed by another program: %s', (address, expected) => {
    expect(isNonVerifiable(address)).toBe(expected)
  })

  it('keeps its own query, and takes no line breaks into a header', () => {
    expect(appendParameters('https://a.example/cb?x=1', { code: 'a b', state: undefined })).toBe(
      'https://a.example/cb?x=1&code=a+b',
    )
    expect(appendParameters('https://a.example/cb', { state: 'x\r\nset-cookie: a' })).toBe(
      'https://a.example/cb?state=x%0D%0Aset-cookie%3A+a',
    )
    expect(appendParameters('https://a.example/ä\r\n', {})).toBe('https://a.example/%C3%A4%0D%0A')
    expect(appendParameters('https://a.example/cb', { a: '1' }, 'fragment')).toBe('https://a.example/cb#a=1')
  })
})

describe('a logout address', () => {
  it.each([
    ['https://acme.example/bye', 'https://ACME.example/bye?x=1#y', true],
    ['https://acme.example/bye', 'https://acme.example/Bye', false],
    ['https://acme.example/bye', '//acme.example/bye', false],
    ['https://acme.example', 'https://acme.example.evil.example', false],
    ['https://*.acme.example/bye', 'https://one.acme.example/bye?x=1', true],
    ['https://*.acme.example/bye', 'https://one.evil.example/bye', false],
    ['javascript:alert(1)', 'javascript:alert(1)', false],
  ])('registered as %s, sent as %s: %s', (entry, address, expected) => {
    expect(matchesLogoutUrl(address, [entry])).toBe(expected)
  })
})
