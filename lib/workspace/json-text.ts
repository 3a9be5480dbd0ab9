const TOKEN =
  /\s+|"(?:[^"\\\n\r]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null|##[A-Za-z0-9_]+##|@@[A-Za-z0-9_]+@@|[[\]{},:]/y

export interface JsonText {
  /** The text with each marker that stands for a value as a text of its own: `@@KEY@@` in quotes. Lines stay lines. */
  text: string
  /** Offset of the first place that is no JSON, and what is wrong there; nothing of the file in it. */
  fault?: { offset: number; message: string }
}

/**
 * Reads JSON as the deploy CLI does, which fills markers before it parses: `##KEY##` and `@@KEY@@` without quotes
 * stand for any value.
 */
export function jsonText(text: string): JsonText {
  let result = ''
  const open: string[] = []
  let expected: 'value' | 'value or ]' | 'name' | 'name or }' | ':' | 'more' | 'end' = 'value'
  let at = 0
  let last = ''
  const after = () => (open.length === 0 ? 'end' : 'more')
  const fault = (message: string): JsonText => ({ text, fault: { offset: at, message } })
  while (at < text.length) {
    TOKEN.lastIndex = at
    const token = TOKEN.exec(text)?.[0]
    if (token === undefined) return fault(unreadable(text, at))
    const first = token[0]!
    if (/\s/.test(first)) {
      result += token
      at += token.length
      continue
    }
    const inValue = expected === 'value' || expected === 'value or ]'
    if (first === '{' || first === '[') {
      if (!inValue) return fault(wanted(expected, open))
      open.push(first)
      expected = first === '{' ? 'name or }' : 'value or ]'
    } else if (first === '}' || first === ']') {
      const fits = first === '}' ? expected === 'name or }' : expected === 'value or ]'
      const closes = (expected === 'more' || fits) && open.at(-1) === (first === '}' ? '{' : '[')
      if (!closes) return fault(last === ',' ? 'a comma has nothing after it' : wanted(expected, open))
      open.pop()
      expected = after()
    } else if (first === ',') {
      if (expected !== 'more') return fault(wanted(expected, open))
      expected = open.at(-1) === '{' ? 'name' : 'value'
    } else if (first === ':') {
      if (expected !== ':') return fault(wanted(expected, open))
      expected = 'value'
    } else if (expected === 'name' || expected === 'name or }') {
      if (first !== '"') return fault('a name must stand in double quotes')
      expected = ':'
    } else {
      if (!inValue) return fault(wanted(expected, open))
      expected = after()
    }
    result += first === '#' || first === '@' ? `"@@${token.slice(2, -2)}@@"` : token
    at += token.length
    last = first
  }
  return expected === 'end' ? { text: result } : fault(at === 0 ? 'it is empty' : 'it ends too early')
}

function unreadable(text: string, at: number): string {
  if (text[at] === '"') return 'a text has no closing quote on its line'
  if (text[at] === "'") return 'a text must stand in double quotes'
  if (text.startsWith('//', at) || text.startsWith('/*', at)) return 'JSON has no comments'
  return 'something stands here that is no value'
}

function wanted(expected: string, open: readonly string[]): string {
  if (expected === 'end') return 'something stands after the end'
  if (expected === ':') return 'a colon is missing before this'
  if (expected === 'more') return `a comma or ${open.at(-1) === '{' ? '"}"' : '"]"'} is missing before this`
  return expected.startsWith('name') ? 'a name in double quotes is missing' : 'a value is missing here'
}
