import { X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { loopbackCertificate } from '../../lib/tenant/certificate.ts'

describe('the certificate', () => {
  it('is for the loopback names and nobody else, and its own issuer', () => {
    const { cert, key } = loopbackCertificate(new Date('2026-02-03T04:05:06Z'))
    const parsed = new X509Certificate(cert)
    expect(parsed.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1')
    expect(parsed.subject).toBe('CN=localhost')
    expect(parsed.ca).toBe(true)
    expect(parsed.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1'])
    expect(parsed.verify(parsed.publicKey)).toBe(true)
    expect(parsed.checkIssued(parsed)).toBe(true)
    expect(parsed.checkHost('evil.example')).toBeUndefined()
    expect(key).toContain('PRIVATE KEY')
    expect(cert).toBe(`${parsed.toString()}`)
  })

  it.each([
    ['2026-02-03T04:05:06Z', 'Feb  2 04:05:06 2026 GMT', 'Feb  3 04:05:06 2027 GMT'],
    // UTCTime ends with 2049.
    ['2049-06-01T00:00:00Z', 'May 31 00:00:00 2049 GMT', 'Jun  1 00:00:00 2050 GMT'],
  ])('made at %s is good from the day before, for a year', (now, from, to) => {
    const { cert } = loopbackCertificate(new Date(now))
    const { validFrom, validTo } = new X509Certificate(cert)
    expect([validFrom, validTo]).toEqual([from, to])
  })

  it('has another serial number each time', () => {
    const serials = [1, 2, 3].map(
      () => new X509Certificate(loopbackCertificate(new Date()).cert).serialNumber,
    )
    expect(new Set(serials).size).toBe(3)
  })
})
