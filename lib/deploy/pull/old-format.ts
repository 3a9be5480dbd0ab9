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
  // `false` would turn single quotes into double ones.
  const singleQuote = count(text, /'/g) > count(text, /"/g) ? true : null
  let best: { style: ToStringOptions; printed: string; common: number } | undefined
  for (const style of STYLES) {
    const printed = before.toString({ ...style, singleQuote })
    const common = commonLines(printed.split('\n'), lines)
    if (best === undefined || common > best.common) best = { style, printed, common }
  }
  const { style, printed } = best!
  const wanted = changed.toString({ ...style, singleQuote })
  const [format, exact] = [hunks(printed, text, { spaces: false }), hunks(printed, wanted)]
  if (format === undefined || exact === undefined) return wanted
  const value = (yaml: string) => {
    try {
      return JSON.stringify(parseDocument(yaml, { logLevel: 'silent' }).toJS())
    } catch {
      return undefined
    }
  }
  const meant = value(wanted)
  const tight = exact.map((one) => ({ ...one, lines: one.lines.map(withTightBrackets) }))
  const isTight = count(text, /\[\S/g) > count(text, /\[ /g)
  const changes = isTight && value(withHunks(printed, tight)) === meant ? tight : exact
  const possible = format.filter((one) => !changes.some((other) => overlap(one, other)))
  let tries = MAX_TRIES
  const kept: Hunk[] = []
  // All at once, else in halves: one line in another indentation must not cost the comments of all others.
  const keep = (some: readonly Hunk[]): void => {
    if (some.length === 0 || tries-- <= 0) return
    if (value(withHunks(printed, [...kept, ...some, ...changes])) === meant) kept.push(...some)
    else if (some.length > 1) {
      keep(some.slice(0, some.length / 2))
      keep(some.slice(some.length / 2))
    }
  }
  keep(possible)
  return withHunks(printed, [...kept, ...changes])
}

/** How often a format is tried: a file is read each time. */
const MAX_TRIES = 60

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

/**
 * What became of the lines of a text. Without `spaces`, lines that differ in nothing else are a part of their own each.
 */
function hunks(from: string, to: string, { spaces = true }: { spaces?: boolean } = {}): Hunk[] | undefined {
  const [a, b] = [from.split('\n'), to.split('\n')]
  const key = (line: string) => (spaces ? line : line.replaceAll(/\s/g, ''))
  const parts = diffArrays(a.map(key), b.map(key), { maxEditLength: MAX_DIFFERING })
  if (parts === undefined) return undefined
  const found: Hunk[] = []
  let [at, there] = [0, 0]
  let open: Hunk | undefined
  for (const { added, removed, count } of parts) {
    if (added || removed) {
      if (open === undefined) {
        open = { start: at, end: at, lines: [] }
        found.push(open)
      }
      if (added) {
        open.lines.push(...b.slice(there, there + count))
        there += count
      } else {
        at += count
        open.end = at
      }
      continue
    }
    open = undefined
    for (let end = at + count; at < end; at++, there++)
      if (a[at] !== b[there]) found.push({ start: at, end: at + 1, lines: [b[there]!] })
  }
  return found
}

/** `[a]` for `[ a ]`, outside of quotes. */
function withTightBrackets(line: string): string {
  let result = ''
  let quote = ''
  for (let at = 0; at < line.length; at++) {
    const char = line[at]!
    if (quote !== '') {
      if (char === '\\' && quote === '"') result += line[at++]
      else if (char === quote) quote = ''
    } else if (char === '"' || char === "'") quote = char
    else if (char === ' ' && (result.endsWith('[') || line[at + 1] === ']') && result.trim() !== '') continue
    result += line[at] ?? ''
  }
  return result
}

function count(text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].length
}

/** Whether only one of the two can be: also a blank line beside lines that go. */
function overlap(a: Hunk, b: Hunk): boolean {
  const isInsertion = a.start === a.end
  return (
    (a.start < b.end && b.start < a.end) ||
    (isInsertion && a.start === b.start && a.end === b.end) ||
    (isInsertion && b.lines.length === 0 && b.start <= a.start && a.start <= b.end)
  )
}

function withHunks(base: string, parts: readonly Hunk[]): string {
  const lines = base.split('\n')
  const result: string[] = []
  let at = 0
  for (const { start, end, lines: instead } of [...parts].sort(
    (a, b) => a.start - b.start || a.end - b.end,
  )) {
    result.push(...lines.slice(at, start), ...instead)
    at = end
  }
  return [...result, ...lines.slice(at)].join('\n')
}
