import { Excerpt } from './excerpt.ts'

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  b: '\b',
  f: '\f',
  '0': '\0',
  e: '\x1b',
}

/** The text of a string in double quotes that begins at an offset, and the offset after its closing quote. */
export function quotedAt(source: string, open: number): { excerpt: Excerpt; end: number } {
  const excerpt = new Excerpt(source)
  let from = open + 1
  let at = from
  while (at < source.length && source[at] !== '"') {
    if (source[at] !== '\\') {
      at++
      continue
    }
    excerpt.copy(from, at)
    const sign = source[at + 1] ?? ''
    const digits = sign === 'u' ? 4 : sign === 'x' ? 2 : 0
    const code = Number.parseInt(source.slice(at + 2, at + 2 + digits), 16)
    const known = digits > 0 && !Number.isNaN(code)
    excerpt.put(known ? String.fromCharCode(code) : (ESCAPES[sign] ?? sign), at)
    at += 2 + (known ? digits : 0)
    from = at
  }
  excerpt.copy(from, Math.min(at, source.length))
  return { excerpt, end: at + 1 }
}
