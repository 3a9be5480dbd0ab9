/**
 * Whether the tenant's value has everything that the file says. Lists are compared as sets, and what the file leaves
 * empty may be absent.
 */
export function covers(actual: unknown, wanted: unknown): boolean {
  if (actual === undefined || actual === null) return isEmpty(wanted)
  if (Array.isArray(wanted)) {
    if (!Array.isArray(actual) || actual.length !== wanted.length) return false
    return wanted.every((item) => actual.some((candidate) => covers(candidate, item)))
  }
  if (typeof wanted === 'object' && wanted !== null) {
    if (typeof actual !== 'object') return false
    return Object.entries(wanted).every(([key, value]) =>
      covers((actual as Record<string, unknown>)[key], value),
    )
  }
  return actual === wanted
}

/**
 * Whether a value can come from a deploy that was cut off on the way from `before` to `wanted`: it is one of them,
 * or a list of their items. Any other value is somebody else's.
 */
export function isOnTheWay(now: unknown, before: unknown, wanted: unknown): boolean {
  if (covers(now, before) || covers(now, wanted)) return true
  if (!Array.isArray(now)) return false
  const items = [before, wanted].filter(Array.isArray).flat()
  return now.every((item) => items.some((known) => covers(item, known) || covers(known, item)))
}

function isEmpty(value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    (typeof value === 'object' && Object.values(value as object).every(isEmpty))
  )
}
