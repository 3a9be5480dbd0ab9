import { LIMITS } from '../limits.ts'

/** What is nested too deeply for parsers, and where. */
export interface NestingFault {
  /** A part of a sentence. */
  message: string
  offset: number
}

/**
 * Whether parsers could read this JavaScript or TypeScript: some end the process where brackets, or words and operators
 * that hang on each other, nest by the thousands. One pass over the characters, which knows texts, comments and most
 * regular expressions; shorter texts are not looked at, since they have no room for it.
 */
export function nestingFault(text: string): NestingFault | undefined {
  if (text.length > LIMITS.sourceLength) {
    return { message: `it has more than ${LIMITS.sourceLength} characters`, offset: 0 }
  }
  return text.length < SHORT ? undefined : new Scan(text).fault()
}

/** Parsers take three thousand brackets, each with its end, and what else there is in so many characters. */
const SHORT = 4000

/** Words after which the rest hangs on what was before; each takes a level of the tree. */
const LINKS = new Set([
  ...[
    'else',
    'if',
    'for',
    'while',
    'do',
    'new',
    'typeof',
    'void',
    'delete',
    'await',
    'yield',
    'return',
    'throw',
  ],
  ...[
    'in',
    'instanceof',
    'of',
    'as',
    'satisfies',
    'extends',
    'keyof',
    'readonly',
    'unique',
    'infer',
    'is',
    'with',
  ],
  ...['try', 'catch', 'finally', 'async', 'case', 'default', 'asserts'],
])
/** Words that go on after a closing brace. */
const AFTER_BLOCK = new Set([
  'else',
  'catch',
  'finally',
  'while',
  'in',
  'instanceof',
  'of',
  'as',
  'satisfies',
])
/** Words before a regular expression. */
const BEFORE_VALUE = new Set([...LINKS].filter((word) => word !== 'is' && word !== 'default'))

const WORD = /[\p{L}\p{N}_$]+/uy
const OPERATOR = '+-*/%=<>!~&|^?:.'

class Scan {
  readonly #text: string
  /** Links of each bracket that is open, below those of the statement that is read. */
  readonly #outer: number[] = []
  /** Brackets that are open; a template's text is one. */
  readonly #open: string[] = []
  /** Links of all of `#outer`. */
  #below = 0
  #links = 0
  /** The last character that counts, or `a` after a word, `v` after one that a value follows. */
  #last = ';'
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  fault(): NestingFault | undefined {
    const text = this.#text
    while (this.#at < text.length) {
      const character = text[this.#at]!
      if (this.#open.at(-1) === '`') this.#template()
      else if (character === '\n') this.#line()
      else if (character <= ' ') this.#at++
      else if (character === '"' || character === "'") this.#quoted(character)
      else if (character === '/' && (text[this.#at + 1] === '/' || text[this.#at + 1] === '*'))
        this.#comment()
      else if (character === '/' && this.#isValueNext()) this.#expression()
      else if ('([{`'.includes(character)) this.#opening(character)
      else if (')]}'.includes(character)) this.#closing(character)
      else if (character === ';' || character === ',') this.#separator(character)
      else if (OPERATOR.includes(character)) this.#operator(character)
      else this.#word()
      const fault = this.#tooMuch()
      if (fault !== undefined) return { message: fault, offset: Math.min(this.#at, text.length - 1) }
    }
    return undefined
  }

  #tooMuch(): string | undefined {
    if (this.#open.length > LIMITS.sourceDepth)
      return `it has more than ${LIMITS.sourceDepth} brackets within each other`
    if (this.#below + this.#links > LIMITS.sourceChain) {
      return `a statement has more than ${LIMITS.sourceChain} operators and keywords in a row`
    }
    return undefined
  }

  #line(): void {
    this.#at++
    if (this.#last === 'v' || OPERATOR.includes(this.#last) || '([{,'.includes(this.#last)) return
    // A statement without a semicolon ends where the next line begins as no statement could go on.
    const next = /\S/g
    next.lastIndex = this.#at
    const found = next.exec(this.#text)
    if (found === null) this.#at = this.#text.length
    if (found === null) return
    this.#at = found.index
    if (OPERATOR.includes(found[0]) || ')]}([`,;'.includes(found[0])) return
    if (AFTER_BLOCK.has(this.#wordAt(this.#at))) return
    this.#links = 0
  }

  #quoted(quote: string): void {
    for (this.#at++; this.#at < this.#text.length; this.#at++) {
      const character = this.#text[this.#at]!
      if (character === '\\') this.#at++
      else if (character === quote || character === '\n') break
    }
    this.#at++
    this.#last = 'a'
  }

  #comment(): void {
    const end =
      this.#text[this.#at + 1] === '/'
        ? this.#text.indexOf('\n', this.#at)
        : this.#text.indexOf('*/', this.#at + 2)
    if (end === -1) this.#at = this.#text.length
    else this.#at = this.#text[end] === '*' ? end + 2 : end
  }

  /** A slash stands for a regular expression where a value may stand. */
  #isValueNext(): boolean {
    if (this.#last === 'v') return true
    const before = this.#text.slice(Math.max(0, this.#at - 2), this.#at)
    if (before === '++' || before === '--') return false
    return '([{,;=:!&|?+-*%~^<>'.includes(this.#last)
  }

  #expression(): void {
    let isClass = false
    const start = this.#at
    for (this.#at++; this.#at < this.#text.length; this.#at++) {
      const character = this.#text[this.#at]!
      if (character === '\n') {
        // It was none.
        this.#at = start + 1
        this.#last = '/'
        return
      }
      if (character === '\\') this.#at++
      else if (character === '[') isClass = true
      else if (character === ']') isClass = false
      else if (character === '/' && !isClass) break
    }
    this.#at++
    this.#last = 'a'
  }

  #opening(character: string): void {
    this.#at++
    this.#links++
    this.#outer.push(this.#links)
    this.#below += this.#links
    this.#links = 0
    this.#open.push(character)
    this.#last = character
  }

  #closing(character: string): void {
    this.#at++
    this.#open.pop()
    const links = this.#outer.pop()
    if (links !== undefined) {
      this.#below -= links
      this.#links = links
    }
    this.#last = character
    if (character !== '}') return
    // A block ends its statement, unless a word or an operator goes on.
    const next = /\S/g
    next.lastIndex = this.#at
    const found = next.exec(this.#text)?.[0] ?? ''
    if (/[\p{L}_$@]/u.test(found) && !AFTER_BLOCK.has(this.#wordAt(next.lastIndex - 1))) this.#links = 0
  }

  /** The text of a template, up to its end or a value in it. */
  #template(): void {
    const text = this.#text
    for (; this.#at < text.length; this.#at++) {
      const character = text[this.#at]!
      if (character === '\\') this.#at++
      else if (character === '`') {
        this.#closing('`')
        this.#last = 'a'
        return
      } else if (character === '$' && text[this.#at + 1] === '{') {
        this.#at++
        this.#opening('{')
        return
      }
    }
  }

  #separator(character: string): void {
    this.#at++
    this.#links = 0
    this.#last = character
  }

  #operator(character: string): void {
    this.#at++
    this.#links++
    this.#last = character
  }

  #word(): void {
    const word = this.#wordAt(this.#at)
    this.#at += Math.max(1, word.length)
    if (LINKS.has(word)) this.#links++
    this.#last = BEFORE_VALUE.has(word) ? 'v' : 'a'
  }

  #wordAt(offset: number): string {
    WORD.lastIndex = offset
    return WORD.exec(this.#text)?.[0] ?? ''
  }
}
