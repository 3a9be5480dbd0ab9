import { base64url } from './encoding.ts'
import type { JsonWebKeyLike } from './types.ts'

/** The same bytes, written with other spare bits. */
export function respelled(token: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return token.slice(0, -1) + alphabet[alphabet.indexOf(token[token.length - 1]!) + 1]
}

/** The public key in base64, as a PEM has it. */
export async function spkiOf({ kty, n, e }: JsonWebKeyLike): Promise<string> {
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('jwk', { kty, n, e } as never, algorithm, true, ['verify'])
  const der = new Uint8Array(await crypto.subtle.exportKey('spki', key))
  return btoa(String.fromCharCode(...der))
}

export async function hmac(secret: string, input: string, bits: 256 | 384 | 512 = 256): Promise<string> {
  // WebCrypto takes no empty key; a zero byte gives the same MAC.
  const bytes = new TextEncoder().encode(secret === '' ? '\0' : secret)
  const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: `SHA-${bits}` }, false, [
    'sign',
  ])
  return base64url(new Uint8Array(await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(input))))
}

export async function foreignKey() {
  const pair = (await crypto.subtle.generateKey(
    {
      name: 'RSASSA-PKCS1-v1_5',
      modulusLength: 2048,
      publicExponent: new Uint8Array([1, 0, 1]),
      hash: 'SHA-256',
    },
    true,
    ['sign', 'verify'],
  )) as { publicKey: never; privateKey: never }
  return {
    jwk: (await crypto.subtle.exportKey('jwk', pair.publicKey)) as unknown,
    async sign(input: string) {
      const bytes = new TextEncoder().encode(input)
      return new Uint8Array(await crypto.subtle.sign('RSASSA-PKCS1-v1_5', pair.privateKey, bytes))
    },
  }
}

export async function notUtf8(
  head: string,
  text: string,
  sign: (input: string) => Promise<Uint8Array>,
): Promise<string> {
  const start = new TextEncoder().encode(`${text.slice(0, -1)},"x":"`)
  const bytes = new Uint8Array([...start, 0xff, 0x22, 0x7d])
  const input = `${head}.${base64url(bytes)}`
  return `${input}.${base64url(await sign(input))}`
}
