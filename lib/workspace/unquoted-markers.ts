import { leadingMarker, markersAt } from './marker-text.ts'

/**
 * YAML text with quotes around the values that hold a marker and have none. The deploy CLI fills markers before it
 * reads YAML, which without that would take `##KEY##` for a comment. A value that is one marker and nothing else
 * becomes `@@KEY@@`, so that `600` and `true` in its place stay a number and a boolean. Lines stay lines.
 *
 * Does not look into values of several lines: there a marker is text already.
 */
export function withQuotedMarkers(text: string): string {
  if (!/##|@@/.test(text)) return text
  let block: number | undefined
  const lines = text.split('\n').map((line) => {
    const indent = line.search(/\S/)
    if (block !== undefined && (indent === -1 || indent > block)) return line
    block = beginsBlock(line) ? blockIndent(line, indent) : undefined
    return /##|@@/.test(line) ? quotedLine(line) : line
  })
  return lines.join('\n')
}

/** Whether a value of several lines begins at the end of a line: `|`, `>-`, `|2`. */
function beginsBlock(line: string): boolean {
  const [before = ''] = line.split(' #', 1)
  const last = before.trimEnd().split(' ').at(-1)!
  return /^[|>][-+1-9]{0,2}$/.test(last)
}

/** What is indented further than this belongs to the value of several lines that begins at the line's end. */
function blockIndent(line: string, indent: number): number {
  const dashes = /^\s*(?:-\s+)*/.exec(line)![0].length
  return /^\s*-\s+[|>]/.test(line) ? indent : dashes
}

/** Goes over the plain values of a line, and quotes those with a marker. */
function quotedLine(line: string): string {
  let result = ''
  let at = 0
  let depth = 0
  while (at < line.length) {
    const rest = line.slice(at)
    const structure = /^(?:\s+|-\s+|[[\]{},]|[?:](?=\s|$))/.exec(rest)?.[0]
    if (structure !== undefined) {
      depth += structure === '[' || structure === '{' ? 1 : structure === ']' || structure === '}' ? -1 : 0
      result += structure
      at += structure.length
      continue
    }
    if (rest.startsWith('#') && leadingMarker(rest) === undefined) return result + rest
    const quoted = /^(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')/.exec(rest)?.[0]
    const value = quoted ?? plainValue(rest, depth > 0)
    result += quoted ?? quotedValue(value)
    at += Math.max(1, value.length)
  }
  return result
}

/** A plain value, up to what ends it: a key's colon, a comment, and within brackets a comma or a bracket. */
function plainValue(rest: string, inBrackets: boolean): string {
  for (let end = 0; end < rest.length; end++) {
    const marker = leadingMarker(rest.slice(end))
    if (marker !== undefined) {
      end += marker.length - 1
      continue
    }
    const char = rest[end]!
    const next = rest[end + 1]
    if (inBrackets && /[[\]{},]/.test(char)) return rest.slice(0, end).trimEnd()
    if (char === ':' && (next === undefined || /\s/.test(next))) return rest.slice(0, end)
    if (/\s/.test(char) && next === '#' && leadingMarker(rest.slice(end + 1)) === undefined)
      return rest.slice(0, end).trimEnd()
  }
  return rest.trimEnd()
}

function quotedValue(value: string): string {
  // An anchor, an alias or a tag is followed by the value.
  const [marker] = markersAt(value)
  if (marker === undefined || /^[&*!]/.test(value)) return value
  return JSON.stringify(marker.text === value ? `@@${marker.name}@@` : value)
}
