/**
 * Largest sum of all custom claims of one token, in bytes of UTF-8.
 * The source says "100KB" and no base; we take the smaller reading.
 *
 * @see https://auth0.com/docs/troubleshoot/product-lifecycle/past-migrations/custom-claims-migration
 */
export const MAX_CUSTOM_CLAIMS_BYTES = 100_000

/**
 * About how large an ID token may be, in bytes, where it travels in an address (implicit, hybrid).
 *
 * @see https://community.auth0.com/t/the-generated-token-is-too-large-error-is-returned-from-the-authentication-api/112147
 */
export const MAX_FRAGMENT_ID_TOKEN_BYTES = 3_500

/**
 * Bytes that custom claims count for: UTF-8 of the names and of the values as JSON. Values that JSON leaves out
 * (`undefined`, functions) count nothing. How Auth0 measures is not documented; this is our reading.
 *
 * @throws TypeError on values that JSON cannot carry at all (cycles, BigInt).
 */
export function customClaimsBytes(claims: Readonly<Record<string, unknown>>): number {
  let bytes = 0
  for (const [name, value] of Object.entries(claims)) {
    const json: string | undefined = JSON.stringify(value)
    if (json !== undefined) bytes += utf8Bytes(name) + utf8Bytes(json)
  }
  return bytes
}

/** Bytes, not length: an emoji is 4 bytes and 2 UTF-16 units. */
export function utf8Bytes(text: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII, which takes one byte each
  return /^[\x00-\x7f]*$/.test(text) ? text.length : new TextEncoder().encode(text).length
}
