import {
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  generateKeyPair as nodeGenerateKeyPair,
} from 'node:crypto'
import { promisify } from 'node:util'
import type { JSONWebKeySet, JWK } from 'jose'

const generateKeyPair = promisify(nodeGenerateKeyPair)

/** An asymmetric key with which a tenant signs, and what its JWKS says of it. */
export interface SigningKey {
  kid: string
  type: 'RSA' | 'EC'
  privateKey: KeyObject
  publicKey: KeyObject
  /** As published: no private part. */
  publicJwk: JWK
}

/** A tenant's keys: one signs, the next one is published beforehand, as Auth0 does. */
export interface KeyRing {
  current: SigningKey
  next: SigningKey
  /** For APIs of the local tenant that ask for ES256, which Auth0 itself does not offer. Made when first asked for. */
  elliptic(): Promise<SigningKey>
  /** The document of `/.well-known/jwks.json`. Holds the elliptic key only once it has signed. */
  jwks(): JSONWebKeySet
}

/**
 * Makes the keys of a tenant, in background threads: RSA with 2048 bits, current and next. Takes a few hundred
 * milliseconds, so call it early and await it late.
 */
export async function createKeyRing(): Promise<KeyRing> {
  const [current, next] = await Promise.all([createRsaKey(), createRsaKey()])
  return keyRing(current, next)
}

/** The form in which keys are kept between two starts: PKCS #8 in PEM. Private: never print it. */
export interface StoredKeys {
  current: string
  next: string
  elliptic?: string
}

export async function restoreKeyRing(stored: StoredKeys): Promise<KeyRing> {
  const { current, next, elliptic } = stored
  return keyRing(
    signingKey(createPrivateKey(current), 'RSA'),
    signingKey(createPrivateKey(next), 'RSA'),
    elliptic === undefined ? undefined : signingKey(createPrivateKey(elliptic), 'EC'),
  )
}

export async function storeKeyRing(ring: KeyRing): Promise<StoredKeys> {
  return { current: pem(ring.current), next: pem(ring.next), elliptic: pem(await ring.elliptic()) }
}

function pem(key: SigningKey): string {
  return key.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string
}

function keyRing(current: SigningKey, next: SigningKey, known?: SigningKey): KeyRing {
  let elliptic = known
  let pending: Promise<SigningKey> | undefined
  return {
    current,
    next,
    elliptic() {
      pending ??= known === undefined ? createEcKey() : Promise.resolve(known)
      return pending.then((key) => {
        elliptic = key
        return key
      })
    },
    jwks: () => ({
      keys: [current, next, ...(elliptic === undefined ? [] : [elliptic])].map((key) => key.publicJwk),
    }),
  }
}

async function createRsaKey(): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair('rsa', { modulusLength: 2048 })
  return signingKey(privateKey, 'RSA')
}

async function createEcKey(): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair('ec', { namedCurve: 'P-256' })
  return signingKey(privateKey, 'EC')
}

function signingKey(privateKey: KeyObject, type: SigningKey['type']): SigningKey {
  const publicKey = createPublicKey(privateKey)
  const jwk = publicKey.export({ format: 'jwk' }) as JWK
  const kid = thumbprint(jwk)
  const alg = type === 'RSA' ? 'RS256' : 'ES256'
  return { kid, type, privateKey, publicKey, publicJwk: { ...jwk, use: 'sig', alg, kid } }
}

/** @see RFC 7638 section 3 */
function thumbprint({ crv, e, kty, n, x, y }: JWK): string {
  // The members that a key of its kind must have, in this order; the others are `undefined`, so left out.
  return createHash('sha256').update(JSON.stringify({ crv, e, kty, n, x, y })).digest('base64url')
}
