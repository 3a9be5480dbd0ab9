/** Text, or a value as JSON, in base64url without padding. */
export function encoded(value: unknown): string {
  return base64url(new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value)))
}

export function base64url(bytes: Uint8Array): string {
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}
