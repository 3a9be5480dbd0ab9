import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto'
import { isEntry, isSecretName } from './json.ts'

/** What is kept in place of a secret: a salted, slow hash. */
export interface Digest {
  $digest: string
}

export function isDigest(value: unknown): value is Digest {
  return isEntry(value) && typeof value['$digest'] === 'string' && Object.keys(value).length === 1
}

export function digestOf(value: string): Digest {
  const salt = randomBytes(16)
  return { $digest: `${salt.toString('base64url')}.${scryptSync(value, salt, 32).toString('base64url')}` }
}

export function matchesDigest({ $digest }: Digest, value: string): boolean {
  const [salt = '', hash = ''] = $digest.split('.')
  const kept = Buffer.from(hash, 'base64url')
  const now = scryptSync(value, Buffer.from(salt, 'base64url'), 32)
  return kept.length === now.length && timingSafeEqual(kept, now)
}

/** The same value with a digest in place of each secret. */
export function withoutSecrets(value: unknown, name = ''): unknown {
  if (typeof value === 'string') return isSecretName(name) && value !== '' ? digestOf(value) : value
  if (Array.isArray(value)) {
    return value.map((item) => {
      // Of a secret of an Action the value is called so, and is never shown again.
      if (name !== 'secrets' || !isEntry(item)) return withoutSecrets(item)
      const { value: _secret, ...rest } = item
      return rest
    })
  }
  if (!isEntry(value) || isDigest(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      // A script is no secret, whatever its name.
      name === 'customScripts' ? item : withoutSecrets(item, key),
    ]),
  )
}
