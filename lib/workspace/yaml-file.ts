import {
  type Document,
  type ErrorCode,
  isMap,
  isPair,
  isScalar,
  LineCounter,
  parseDocument,
  visit,
} from 'yaml'
import { ToolkitError } from '../errors.ts'
import type { Position } from '../finding.ts'
import { LIMITS } from '../limits.ts'
import { MEMBERS, SECTIONS } from './known-members.ts'

export interface YamlFile {
  value: unknown
  /** Place of the value at `path`, or of its nearest parent that exists. */
  positionOf(path: readonly (string | number)[]): Position
}

/** Our own words for each fault: those of the library quote what stands there, and that may be a password. */
const FAULTS: Readonly<Partial<Record<ErrorCode, string>>> = {
  ALIAS_PROPS: 'a name that begins with * has a tag or an anchor of its own',
  BAD_ALIAS: 'a name that begins with * or & is not one',
  BAD_DIRECTIVE: 'a line that begins with % is not a directive',
  BAD_DQ_ESCAPE: 'there is no such escape in double quotes',
  BAD_INDENT: 'the indentation does not fit, or a bracket is not closed',
  BAD_SCALAR_START: 'a text cannot begin with this character without quotes',
  BLOCK_AS_IMPLICIT_KEY: 'there is a second ": " where a value stands',
  BLOCK_IN_FLOW: 'a list or map of several lines stands within brackets',
  KEY_OVER_1024_CHARS: 'the key is too long',
  MISSING_CHAR: 'a quote, a bracket, a comma or a colon is missing',
  MULTILINE_IMPLICIT_KEY: 'a key must stand on one line',
  MULTIPLE_ANCHORS: 'a value has two anchors',
  MULTIPLE_DOCS: 'there is more than one document',
  MULTIPLE_TAGS: 'a value has two tags',
  NON_STRING_KEY: 'a key must be a text',
  RESOURCE_EXHAUSTION: 'it is nested too deeply',
  TAB_AS_INDENT: 'a tab cannot indent',
  TAG_RESOLVE_FAILED: 'there is no such tag, or the value is not one of it',
}

const HINT =
  'Correct the line; indentation with spaces only, and quotes around values that begin with @, #, !, & or *.'

/**
 * Parses YAML text. `file` is the path as the user would type it; it goes into positions and errors. No error holds a
 * text of the file.
 *
 * @throws {ToolkitError} `ERR_INPUT` with line and column when the text is not YAML, has a key twice, names an anchor
 * that does not exist, or repeats or nests so much that reading it would take for ever; also for a text that a
 * `##KEY##` marker would continue, since it begins a comment there.
 */
export function parseYaml(text: string, file: string): YamlFile {
  const lines = new LineCounter()
  const failAt = (offset: number, message: string, hint = HINT): never => {
    const { line, col } = lines.linePos(offset)
    throw new ToolkitError('ERR_INPUT', `"${file}" is not valid YAML: ${message}`, {
      file,
      line: Math.max(1, line),
      column: Math.max(1, col),
      hint,
    })
  }
  if (text.length > LIMITS.yamlLength) failAt(0, `it has more than ${LIMITS.yamlLength} characters`)
  if (flowDepth(text) > LIMITS.yamlDepth) failAt(0, FAULTS.RESOURCE_EXHAUSTION!)
  const document = parsed(text, lines, failAt)
  // The library only warns of a tag that it does not know, and makes the value an empty text.
  const fault = document.errors[0] ?? document.warnings[0]
  if (fault !== undefined) failAt(fault.pos[0], FAULTS[fault.code] ?? 'something stands here that cannot')
  const value = plainValue(document, failAt, (offset) => lines.linePos(offset).line)

  return { value, positionOf: positionsIn(document, lines, file) }
}

/** Places of the values of a document that has been parsed with this counter of lines. */
export function positionsIn(
  document: Document.Parsed,
  lines: LineCounter,
  file: string,
): YamlFile['positionOf'] {
  function offsetOf(path: readonly (string | number)[]): number {
    for (let length = path.length; length > 0; length--) {
      const key = path[length - 1]
      const parent = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true)
      if (isMap(parent)) {
        // The key's place, not the value's: that is where a person looks.
        const pair = parent.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === key)
        if (pair !== undefined && isScalar(pair.key) && pair.key.range) return pair.key.range[0]
      } else {
        const node = document.getIn(path.slice(0, length), true)
        if (hasRange(node)) return node.range[0]
      }
    }
    return hasRange(document.contents) ? document.contents.range[0] : 0
  }

  return (path) => {
    const { line, col } = lines.linePos(offsetOf(path))
    return { file, line: Math.max(1, line), column: Math.max(1, col) }
  }
}

function hasRange(node: unknown): node is { range: [number, number, number] } {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)
}

/** Brackets within brackets, wherever they stand. */
function flowDepth(text: string): number {
  let depth = 0
  let deepest = 0
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    depth = bracket === '[' || bracket === '{' ? depth + 1 : Math.max(0, depth - 1)
    if (depth > deepest) deepest = depth
  }
  return deepest
}

/** A key that is not known may be a value that lost its place. */
function keyTwice(key: unknown, first: number): string {
  const isKnown = [SECTIONS, ...Object.values(MEMBERS)].some((list) =>
    list.some((line) => line.split(' ').includes(String(key))),
  )
  return `${isKnown ? `the key "${String(key)}"` : 'the key'} is there twice, first in line ${first}`
}

type FailAt = (offset: number, message: string, hint?: string) => never

function parsed(text: string, lines: LineCounter, failAt: FailAt): Document.Parsed {
  try {
    return parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      logLevel: 'silent',
      uniqueKeys: false,
      // `<<: *base`, which the deploy CLI's parser takes as well.
      merge: true,
    })
  } catch {
    return failAt(0, FAULTS.RESOURCE_EXHAUSTION!)
  }
}

/** The value of a document, whose aliases the library resolves only here. */
function plainValue(document: Document.Parsed, failAt: FailAt, lineOf: (offset: number) => number): unknown {
  let aliases = 0
  try {
    visit(document, {
      // The library compares each key with all before it.
      Map(_, { items }) {
        const keys = new Map<unknown, number>()
        for (const { key } of items) {
          if (!isScalar(key)) continue
          const first = keys.get(key.value)
          if (first !== undefined) failAt(key.range?.[0] ?? 0, keyTwice(key.value, lineOf(first)))
          keys.set(key.value, key.range?.[0] ?? 0)
        }
      },
      Alias(_, alias) {
        if (++aliases > LIMITS.yamlAliases) {
          failAt(
            alias.range?.[0] ?? 0,
            `it has more than ${LIMITS.yamlAliases} aliases`,
            'Write the values out.',
          )
        }
        if (alias.resolve(document) === undefined)
          failAt(
            alias.range?.[0] ?? 0,
            'a value that begins with * needs quotes, unless an anchor above has its name',
          )
      },
      Scalar(_, { comment, range }) {
        if (typeof comment === 'string' && /^#[A-Za-z0-9_]+##/.test(comment))
          failAt(
            range?.[0] ?? 0,
            'a marker begins a comment here',
            'Put quotes around a text that has a ##KEY## marker.',
          )
      },
    })
    return document.toJS({ maxAliasCount: 100 }) as unknown
  } catch (error) {
    if (error instanceof ToolkitError) throw error
    return error instanceof RangeError
      ? failAt(0, FAULTS.RESOURCE_EXHAUSTION!)
      : failAt(0, 'its anchors and aliases cannot be resolved, or repeat too much')
  }
}
