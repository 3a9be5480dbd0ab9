export interface Certificate {
  key: string
  /** PEM of the one certificate, which is its own issuer: trust exactly this text. */
  cert: string
}

/** A certificate for the loopback names, made anew at each start and kept in memory only. */
export async function loopbackCertificate(now: Date): Promise<Certificate> {
  const { generate } = await import('selfsigned')
  const day = 24 * 60 * 60 * 1000
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(now.getTime() - day),
    notAfterDate: new Date(now.getTime() + 365 * day),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyCertSign: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
        ],
      },
    ],
  })
  return { key, cert }
}
