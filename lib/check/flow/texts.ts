import { literal, MOST_ALTERNATIVES, MOST_TEXT, UNKNOWN, union, type Value } from './values.ts'

/** The texts that a value can be. */
export interface Texts {
  values: readonly string[]
  /** False when there may be others. */
  complete: boolean
  /** The known parts of every other text, with something unknown between each two; the last may be followed by more. */
  parts: readonly string[]
}

const MOST_PARTS = 200
const UNKNOWN_PARTS = ['', '']
const UNKNOWN_TEXTS: Texts = { values: [], complete: false, parts: UNKNOWN_PARTS }
const NO_PARTS: readonly string[] = []

export function texts(value: Value | undefined): Texts {
  if (value === undefined) return UNKNOWN_TEXTS
  switch (value.kind) {
    case 'literal':
      // A name that is undefined is a mistake of the walk, or of the Action: either way it names nothing.
      return value.value == null
        ? UNKNOWN_TEXTS
        : { values: [String(value.value)], complete: true, parts: NO_PARTS }
    case 'text':
      return { values: [], complete: false, parts: value.parts }
    case 'record':
      return value.asText === undefined
        ? UNKNOWN_TEXTS
        : { values: [value.asText], complete: true, parts: NO_PARTS }
    case 'union':
      return textsOfAny(value.of)
    default:
      return UNKNOWN_TEXTS
  }
}

function textsOfAny(alternatives: readonly Value[]): Texts {
  const values: string[] = []
  const partial: (readonly string[])[] = []
  for (const one of alternatives) {
    const { values: own, complete, parts } = texts(one)
    for (const value of own) values.push(value)
    if (!complete) partial.push(parts)
  }
  return {
    values,
    complete: partial.length === 0,
    parts: partial.length === 0 ? NO_PARTS : partial.length === 1 ? partial[0]! : UNKNOWN_PARTS,
  }
}

/** The ends of a text with very many gaps: what is between them is not looked at. */
function few(parts: readonly string[]): readonly string[] {
  const isMuch = parts.length > MOST_PARTS || parts.some((part) => part.length > MOST_TEXT)
  return isMuch ? [shortened(parts[0]!), shortened(parts.at(-1)!)] : parts
}

function shortened(part: string): string {
  return part.length > MOST_TEXT ? '' : part
}

/** `left + right`: a sum, unless one of them is text. */
export function plus(left: Value, right: Value): Value {
  if (mayBeText(left) || mayBeText(right)) return concatenate([left, right])
  if (left.kind !== 'literal' || right.kind !== 'literal') return UNKNOWN
  return literal(Number(left.value) + Number(right.value))
}

/** Whether what is known of a value is text; of a value that is not known, nothing is. */
function mayBeText(value: Value): boolean {
  switch (value.kind) {
    case 'literal':
      return typeof value.value === 'string'
    case 'record':
      return value.asText !== undefined
    case 'union':
      return value.of.some(mayBeText)
    default:
      return value.kind === 'text'
  }
}

/** Text put together; what is unknown leaves a gap. */
export function concatenate(parts: readonly Value[]): Value {
  let known: string[] | undefined = ['']
  let gapped: string[] = []
  const append = (text: string) => gapped.push(gapped.pop()! + text)
  for (const part of parts) {
    const { values, complete, parts: own } = texts(part)
    if (known !== undefined && complete && values.length * known.length <= MOST_ALTERNATIVES) {
      known =
        known.length === 1 && values.length === 1
          ? [known[0]! + values[0]!]
          : known.flatMap((start) => values.map((value) => start + value))
      continue
    }
    if (known !== undefined) {
      gapped = known.length === 1 ? [known[0]!] : ['', '']
      known = undefined
    }
    if (complete && values.length === 1) append(values[0]!)
    else if (values.length === 0) {
      append(own[0] ?? '')
      for (const one of own.slice(1)) gapped.push(one)
    } else gapped.push('')
  }
  if (known === undefined) return { kind: 'text', parts: few(gapped) }
  return known.length === 1 ? literal(known[0]!) : union(known.map(literal))
}
