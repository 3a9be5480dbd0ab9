import { X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { loopbackCertificate } from '../../lib/tenant/certificate.ts'

describe('the certificate', () => {
  it('is for the loopback names and nobody else, and its own issuer', async () => {
    const { cert, key } = await loopbackCertificate(new Date('2026-02-03T04:05:06Z'))
    const parsed = new X509Certificate(cert)
    expect(parsed.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1')
    expect(parsed.subject).toBe('CN=localhost')
    expect(parsed.ca).toBe(true)
    expect(parsed.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1'])
    expect(parsed.verify(parsed.publicKey)).toBe(true)
    expect(parsed.checkIssued(parsed)).toBe(true)
    expect(parsed.checkHost('evil.example')).toBeUndefined()
    expect(key).toContain('PRIVATE KEY')
  })

  it.each([
    ['2026-02-03T04:05:06Z', 'Feb  2 04:05:06 2026 GMT', 'Feb  3 04:05:06 2027 GMT'],
    ['2049-06-01T00:00:00Z', 'May 31 00:00:00 2049 GMT', 'Jun  1 00:00:00 2050 GMT'],
  ])('made at %s is good from the day before, for a year', async (now, from, to) => {
    const { cert } = await loopbackCertificate(new Date(now))
    const { validFrom, validTo } = new X509Certificate(cert)
    expect([validFrom, validTo]).toEqual([from, to])
  })

  it('has another serial number each time', async () => {
    const made = await Promise.all([1, 2, 3].map(() => loopbackCertificate(new Date())))
    const serials = made.map(({ cert }) => new X509Certificate(cert).serialNumber)
    expect(new Set(serials).size).toBe(3)
  })
})
