import { describe, expect, test } from 'vitest'
import { tenantDomain } from '../../lib/cli/tenant-choice.ts'

describe('tenantDomain', () => {
  test('a stray variable never turns a local run into a real one', () => {
    expect(tenantDomain('local', 'acme.eu.auth0.com')).toBeUndefined()
  })

  test.each([
    ['real', 'acme.eu.auth0.com'],
    ['real', 'https://acme.eu.auth0.com/'],
    ['acme.eu.auth0.com', 'acme.eu.auth0.com'],
  ])('--tenant %s with AUTH0_DOMAIN=%s is that tenant', (flag, domain) => {
    expect(tenantDomain(flag, domain)).toBe('acme.eu.auth0.com')
  })

  test.each([
    ['real', undefined, /AUTH0_DOMAIN/],
    ['real', '', /AUTH0_DOMAIN/],
    ['acme.eu.auth0.com', undefined, /AUTH0_DOMAIN/],
    ['acme.eu.auth0.com', 'other.eu.auth0.com', /"acme.eu.auth0.com".*"other.eu.auth0.com"/],
    ['', 'acme.eu.auth0.com', /--tenant names ""/],
  ])('--tenant %j with AUTH0_DOMAIN=%s is refused', (flag, domain, message) => {
    expect(() => tenantDomain(flag, domain)).toThrow(message)
  })
})
