import { ToolkitError } from '../errors.ts'
import { LIMITS } from '../limits.ts'

/** A place in a text, counted from 1; `column` in UTF-16 units. */
export interface Place {
  line: number
  column: number
}

export interface JsonText {
  value: unknown
  /** Place of the key (or array item) at `path`, or of its nearest parent that exists. */
  placeOf(path: readonly (string | number)[]): Place
}

/**
 * Parses JSON text (RFC 8259) and remembers where each value stands. Stricter than `JSON.parse`: a key
 * that stands twice in one object is refused, since readers disagree on which of the two counts.
 *
 * @param options `endless`: whether numbers may be too large to be numbers, as `JSON.parse` takes them.
 * @throws {ToolkitError} `ERR_CONTRACT` with file, line and column.
 */
export function parseJson(
  text: string,
  file: string,
  { endless = false }: { endless?: boolean } = {},
): JsonText {
  if (text.length > LIMITS.contractLength) {
    throw new ToolkitError('ERR_CONTRACT', `"${file}" has more than ${LIMITS.contractLength} characters`, {
      file,
      hint: 'Split it: what several files share is named with $ref.',
    })
  }
  const places = new Map<string, number>()
  let at = 0
  let depth = 0

  function fail(message: string, offset = at): never {
    throw new ToolkitError('ERR_CONTRACT', `"${file}" is not valid JSON: ${message}`, {
      file,
      ...placeAt(text, offset),
      hint: 'Correct the line; JSON has no comments, no final commas, and double quotes only.',
    })
  }

  function space(): void {
    while (at < text.length && ' \t\n\r'.includes(text[at]!)) at++
  }

  function expect(character: string): void {
    space()
    if (text[at] !== character)
      fail(at < text.length ? `"${character}" is missing here` : 'it ends too early')
    at++
  }

  function string(): string {
    const start = at
    at++
    while (text[at] !== '"') {
      if (at >= text.length || text[at]! < ' ') fail('a text is not closed', start)
      at += text[at] === '\\' ? 2 : 1
    }
    at++
    try {
      return JSON.parse(text.slice(start, at)) as string
    } catch {
      return fail('a text has a wrong escape', start)
    }
  }

  function value(path: string): unknown {
    space()
    if (!places.has(path)) places.set(path, at)
    const first = text[at]
    if (first === '{' || first === '[') {
      if (++depth > LIMITS.jsonDepth) fail(`it has more than ${LIMITS.jsonDepth} levels`)
      const whole = first === '{' ? object(path) : array(path)
      depth--
      return whole
    }
    if (first === '"') return string()
    const word = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)/.exec(
      text.slice(at, at + 400),
    )
    if (word === null) return fail(at < text.length ? 'a value is missing here' : 'it ends too early')
    const known: unknown = JSON.parse(word[0])
    if (!endless && typeof known === 'number' && !Number.isFinite(known)) fail('the number is too large')
    at += word[0].length
    return known
  }

  function object(path: string): Record<string, unknown> {
    const result: Record<string, unknown> = {}
    at++
    space()
    if (text[at] === '}') {
      at++
      return result
    }
    for (;;) {
      space()
      const start = at
      if (text[at] !== '"') fail('a key in double quotes is missing here')
      const key = string()
      if (Object.hasOwn(result, key)) fail(`the key "${key}" stands twice`, start)
      const child = `${path}/${escaped(key)}`
      places.set(child, start)
      expect(':')
      Object.defineProperty(result, key, {
        value: value(child),
        enumerable: true,
        writable: true,
        configurable: true,
      })
      space()
      if (text[at] === ',') {
        at++
        continue
      }
      expect('}')
      return result
    }
  }

  function array(path: string): unknown[] {
    const result: unknown[] = []
    at++
    space()
    if (text[at] === ']') {
      at++
      return result
    }
    for (;;) {
      result.push(value(`${path}/${result.length}`))
      space()
      if (text[at] === ',') {
        at++
        continue
      }
      expect(']')
      return result
    }
  }

  // A byte order mark is what some editors leave at the start.
  if (text.startsWith('\uFEFF')) at = 1
  const root = value('')
  space()
  if (at < text.length) fail('something follows the end of the document')

  let starts: number[] | undefined
  const place = (offset: number): Place => {
    starts ??= lineStarts(text)
    let [low, high] = [0, starts.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (starts[middle]! <= offset) low = middle
      else high = middle - 1
    }
    return { line: low + 1, column: offset - starts[low]! + 1 }
  }

  return {
    value: root,
    placeOf(path) {
      for (let length = path.length; length >= 0; length--) {
        const offset = places.get(
          path
            .slice(0, length)
            .map((part) => `/${escaped(String(part))}`)
            .join(''),
        )
        if (offset !== undefined) return place(offset)
      }
      return { line: 1, column: 1 }
    },
  }
}

/** A JSON Pointer (RFC 6901) as the list of its parts. */
export function pointerParts(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function escaped(part: string): string {
  return part.replaceAll('~', '~0').replaceAll('/', '~1')
}

function lineStarts(text: string): number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

function placeAt(text: string, offset: number): Place {
  const before = text.slice(0, offset)
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') }
}
