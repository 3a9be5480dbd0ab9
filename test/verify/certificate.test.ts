import { createHash, X509Certificate } from 'node:crypto'
import { createServer, request as httpsRequest } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import makeExpress, { type Request as ExpressRequest, type RequestHandler } from 'express'
import { generate } from 'selfsigned'
import { describe, expect, test } from 'vitest'
import { requireAuth } from '../../lib/verify/express.ts'
import { createVerifier as createWebVerifier } from '../../lib/verify/index.ts'
import { createVerifier as createNodeVerifier } from '../../lib/verify/node.ts'
import type { VerifierOptions } from '../../lib/verify/types.ts'
import { jkt, METHOD, proofFor, URL_ASKED } from './proof-kit.ts'
import { options, token } from './token-kit.ts'

const own = await generate([{ name: 'commonName', value: 'client' }])
const foreign = await generate([{ name: 'commonName', value: 'thief' }])
const der = new X509Certificate(own.cert).raw
const x5t = createHash('sha256').update(der).digest('base64url')
const mtls = await token({ cnf: { 'x5t#S256': x5t } })
const both = await token({ cnf: { jkt, 'x5t#S256': x5t } })

for (const [name, createVerifier] of [
  ['WebCrypto', createWebVerifier],
  ["Node's crypto", createNodeVerifier],
] as const) {
  const showing = (certificate: unknown, changes: Partial<VerifierOptions> = {}) =>
    createVerifier({ ...options, getCertificate: () => certificate as never, ...changes })
  const asked = (authorization: string, dpop?: string) => ({
    headers: { authorization, ...(dpop === undefined ? {} : { dpop }) },
    method: METHOD,
    url: URL_ASKED,
  })

  describe(`on ${name}`, () => {
    test.each<[string, unknown]>([
      ['DER', der],
      ['bytes', new Uint8Array(der)],
      ['PEM', own.cert],
      ['a PEM with other certificates behind it', `${own.cert}\n${foreign.cert}`],
      ['a PEM with text in front', `Bag Attributes\n${own.cert}`],
      ['an X509Certificate', new X509Certificate(own.cert)],
      ['what getPeerCertificate answers', { subject: { CN: 'client' }, raw: der }],
      ['a promise', Promise.resolve(der)],
    ])('takes a token whose certificate is shown as %s', async (_what, certificate) => {
      await expect(showing(certificate).verify(asked(`Bearer ${mtls}`))).resolves.toMatchObject({
        sub: 'auth0|1',
      })
      await expect(
        showing(certificate, { cache: true }).verify(asked(`Bearer ${mtls}`)),
      ).resolves.toBeDefined()
    })

    test.each<[string, unknown]>([
      ['none', undefined],
      ['null', null],
      ['an empty object, as getPeerCertificate answers without one', {}],
      ['another', new X509Certificate(foreign.cert)],
      ['another first', `${foreign.cert}\n${own.cert}`],
      ['its thumbprint', x5t],
      ['no PEM', der.toString('base64')],
      ['a broken PEM', '-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----'],
      ['half a PEM', own.cert.slice(0, -40)],
      ['nothing in a PEM', '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----'],
      ['empty bytes', new Uint8Array()],
      ['a number', 7],
      ['true', true],
      ['a raw that is text', { raw: der.toString('latin1') }],
    ])('refuses one when what is shown is %s', async (_what, certificate) => {
      await expect(showing(certificate).verify(asked(`Bearer ${mtls}`))).rejects.toMatchObject({
        code: 'sender_constrained',
        status: 401,
        claim: 'cnf',
        wwwAuthenticate: expect.stringMatching(/^Bearer realm="api", error="invalid_token"/),
      })
    })

    test('refuses one without getCertificate, without a request, and as DPoP', async () => {
      await expect(createVerifier(options).verify(asked(`Bearer ${mtls}`))).rejects.toMatchObject({
        code: 'sender_constrained',
      })
      await expect(showing(der).verify(mtls)).rejects.toMatchObject({ code: 'sender_constrained' })
      const dpop = await proofFor(mtls)
      await expect(showing(der, { dpop: true }).verify(asked(`DPoP ${mtls}`, dpop))).rejects.toMatchObject({
        code: 'token_not_bound',
      })
      const required = showing(der, { dpop: { mode: 'required' } })
      await expect(required.verify(asked(`Bearer ${mtls}`))).rejects.toMatchObject({
        code: 'token_not_bound',
      })
      const failing = createVerifier({
        ...options,
        getCertificate: () => {
          throw new Error('no socket')
        },
      })
      await expect(failing.verify(asked(`Bearer ${mtls}`))).rejects.toThrow('no socket')
    })

    test('of both bindings both must hold', async () => {
      const proved = async () => asked(`DPoP ${both}`, await proofFor(both))
      await expect(showing(der, { dpop: true }).verify(await proved())).resolves.toBeDefined()
      await expect(showing(undefined, { dpop: true }).verify(await proved())).rejects.toMatchObject({
        code: 'sender_constrained',
        message: expect.stringContaining('certificate'),
      })
      const wrong = asked(`DPoP ${both}`, await proofFor(both, { htm: 'POST' }))
      await expect(showing(der, { dpop: true }).verify(wrong)).rejects.toMatchObject({
        code: 'invalid_dpop_proof',
      })
      await expect(showing(der, { dpop: true }).verify(asked(`Bearer ${both}`))).rejects.toMatchObject({
        code: 'sender_constrained',
      })
      await expect(showing(der).verify(await proved())).rejects.toMatchObject({ code: 'sender_constrained' })
      await expect(createVerifier({ ...options, dpop: true }).verify(await proved())).rejects.toMatchObject({
        code: 'sender_constrained',
      })
    })

    test.each<[string, object]>([
      ['another thumbprint', { 'x5t#S512': 'x' }],
      ['a key', { jwk: { kty: 'EC' } }],
      ['a key id', { kid: 'x' }],
      ['a name that nobody knows', { 'https://acme.example/binding': [1] }],
      ['an encrypted key and an address', { jwe: 'x', jku: 'https://evil.example/' }],
    ])('ignores %s beside a binding that it knows', async (_what, more) => {
      const bound = await token({ cnf: { jkt, ...more } })
      const verifier = createVerifier({ ...options, dpop: true })
      await expect(verifier.verify(asked(`DPoP ${bound}`, await proofFor(bound)))).resolves.toBeDefined()
      await expect(verifier.verify(asked(`Bearer ${bound}`))).rejects.toMatchObject({
        code: 'sender_constrained',
      })
      const shown = await token({ cnf: { 'x5t#S256': x5t, ...more } })
      await expect(showing(der).verify(asked(`Bearer ${shown}`))).resolves.toBeDefined()
      const alone = await token({ cnf: more })
      await expect(showing(der, { dpop: true }).verify(asked(`Bearer ${alone}`))).rejects.toMatchObject({
        code: 'sender_constrained',
      })
    })

    test.each<[string, unknown]>([
      ['jkt as a number', { jkt: 7 }],
      ['jkt as null', { jkt: null }],
      ['jkt as a list', { jkt: [jkt] }],
      ['an empty jkt', { jkt: '' }],
      ['a padded jkt', { jkt: `${jkt}=` }],
      ['a wrong jkt beside a good certificate', { jkt: 7, 'x5t#S256': x5t }],
      ['a wrong certificate beside a good jkt', { jkt, 'x5t#S256': null }],
      ['x5t#S256 as a list', { 'x5t#S256': [x5t] }],
      ['x5t#S256 of no thumbprint', { 'x5t#S256': 'x' }],
      ['nothing in it', {}],
      ['a list', [{ jkt }]],
      ['text', jkt],
      ['true', true],
      ['null', null],
    ])('refuses a binding with %s', async (_what, cnf) => {
      const bound = await token({ cnf })
      const verifier = showing(der, { dpop: true })
      for (const request of [asked(`Bearer ${bound}`), asked(`DPoP ${bound}`, await proofFor(bound))]) {
        await expect(verifier.verify(request)).rejects.toMatchObject({
          code: 'sender_constrained',
          status: 401,
        })
      }
    })
  })
}

test('an Express app takes the certificate of the TLS handshake', async () => {
  const app = makeExpress()
  const verifier = createNodeVerifier({
    ...options,
    getCertificate: (request: ExpressRequest) => (request.socket as TLSSocket).getPeerX509Certificate(),
  })
  app.get('/', requireAuth(verifier) as RequestHandler, (_request, response) => {
    response.end('in')
  })
  const site = await generate([{ name: 'commonName', value: 'localhost' }])
  const server = createServer(
    { key: site.private, cert: site.cert, requestCert: true, rejectUnauthorized: false },
    app,
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const ask = (client?: { private: string; cert: string }) =>
    new Promise<number | undefined>((resolve, reject) => {
      httpsRequest(
        {
          port,
          host: '127.0.0.1',
          rejectUnauthorized: false,
          headers: { authorization: `Bearer ${mtls}` },
          ...(client === undefined ? {} : { key: client.private, cert: client.cert }),
        },
        (response) => {
          response.resume()
          resolve(response.statusCode)
        },
      )
        .on('error', reject)
        .end()
    })
  try {
    expect(await ask(own)).toBe(200)
    expect(await ask(foreign)).toBe(401)
    expect(await ask()).toBe(401)
  } finally {
    server.closeAllConnections()
    server.close()
  }
})
