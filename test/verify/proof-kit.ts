import { createHash } from 'node:crypto'
import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose'
import { NOW } from './token-kit.ts'

export const METHOD = 'GET'
export const URL_ASKED = 'https://orders.acme.example/orders'

const client = await generateKeyPair('ES256', { extractable: true })
export const clientJwk = await exportJWK(client.publicKey)
export const jkt = await calculateJwkThumbprint(clientJwk)

let proofs = 0

/** A good proof for a token, changed by what is given; `undefined` removes a member. Each has an id of its own. */
export async function proofFor(
  token: string,
  claims: Readonly<Record<string, unknown>> = {},
  header: Readonly<Record<string, unknown>> = {},
  signedBy: CryptoKey = client.privateKey,
): Promise<string> {
  const input = [
    { typ: 'dpop+jwt', alg: 'ES256', jwk: clientJwk, ...header },
    {
      jti: `proof-${++proofs}`,
      htm: METHOD,
      htu: URL_ASKED,
      iat: NOW,
      ath: createHash('sha256').update(token).digest('base64url'),
      ...claims,
    },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  const algorithm =
    signedBy.algorithm.name === 'ECDSA'
      ? { name: 'ECDSA', hash: 'SHA-256' }
      : { name: signedBy.algorithm.name, saltLength: 32 }
  const signature = await crypto.subtle.sign(algorithm, signedBy, Buffer.from(input))
  return `${input}.${Buffer.from(signature).toString('base64url')}`
}
