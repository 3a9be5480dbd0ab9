import { isDigest, matchesDigest } from './digests.ts'
import { coversValue, isEntry, NOT_SHOWN } from './json.ts'

/**
 * Whether a value can come from a deploy, or from one that was cut off on its way: it is what was or what was sent,
 * or a list of their items. Any other value is somebody else's.
 */
export function isOurs(now: unknown, was: unknown, sent: unknown): boolean {
  if (coversValue(now, was) || coversValue(now, sent)) return true
  if (!Array.isArray(now)) return false
  const items = [was, sent].filter(Array.isArray).flat()
  return now.every((item) => items.some((known) => coversValue(item, known) || coversValue(known, item)))
}

/** A kept value; a secret of which only a digest was kept is what the tenant has, if it is the same one. */
export function revealed(kept: unknown, now: unknown): unknown {
  if (isDigest(kept)) return typeof now === 'string' && matchesDigest(kept, now) ? now : kept
  if (Array.isArray(kept)) {
    return kept.map((item, index) => revealed(item, Array.isArray(now) ? now[index] : undefined))
  }
  if (!isEntry(kept)) return kept
  return Object.fromEntries(
    Object.entries(kept).map(([key, value]) => [key, revealed(value, isEntry(now) ? now[key] : undefined)]),
  )
}

/** Whether a secret in a kept value is not what the tenant has, or was never shown. */
export function hasDigest(kept: unknown): boolean {
  if (kept === NOT_SHOWN) return true
  if (typeof kept !== 'object' || kept === null) return false
  return isDigest(kept) || Object.values(kept).some(hasDigest)
}
