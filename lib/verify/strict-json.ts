import { parseJson } from '../contract/json-text.ts'

/** Deeper tokens are refused: no contract needs it, and code that walks claims may recurse. */
const MAX_DEPTH = 32

/**
 * Parses the text of a JSON object, or returns `undefined`: when it is not JSON or not an object, when a
 * key stands twice (readers disagree on which one counts), when a key is `__proto__`, or when it nests too
 * deeply.
 */
export function strictObject(text: string): Record<string, unknown> | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const keys = keysIn(value, 0)
  if (Number.isNaN(keys)) return undefined
  // When as many keys were parsed as the text has, none stands twice. A blank before a colon, or `":` inside a text,
  // only makes the slow way decide.
  if (keys !== colonsIn(text) || hasBlankBeforeColon(text)) {
    try {
      parseJson(text, 'token', { endless: true })
    } catch {
      return undefined
    }
  }
  return value as Record<string, unknown>
}

function hasBlankBeforeColon(text: string): boolean {
  return text.includes(' :') || text.includes('\n:') || text.includes('\t:') || text.includes('\r:')
}

/** Number of members of all objects, `NaN` when a name or the depth is not allowed. */
function keysIn(value: object, depth: number): number {
  if (depth > MAX_DEPTH) return Number.NaN
  let count = 0
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object' && item !== null) count += keysIn(item, depth + 1)
    return count
  }
  // The fastest way through an object; what a polluted prototype adds makes the slow way decide.
  for (const key in value) {
    if (key === '__proto__') return Number.NaN
    count++
    const member = (value as Record<string, unknown>)[key]
    if (typeof member === 'object' && member !== null) count += keysIn(member, depth + 1)
  }
  return count
}

function colonsIn(text: string): number {
  let count = 0
  for (let at = text.indexOf('":'); at !== -1; at = text.indexOf('":', at + 2)) count++
  return count
}
