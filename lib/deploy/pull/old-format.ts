import { diffArrays } from 'diff'
import { type Document, parseDocument, type ToStringOptions } from 'yaml'

/** A part of a text that became another: lines from `start` up to `end`, and what stands there instead. */
interface Hunk {
  start: number
  end: number
  lines: string[]
}

/**
 * A document that was parsed from `text` and then changed, with the lines of `text` wherever nothing changed: the
 * printer of the library has its own blank lines, columns of comments and indentation.
 */
export function inOldFormat(text: string, changed: Document): string {
  const before = parseDocument(text, { logLevel: 'silent', uniqueKeys: false })
  const lines = text.split('\n')
  let best: { style: ToStringOptions; printed: string; common: number } | undefined
  for (const style of STYLES) {
    const printed = before.toString(style)
    const common = commonLines(printed.split('\n'), lines)
    if (best === undefined || common > best.common) best = { style, printed, common }
  }
  const { style, printed } = best!
  const wanted = changed.toString(style)
  const [format, changes] = [hunks(printed, text), hunks(printed, wanted)]
  if (format === undefined || changes === undefined) return wanted
  const merged = withHunks(printed, format, changes)
  const value = (yaml: string) => JSON.stringify(parseDocument(yaml, { logLevel: 'silent' }).toJS())
  try {
    if (value(merged) === value(wanted)) return merged
  } catch {
    // As below: the library's own format, which is right in any case.
  }
  return wanted
}

const STYLES: readonly ToStringOptions[] = [true, false].flatMap((indentSeq) =>
  [2, 4].flatMap((indent) =>
    [true, false].map((flowCollectionPadding) => ({
      indentSeq,
      indent,
      flowCollectionPadding,
      lineWidth: 0,
    })),
  ),
)

function commonLines(a: readonly string[], b: readonly string[]): number {
  const counts = new Map<string, number>()
  for (const line of a) counts.set(line, (counts.get(line) ?? 0) + 1)
  let common = 0
  for (const line of b) {
    const left = counts.get(line) ?? 0
    if (left === 0) continue
    counts.set(line, left - 1)
    common++
  }
  return common
}

/** Lines that may differ: the time of a comparison grows with their square. */
const MAX_DIFFERING = 4000

function hunks(from: string, to: string): Hunk[] | undefined {
  const parts = diffArrays(from.split('\n'), to.split('\n'), { maxEditLength: MAX_DIFFERING })
  if (parts === undefined) return undefined
  const found: Hunk[] = []
  let at = 0
  for (const { value, added, removed, count } of parts) {
    const last = found.at(-1)
    const joined = last !== undefined && last.end === at
    if (added) {
      if (joined) last.lines.push(...value)
      else found.push({ start: at, end: at, lines: [...value] })
    } else if (removed) {
      if (joined) last.end += count
      else found.push({ start: at, end: at + count, lines: [] })
      at += count
    } else at += count
  }
  return found
}

/** Lines with all changes, and with those parts of the format that overlap none of them. */
function withHunks(base: string, format: readonly Hunk[], changes: readonly Hunk[]): string {
  const lines = base.split('\n')
  const overlap = (a: Hunk, b: Hunk) =>
    (a.start < b.end && b.start < a.end) || (a.start === b.start && a.end === a.start && b.end === b.start)
  const alone = format.filter((one) => !changes.some((other) => overlap(one, other)))
  const result: string[] = []
  let at = 0
  const inOrder = [...alone, ...changes].sort((a, b) => a.start - b.start || a.end - b.end)
  for (const { start, end, lines: instead } of inOrder) {
    result.push(...lines.slice(at, start), ...instead)
    at = end
  }
  return [...result, ...lines.slice(at)].join('\n')
}
