import { generate } from 'selfsigned'
import { describe, expect, it } from 'vitest'
import { deployTarget } from '../../lib/cli/deploy-target.ts'
import { localHost, trustedCertificate } from '../../lib/cli/local-address.ts'
import { tenantDomain } from '../../lib/cli/tenant-choice.ts'
import { loopbackCertificate } from '../../lib/tenant/certificate.ts'
import { keptFolderWith } from '../helpers/folder.ts'
import { recordedTerminal } from '../helpers/terminal.ts'

const faultOf = (make: () => unknown) => {
  try {
    make()
  } catch (error) {
    return error
  }
  return undefined
}

describe('--url', () => {
  it.each([
    ['https://localhost:4430', 'localhost:4430'],
    ['https://localhost:4430/', 'localhost:4430'],
    ['localhost:4430', 'localhost:4430'],
    ['127.0.0.1:4430', '127.0.0.1:4430'],
    ['https://[::1]:4430', '[::1]:4430'],
    ['HTTPS://localhost:4430', 'localhost:4430'],
  ])('takes %s', (url, host) => {
    expect(localHost(url)).toBe(host)
  })

  it.each([
    ['http://localhost:4000', 'that is https', 'Management API'],
    ['http://127.0.0.1:4000/', 'that is https', 'Management API'],
    ['ftp://localhost:4000', 'that is https', 'Management API'],
    ['https://localhost:4430/api/v2', 'nothing else', 'E.g.'],
    ['https://user:secret@localhost:4430', 'nothing else', 'E.g.'],
    ['https://acme.eu.auth0.com', '"acme.eu.auth0.com" is not', '--tenant'],
    ['http://acme.eu.auth0.com', '"acme.eu.auth0.com" is not', '--tenant'],
    ['https://localhost.acme.example:4430', 'is not', '--tenant'],
    ['https://user:secret@acme.example', '"acme.example" is not', '--tenant'],
  ])('refuses %s', (url, message, hint) => {
    const error = faultOf(() => localHost(url)) as Error
    expect(error).toMatchObject({
      code: 'ERR_USAGE',
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    })
    expect(error.message).not.toContain('secret')
  })
})

describe('--certificate', () => {
  const day = 86_400_000
  it('takes that of a tenant', async () => {
    const { cert } = await loopbackCertificate(new Date())
    expect(trustedCertificate(cert, 'tenant.pem')).toBe(cert)
  })

  it.each([
    [-400, /^the certificate "tenant.pem" has ended \(\d{4}-\d\d-\d\d\)$/, /writes a new one/],
    [30, /^the certificate "tenant.pem" is not valid before \d{4}-\d\d-\d\d$/, /clock/],
  ])('says of one that was made %i days from now when it is valid', async (days, message, hint) => {
    const { cert } = await loopbackCertificate(new Date(Date.now() + days * day))
    expect(faultOf(() => trustedCertificate(cert, 'tenant.pem'))).toMatchObject({
      code: 'ERR_INPUT',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    })
  })

  it('says what a file is that is none, and shows nothing of it', async () => {
    const { cert, private: key } = await generate([{ name: 'commonName', value: 'x' }])
    for (const [text, what] of [
      ['secret-text', 'no PEM'],
      ['', 'empty'],
      [' \n', 'empty'],
      [key, 'a private key'],
      ['-----BEGIN PUBLIC KEY-----\nsecret-text', 'another kind of PEM'],
      [cert.slice(0, 200), 'cut short or damaged'],
      [cert.replace(/MII\w{20}/, '*'.repeat(23)), 'cut short or damaged'],
    ] as const) {
      const error = faultOf(() => trustedCertificate(text, 'tenant.pem')) as Error
      expect(error).toMatchObject({
        code: 'ERR_INPUT',
        message: `"tenant.pem" is ${what}, not the PEM of a certificate`,
        hint: expect.stringContaining('claims tenant --management'),
      })
      expect(error.message).not.toContain('secret-text')
    }
  })

  it('is looked at before the tenant is called', async () => {
    const folder = await keptFolderWith({ 'tenant.pem': 'x' })
    const env = { AUTH0_CLIENT_ID: 'id', AUTH0_CLIENT_SECRET: 'a-secret-of-some-length' }
    const values = { url: 'https://localhost:1', certificate: 'tenant.pem' }
    const terminal = recordedTerminal({ cwd: folder, env })
    await expect(deployTarget(terminal, values, { root: folder } as never)).rejects.toMatchObject({
      code: 'ERR_INPUT',
      message: expect.stringContaining('not the PEM of a certificate'),
    })
  })
})

it('--tenant real takes no address of a local tenant', () => {
  expect(faultOf(() => tenantDomain('real', 'http://localhost:4000'))).toMatchObject({
    code: 'ERR_USAGE',
    message: expect.stringContaining('local tenant'),
    hint: expect.stringContaining('leave --tenant out'),
  })
})
