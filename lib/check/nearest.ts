/** Longer names are not misspelt ones: comparing two takes the product of their lengths. */
const LONGEST = 300

/** The known name that a misspelt one most likely means; `undefined` when none is near. `most`: signs that may differ. */
export function nearest(
  name: string,
  known: Iterable<string>,
  most = Math.max(1, Math.floor(plain(name).length / 3)),
): string | undefined {
  const wanted = plain(name)
  if (wanted.length > LONGEST) return undefined
  let best: string | undefined
  let bestDistance = most + 1
  for (const candidate of known) {
    const distance = editDistance(wanted, plain(candidate), bestDistance)
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** Spelling without case and separators: `userId`, `user_id` and `UserID` are one. */
export function plain(name: string): string {
  return name.replace(/[_\-\s]/g, '').toLowerCase()
}

/** Signs that are missing, too many, others, or in the place of their neighbour. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a.charCodeAt(i - 1) === b.charCodeAt(j - 1)
      const swapped =
        i > 1 &&
        j > 1 &&
        a.charCodeAt(i - 1) === b.charCodeAt(j - 2) &&
        a.charCodeAt(i - 2) === b.charCodeAt(j - 1)
      next[j] = Math.min(
        row[j]! + 1,
        next[j - 1]! + 1,
        row[j - 1]! + (same ? 0 : 1),
        swapped ? before[j - 2]! + 1 : Number.POSITIVE_INFINITY,
      )
    }
    before = row
    row = next
  }
  return row[b.length]!
}
