import { publicPart } from './algorithms.ts'
import { base64url } from './encoding.ts'
import type { JsonWebKeyLike, SignatureAlgorithm } from './types.ts'
import { WEB_PARAMETERS } from './web-platform.ts'

/** The same bytes, written with other spare bits. */
export function respelled(token: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return token.slice(0, -1) + alphabet[alphabet.indexOf(token[token.length - 1]!) + 1]
}

/** The public key in base64, as a PEM has it. */
export async function spkiOf(jwk: JsonWebKeyLike, algorithm: SignatureAlgorithm): Promise<string> {
  const parameters = WEB_PARAMETERS[algorithm] as never
  const key = await crypto.subtle.importKey('jwk', publicPart(jwk) as never, parameters, true, ['verify'])
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
