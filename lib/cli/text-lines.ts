/** One line of a text, counted from 1. */
export interface TextLine {
  number: number
  /** Without its end; `undefined` when it is longer than may be. */
  text: string | undefined
}

/**
 * The lines of a text that comes in chunks. No more than one line is kept at a time, and of one that is longer than
 * `most` characters nothing. The byte order mark of the first is left out.
 */
export async function* textLines(chunks: AsyncIterable<string>, most: number): AsyncGenerator<TextLine> {
  let rest = ''
  let isTooLong = false
  let number = 0
  const line = (text: string): TextLine => {
    number++
    const is = { number, text: isTooLong || text.length > most ? undefined : text.replace(/\r$/, '') }
    isTooLong = false
    return is
  }
  for await (const chunk of chunks) {
    const parts = (number === 0 && rest === '' ? chunk.replace(/^\uFEFF/, '') : chunk).split('\n')
    for (const [index, part] of parts.entries()) {
      if (index > 0) {
        yield line(rest)
        rest = ''
      }
      if (isTooLong || rest.length + part.length > most) {
        isTooLong = true
        rest = ''
      } else rest += part
    }
  }
  if (rest !== '' || isTooLong) yield line(rest)
}
