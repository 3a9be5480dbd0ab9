import { jsonBytes } from './json-bytes.ts'
import { LONGEST_PATTERN } from './pattern-cost.ts'

/** How large a text can be that a pattern lets through. */
export interface PatternSize {
  /** Bytes of JSON between the quotes; `Infinity` without a bound. */
  bytes: number
  /** Bytes of the largest character. */
  largest: number
}

/** Bytes of one character in JSON at most: a control character or a lone surrogate. */
export const LARGEST_CHARACTER = 6

/**
 * Bounds of a pattern (ECMA-262, flag `u`) that is anchored at both ends: characters, classes, groups, alternatives and
 * quantifiers. `undefined` for others, which bound nothing.
 */
export function patternSize(pattern: string): PatternSize | undefined {
  if (pattern.length > LONGEST_PATTERN) return undefined
  if (!pattern.startsWith('^') || !/[^\\]\$$|^\^\$$/.test(pattern)) return undefined
  try {
    const reader = new Reader([...pattern.slice(1, -1)])
    const size = reader.alternatives()
    // An alternative outside of a group would leave an end open.
    return reader.isAtEnd && !reader.hasOpenAlternatives ? size : undefined
  } catch (error) {
    if (error === UNKNOWN) return undefined
    throw error
  }
}

const UNKNOWN = new Error('a construct that is not looked into')
const NOTHING: PatternSize = { bytes: 0, largest: 0 }

class Reader {
  hasOpenAlternatives = false
  readonly #text: readonly string[]
  #at = 0
  #depth = 0

  constructor(text: readonly string[]) {
    this.#text = text
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length
  }

  alternatives(): PatternSize {
    let size = this.#sequence()
    while (this.#take('|')) {
      if (this.#depth === 0) this.hasOpenAlternatives = true
      const other = this.#sequence()
      size = { bytes: Math.max(size.bytes, other.bytes), largest: Math.max(size.largest, other.largest) }
    }
    return size
  }

  #sequence(): PatternSize {
    let size = NOTHING
    while (!this.isAtEnd && !this.#is('|') && !this.#is(')')) {
      const one = this.#atom()
      const most = this.#quantifier()
      size = {
        bytes: size.bytes + (one.bytes === 0 || most === 0 ? 0 : one.bytes * most),
        largest: Math.max(size.largest, one.largest),
      }
    }
    return size
  }

  #atom(): PatternSize {
    const start = this.#at
    const character = this.#next()
    if (character === '(') return this.#group()
    if (character === '[') {
      while (!this.#take(']')) if (this.#next() === '\\') this.#next()
      return classSize(this.#text.slice(start, this.#at).join(''))
    }
    if (character === '.') return classSize('.')
    if ('^$*+?{}'.includes(character)) throw UNKNOWN
    if (character !== '\\') return characterSize(character)
    const escaped = this.#next()
    if (/[bB]/.test(escaped)) return NOTHING
    if (/[dw]/.test(escaped)) return { bytes: 1, largest: 1 }
    // References, and escapes of several characters.
    if (/[DWsStnrfv]/.test(escaped)) return classSize(`\\${escaped}`)
    if (!/[\^$\\.*+?()[\]{}|/-]/.test(escaped)) throw UNKNOWN
    return characterSize(escaped)
  }

  #group(): PatternSize {
    let isAhead = false
    if (this.#take('?')) {
      const kind = this.#next()
      if (kind === '<') {
        if (this.#is('=') || this.#is('!')) throw UNKNOWN
        while (!this.#take('>')) this.#next()
      } else if (kind !== ':') {
        if (kind !== '=' && kind !== '!') throw UNKNOWN
        isAhead = true
      }
    }
    this.#depth++
    const size = this.alternatives()
    this.#depth--
    if (!this.#take(')')) throw UNKNOWN
    return isAhead ? NOTHING : size
  }

  /** How often at most. */
  #quantifier(): number {
    const most = this.#count()
    if (most !== undefined) this.#take('?')
    return most ?? 1
  }

  #count(): number | undefined {
    if (this.#take('*') || this.#take('+')) return Number.POSITIVE_INFINITY
    if (this.#take('?')) return 1
    if (!this.#take('{')) return undefined
    let text = ''
    while (!this.#take('}')) text += this.#next()
    const [low = '', high = low] = text.split(',')
    return high === '' ? Number.POSITIVE_INFINITY : Number(high)
  }

  #is(character: string): boolean {
    return this.#text[this.#at] === character
  }

  #take(character: string): boolean {
    if (!this.#is(character)) return false
    this.#at++
    return true
  }

  #next(): string {
    const character = this.#text[this.#at++]
    if (character === undefined) throw UNKNOWN
    return character
  }
}

function characterSize(character: string): PatternSize {
  const bytes = jsonBytes(character) - 2
  return { bytes, largest: bytes }
}

const classSizes = new Map<string, PatternSize>()

/** Of any one character of a class. */
function classSize(source: string): PatternSize {
  const size = classSizes.get(source) ?? largestOf(source)
  classSizes.set(source, size)
  return size
}

function largestOf(source: string): PatternSize {
  const one = new RegExp(`^${source}$`, 'u')
  let bytes = 0
  for (let code = 0; code < 0x10000 && bytes < LARGEST_CHARACTER; code++) {
    const character = String.fromCharCode(code)
    if (one.test(character)) bytes = Math.max(bytes, jsonBytes(character) - 2)
  }
  // Beyond them, all take four. One that the class writes out, or means by a property, is not looked for.
  if (bytes < 4 && (/[^\0-\uFFFF]|\\[pPu]/u.test(source) || one.test('\u{1F600}'))) bytes = 4
  return { bytes, largest: bytes }
}
