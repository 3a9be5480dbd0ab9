import { createHash } from 'node:crypto'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/**
 * An id that is the same for the same name in every local tenant, so that an app's configuration
 * survives a restart. Auth0's own ids are random. Without a prefix it looks like a client id: 32 characters.
 */
export function entityId(prefix: string, name: string): string {
  const length = prefix === '' ? 32 : 16
  const digest = createHash('sha512').update(`${prefix}:${name}`).digest()
  let id = ''
  for (let i = 0; i < length; i++) id += ALPHABET[digest[i]! % ALPHABET.length]
  return prefix === '' ? id : `${prefix}_${id}`
}

/** The id of a user of tenant.local.yaml that names none: made from the e-mail address, whatever its case. */
export function localUserId(email: string): string {
  return `auth0|${createHash('sha256').update(email.toLowerCase()).digest('hex').slice(0, 24)}`
}
