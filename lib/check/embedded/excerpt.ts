/** Text that is taken out of another text piece by piece, and that knows where each piece stood there. */
export class Excerpt {
  readonly #source: string
  readonly #parts: string[] = []
  /** For each part: where it begins here, and where it stood; `copied`: sign by sign. */
  readonly #places: { from: number; to: number; copied: boolean }[] = []
  #length = 0

  constructor(source: string) {
    this.#source = source
  }

  /** Takes over a stretch of the source as it is. */
  copy(start: number, end: number): void {
    if (end > start) this.#add(this.#source.slice(start, end), start, true)
  }

  /** Writes something else for what stands at a place of the source. Returns which part it is. */
  put(text: string, at: number): number {
    return this.#add(text, at, false)
  }

  /** Changes a part to one of the same length. */
  change(part: number, text: string): void {
    this.#parts[part] = text
  }

  get text(): string {
    return this.#parts.join('')
  }

  /** Where an offset of the text stood in the source. */
  placeOf(offset: number): number {
    let low = 0
    let high = this.#places.length - 1
    if (high < 0) return 0
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#places[middle]!.from <= offset) low = middle
      else high = middle - 1
    }
    const { from, to, copied } = this.#places[low]!
    return copied ? to + offset - from : to
  }

  #add(text: string, to: number, copied: boolean): number {
    this.#places.push({ from: this.#length, to, copied })
    this.#length += text.length
    return this.#parts.push(text) - 1
  }
}

/** A stretch of lines, `[start, end)` of each without its indentation. */
export type Line = readonly [start: number, end: number]

/** The lines of a stretch of text, each with the sign that ends it. */
export function linesOf(text: string, start = 0, end = text.length): Line[] {
  const lines: Line[] = []
  for (let at = start; at < end; ) {
    const next = text.indexOf('\n', at)
    const stop = next === -1 || next >= end ? end : next + 1
    lines.push([at, stop])
    at = stop
  }
  return lines
}

/** How many blanks and tabs a line begins with. */
export function indentOf(text: string, [start, end]: Line): number {
  let at = start
  while (at < end && (text[at] === ' ' || text[at] === '\t')) at++
  return at - start
}

function isBlank(text: string, [start, end]: Line): boolean {
  return text.slice(start, end).trim() === ''
}

/** The lines without as many blanks as all of them begin with. */
export function withoutIndent(text: string, lines: readonly Line[], most = Number.POSITIVE_INFINITY): Line[] {
  const filled = lines.filter((line) => !isBlank(text, line))
  const common = filled.reduce((least, line) => Math.min(least, indentOf(text, line)), most)
  const cut = Number.isFinite(common) ? common : 0
  return lines.map((line) => [line[0] + Math.min(cut, indentOf(text, line)), line[1]])
}

/** The lines as one text. */
export function excerptOf(source: string, lines: readonly Line[]): Excerpt {
  const excerpt = new Excerpt(source)
  for (const [start, end] of lines) excerpt.copy(start, end)
  return excerpt
}
