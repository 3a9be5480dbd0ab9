import type { FreePart } from './free-parts.ts'
import { aroundNumbers } from './kind.ts'
import type { Literal } from './read-code.ts'
import type { Member, Vocabulary } from './vocabulary.ts'

/** Names that every object has: an Action that looks a text up in an object finds them. */
export const INHERITED = ['constructor', '__proto__']

/** Values that a member may have where nobody checks. `undefined`: the member is missing. */
const ODD_VALUES: readonly unknown[] = [
  undefined,
  null,
  7,
  '',
  'x'.repeat(500),
  '\u{1F600}'.repeat(120),
  '語'.repeat(400),
  'Łukasz Żółć',
  '100 %',
  ['a', 'b'],
  { a: 1 },
  true,
  -0.5,
  [],
  ...INHERITED,
  0,
  'null',
  '12',
  '-1',
  // A cut by code units goes through the middle of a character.
  `x${'\u{1F600}'.repeat(120)}`,
  'a, b',
  1e21,
  [null],
  Array.from({ length: 200 }, (_, index) => `item-${index}`),
]

const isText = (value: unknown) => value === undefined || typeof value === 'string'
/** Values of what a client sends: any text. */
const ODD_TEXTS = ODD_VALUES.filter(isText)

export interface MemberValues extends Member {
  /** What is told by itself. */
  telling: readonly unknown[]
  /** More, for chance. */
  others: readonly unknown[]
}

/** Members whose values are tried with all of the Action's own words: more would be too many. */
const FEW = 160

/** What is put into each member. */
export function memberValues(words: Vocabulary): MemberValues[] {
  const { members, texts, attacks, starts, shapes } = words
  const objects = objectsWith(words)
  const share = Math.floor(FEW / Math.max(1, members.length))
  const own = texts.slice(0, 40)
  const numbers = aroundNumbers(words, 1_000_000)
  const sizes = aroundNumbers(words, 3000)
  return members.map(({ part, path }) => {
    const any = isAny(part)
    const compared = comparedWith(words, part, path)
    const around = [
      ...(any ? numbers : []),
      ...sizes.map((size) => 'x'.repeat(size)),
      ...(any ? sizes.map((size) => Array.from({ length: size }, (_, index) => `item-${index}`)) : []),
    ]
    const telling = [
      ...compared,
      ...(any ? ODD_VALUES : ODD_TEXTS),
      ...(any ? objects : []),
      ...own.slice(0, Math.max(4, share)),
      ...shapes.slice(0, Math.max(6, share)),
      ...(any ? [...starts, ...shapes, ...own].slice(0, Math.max(6, share)).map((text) => [text]) : []),
      ...spread(around, Math.max(9, share)),
      ...attacks,
    ]
    return { part, path, telling: [...new Set(telling)], others: [...new Set([...texts, ...around])] }
  })
}

/** What the tenant or a client sends is text; metadata of users is any JSON. */
function isAny(part: FreePart): boolean {
  return part.startsWith('user') || part === 'request.body'
}

/** What the Action compares a member with, or its length, and what is beside that; texts in other letters as well. */
function comparedWith(words: Vocabulary, part: FreePart, path: readonly string[]): unknown[] {
  return literalsFor(words, part, path).flatMap((value): unknown[] =>
    typeof value === 'number'
      ? [value, value + 1, value - 1]
      : typeof value === 'boolean'
        ? [value, String(value)]
        : [value, value.toUpperCase(), `${value} `, [value]],
  )
}

/** Whether the Action compares a member with this very value, or with the number beside it. */
export function isComparedWith(
  words: Vocabulary,
  { part, path, value }: Member & { value: unknown },
): boolean {
  return literalsFor(words, part, path).some((one) =>
    typeof one === 'number' && typeof value === 'number' ? Math.abs(one - value) <= 1 : one === value,
  )
}

function literalsFor({ compared }: Vocabulary, part: FreePart, path: readonly string[]): Literal[] {
  const name = [part, ...path].join('.')
  const ends = (one: string, end: string) => one === end || one.endsWith(`.${end}`)
  return [...compared].flatMap(([one, values]) => (ends(one, name) || ends(name, one) ? values : []))
}

/** Objects that have the members that the Action reads of anything, alone and in lists. */
function objectsWith({ names, texts }: Vocabulary): unknown[] {
  const all = (value: unknown) => Object.fromEntries(names.map((name) => [name, value]))
  const item = all('x')
  const [word] = texts
  const lists = [[{}], [item], [item, {}], [all(null)], [all(7)]]
  if (names.length === 0) return [[{}]]
  return [...lists, item, all(null), { a: item }, ...(word === undefined ? [] : [[all(word)], all(word)])]
}

/** At most so many, from all over the list. */
function spread<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items]
  return Array.from({ length: most }, (_, index) => items[Math.floor((index * items.length) / most)]!)
}
