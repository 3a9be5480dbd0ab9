import { type Blocks, noBlocks, sort } from './block.ts'
import { Excerpt, type Line, linesOf, withoutIndent } from './excerpt.ts'
import { quotedAt } from './quoted.ts'

const HEREDOC = /<<(-?)([A-Za-z_]\w*)\s*$/
const CODE_TEXT = /^\s*"?code"?\s?=\s*"/

/** Actions in the heredocs and texts of a Terraform file. */
export function blocksOfTerraform(source: string): Blocks {
  const blocks = noBlocks()
  const lines = linesOf(source)
  for (let index = 0; index < lines.length; index++) {
    const [start, end] = lines[index]!
    const line = source.slice(start, end)
    const heredoc = HEREDOC.exec(line)
    if (heredoc !== null) {
      const [, dash, word] = heredoc
      const close = lines.findIndex(
        (one, other) => other > index && source.slice(one[0], one[1]).trim() === word,
      )
      const inside = lines.slice(index + 1, close === -1 ? lines.length : close)
      add(
        blocks,
        source,
        dash === '-' ? withoutIndent(source, inside) : inside,
        keyBefore(line, heredoc.index),
      )
      index = close === -1 ? lines.length : close
      continue
    }
    const text = CODE_TEXT.exec(line)
    if (text !== null) {
      const { excerpt } = quotedAt(source, start + text[0].length - 1)
      sort(blocks, { text: excerpt.text, placeOf: (offset) => excerpt.placeOf(offset) }, 'code')
    } else if (/^\s*code\s?=\s?(?:file|templatefile)\(/.test(line))
      blocks.named.push(start + line.indexOf('code'))
  }
  return blocks
}

/** `code` of `code = <<EOT`, and of `code = chomp(<<EOT`. */
function keyBefore(line: string, end: number): string | undefined {
  return /^\s*"?(\w+)"?\s?[=:]/.exec(line.slice(0, end).replace(/\s+/g, ' '))?.[1]
}

function add(blocks: Blocks, source: string, lines: readonly Line[], key: string | undefined): void {
  const excerpt = new Reader(source).read(lines)
  sort(blocks, { text: excerpt.text, placeOf: (offset) => excerpt.placeOf(offset) }, key)
}

/**
 * Reads a template of Terraform as JavaScript: `$${` is `${`, and what Terraform puts in is something that is not known
 * before. Within a text it makes the text one with a gap.
 */
class Reader {
  readonly #source: string
  readonly #excerpt: Excerpt
  /** What the code is in: a text, with the part that opens it, or a comment. */
  #quote = ''
  #opening = 0
  #comment = ''

  constructor(source: string) {
    this.#source = source
    this.#excerpt = new Excerpt(source)
  }

  read(lines: readonly Line[]): Excerpt {
    for (const line of lines) this.#line(line)
    return this.#excerpt
  }

  #line([start, end]: Line): void {
    const source = this.#source
    let from = start
    let at = start
    const flush = (next: number) => {
      this.#excerpt.copy(from, at)
      from = next
      at = next
    }
    while (at < end) {
      const two = source.slice(at, at + 3)
      if (two === '$${' || two === '%%{') {
        flush(at + 1)
        at += 2
      } else if (two.startsWith('${') || two.startsWith('%{')) {
        const close = closing(source, at + 2, end)
        const place = at
        flush(close)
        if (two.startsWith('${')) this.#unknown(place)
      } else if (source[at] === '\\' && this.#quote !== '') at += 2
      else if (this.#quotes(source[at]!)) {
        const place = at
        flush(at + 1)
        this.#mark(source[place]!, place)
      } else {
        this.#comments(two.slice(0, 2))
        at++
      }
    }
    at = Math.min(at, end)
    flush(end)
    if (this.#quote !== '`') this.#quote = ''
    if (this.#comment === '//') this.#comment = ''
  }

  /** Whether a sign opens or closes a text here. */
  #quotes(sign: string): boolean {
    return this.#comment === '' && (this.#quote === '' ? '\'"`'.includes(sign) : sign === this.#quote)
  }

  #mark(sign: string, at: number): void {
    const closes = this.#quote !== ''
    const part = this.#excerpt.put(closes && this.#changed ? '`' : sign, at)
    this.#quote = closes ? '' : sign
    this.#changed = false
    this.#opening = part
  }

  #changed = false

  #unknown(at: number): void {
    if (this.#comment !== '') return
    if (this.#quote === '') {
      this.#excerpt.put('globalThis', at)
      return
    }
    if (this.#quote !== '`') {
      this.#excerpt.change(this.#opening, '`')
      this.#changed = true
    }
    this.#excerpt.put('$'.concat('{globalThis}'), at)
  }

  #comments(two: string): void {
    if (this.#quote !== '') return
    if (this.#comment === '') this.#comment = two === '//' || two === '/*' ? two : ''
    else if (this.#comment === '/*' && two === '*/') this.#comment = ''
  }
}

/** The offset after the brace that closes what is put in. */
function closing(source: string, start: number, end: number): number {
  let depth = 1
  for (let at = start; at < end; at++) {
    if (source[at] === '{') depth++
    else if (source[at] === '}' && --depth === 0) return at + 1
  }
  return end
}
