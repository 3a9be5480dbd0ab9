import { createRequire } from 'node:module'
import type { CharSet, Concatenation, DFA, Element, Expression, NoParent } from 'refa'
import { longestTested } from '../pattern-cost.ts'
import { lengthOf } from './judge.ts'

/** Which texts are looked for. */
export interface TextDemands {
  minLength: number
  maxLength: number
  /** Sources of regular expressions, in Unicode mode. */
  patterns: readonly string[]
  notPatterns: readonly string[]
  /** Texts that are left out. */
  not: readonly string[]
}

export interface TextsFound {
  /** `true`: it is proven that there is none. */
  isEmpty: boolean
  /** Made when they are asked for; an automaton may have many. */
  texts: Iterable<string>
}

type Part = NoParent<Element>

/** Code points of Unicode mode. */
const MOST = 0x10ffff
type Refa = typeof import('refa')
let loaded: Refa | undefined

/** Loaded for the first pattern: most commands compare none. */
function refa(): Refa {
  loaded ??= createRequire(import.meta.url)('refa') as Refa
  return loaded
}

/** States of an automaton; patterns that people write have some dozens. */
const MOST_STATES = 4000
/** Lengths beyond are not put into an automaton. */
const MOST_LENGTH = 1500
/** Alternatives that begin or end with an anchor, written out. */
const MOST_ALTERNATIVES = 200
/** Texts of one set that are made up. */
const MOST_WORDS = 2000
/** No login has a longer text. */
const LONGEST_TEXT = 200_000
/** Read before other characters. */
const PLEASANT = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:/@ ~'].map(
  (character) => character.codePointAt(0)!,
)

/**
 * Texts that match the patterns and do not match the others, by automata: exact, but for constructs that no automaton
 * has (back references, look-arounds after the beginning, word boundaries) and automata that grow too large.
 */
export function findTexts(demands: TextDemands): TextsFound {
  const { minLength, maxLength, patterns, notPatterns, not } = demands
  if (minLength > maxLength) return { isEmpty: true, texts: [] }
  if (patterns.length === 0 && notPatterns.length === 0) {
    const isEmpty = maxLength === 0 && not.includes('')
    return { isEmpty, texts: isEmpty ? [] : without(plainTexts(minLength, maxLength), not) }
  }
  if (patterns.some((pattern) => notPatterns.includes(pattern))) return { isEmpty: true, texts: [] }
  try {
    let left: DFA | undefined
    const narrow = (automaton: DFA | undefined): void => {
      if (automaton === undefined) return
      left = left === undefined ? automaton : both(left, automaton)
    }
    for (const pattern of patterns) narrow(automatonOf(pattern))
    for (const pattern of notPatterns) {
      // Past its bound a pattern matches nothing: the texts beyond are not in its complement's automaton.
      if (longestTested(pattern) === undefined) narrow(complementOf(pattern))
    }
    if (minLength > 0 || maxLength < Number.POSITIVE_INFINITY) {
      if (minLength <= MOST_LENGTH) {
        narrow(lengthsOf(minLength, maxLength <= MOST_LENGTH ? maxLength : Number.POSITIVE_INFINITY))
      }
    }
    if (not.length > 0) narrow(allBut(not))
    if (left === undefined) return { isEmpty: false, texts: without(plainTexts(minLength, maxLength), not) }
    // Each of them only narrows: what is empty without the unknown is empty with it.
    if (left.isEmpty) return { isEmpty: true, texts: [] }
    return { isEmpty: false, texts: wordsOf(left, minLength, maxLength) }
  } catch (error) {
    if (!isTooLarge(error)) throw error
    return { isEmpty: false, texts: [] }
  }
}

function* without(texts: Iterable<string>, not: readonly string[]): Generator<string> {
  for (const text of texts) if (!not.includes(text)) yield text
}

/** Texts without a pattern: short ones first. */
function* plainTexts(min: number, max: number): Generator<string> {
  const most = Math.min(max, LONGEST_TEXT)
  const lengths = new Set([Math.max(min, 1), min, most])
  const first = [...lengths].filter((length) => length <= most).map((length) => 'a'.repeat(length))
  yield* first
  for (let number = 0; number < MOST_WORDS; number++) {
    const end = number.toString(36)
    const length = Math.max(min, end.length)
    if (length > most) return
    const text = end.padStart(length, 'b')
    if (!first.includes(text)) yield text
  }
}

function* wordsOf(automaton: DFA, min: number, max: number): Generator<string> {
  const seen = new Set<string>()
  let left = MOST_WORDS
  for (const sets of automaton.wordSets()) {
    for (let turn = 0; turn < 3; turn++) {
      const text = String.fromCodePoint(...sets.map((set) => characterOf(set, turn)))
      if (seen.has(text) || lengthOf(text) < min || lengthOf(text) > max) continue
      seen.add(text)
      yield text
    }
    if (--left <= 0) return
  }
}

function characterOf(set: CharSet, turn: number): number {
  const fitting = PLEASANT.filter((character) => set.has(character))
  if (fitting.length > 0) return fitting[turn % fitting.length]!
  for (const { min, max } of set.ranges) {
    for (const character of [min + turn, max]) {
      // Half a surrogate pair is no character.
      if (character <= max && (character < 0xd800 || character > 0xdfff)) return character
    }
  }
  return set.ranges[0]?.min ?? 0x61
}

const automata = new Map<string, DFA | undefined>()
const complements = new Map<string, DFA | undefined>()
/** Kept automata. A contract has some dozens of patterns. */
const MOST_KEPT = 500

function automatonOf(source: string): DFA | undefined {
  return kept(automata, source, () => {
    const parser = refa().JS.Parser.fromLiteral({ source, flags: 'u' })
    const { expression } = parser.parse({ assertions: 'parse', backreferences: 'throw', maxNodes: 10_000 })
    const { rest, looks } = withoutLooks(expression)
    let dfa = determined(rest)
    for (const { ahead, negate } of looks) {
      const seen = determined(ahead)
      if (negate) seen.complement()
      dfa = both(dfa, seen)
    }
    dfa.minimize()
    return dfa
  })
}

function determined(expression: NoParent<Expression>): DFA {
  const nfa = refa().NFA.fromRegex(
    unanchored(expression),
    { maxCharacter: MOST },
    { assertions: 'throw', unknowns: 'throw' },
    new (refa().NFA.LimitedNodeFactory)(MOST_STATES),
  )
  return refa().DFA.fromFA(nfa, limit())
}

function both(one: DFA, other: DFA): DFA {
  const nodes = new (refa().NFA.LimitedNodeFactory)(MOST_STATES)
  return refa().DFA.fromFA(refa().NFA.fromIntersection(one, other, nodes), limit())
}

/** `^(?!admin)[a-z]+$` is `^[a-z]+$` and not `^admin`: what a pattern looks at where every text begins is told apart. */
function withoutLooks(expression: NoParent<Expression>): {
  rest: NoParent<Expression>
  looks: { ahead: NoParent<Expression>; negate: boolean }[]
} {
  const [only, ...more] = expression.alternatives
  const [start, ...elements] = only?.elements ?? []
  const looks: { ahead: NoParent<Expression>; negate: boolean }[] = []
  if (more.length > 0 || start?.type !== 'Assertion' || !isEnd(start, 'behind'))
    return { rest: expression, looks }
  for (;;) {
    const [next] = elements
    if (next?.type !== 'Assertion' || next.kind !== 'ahead' || isEnd(next, 'ahead')) break
    elements.shift()
    const ahead = expressionOf(next.alternatives.map((one) => [start, ...one.elements]))
    looks.push({ ahead, negate: next.negate })
  }
  return { rest: expressionOf([[start, ...elements]]), looks }
}

function expressionOf(alternatives: readonly Part[][]): NoParent<Expression> {
  return {
    type: 'Expression',
    alternatives: alternatives.map(
      (elements): NoParent<Concatenation> => ({ type: 'Concatenation', elements }),
    ),
  }
}

function complementOf(source: string): DFA | undefined {
  return kept(complements, source, () => {
    const dfa = automatonOf(source)?.copy()
    dfa?.complement()
    return dfa
  })
}

function kept(
  known: Map<string, DFA | undefined>,
  source: string,
  make: () => DFA | undefined,
): DFA | undefined {
  if (known.has(source)) return known.get(source)
  if (known.size >= MOST_KEPT) known.clear()
  let dfa: DFA | undefined
  try {
    dfa = make()
  } catch {
    // What has no automaton, or too large a one, is not looked into.
  }
  known.set(source, dfa)
  return dfa
}

function limit(): DFA.LimitedNodeFactory {
  return new (refa().DFA.LimitedNodeFactory)(MOST_STATES)
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && error.constructor.name === 'TooManyNodesError'
}

function lengthsOf(min: number, max: number): DFA {
  const expression: NoParent<Expression> = {
    type: 'Expression',
    alternatives: [{ type: 'Concatenation', elements: [repeatedAny(min, max)] }],
  }
  return refa().DFA.fromFA(refa().NFA.fromRegex(expression, { maxCharacter: MOST }), limit())
}

function allBut(texts: readonly string[]): DFA {
  const words = texts.map((text) => [...text].map((character) => character.codePointAt(0)!))
  const dfa = refa().DFA.fromWords(words, { maxCharacter: MOST }, limit())
  dfa.complement()
  return dfa
}

function repeatedAny(min: number, max: number): Part {
  return {
    type: 'Quantifier',
    min,
    max,
    lazy: false,
    alternatives: [
      { type: 'Concatenation', elements: [{ type: 'CharacterClass', characters: refa().CharSet.all(MOST) }] },
    ],
  }
}

const NO_AUTOMATON = new Error('no automaton has this construct')

/** A regular expression matches anywhere in a text: with all that may stand around it, and without anchors. */
function unanchored(expression: NoParent<Expression>): NoParent<Expression> {
  const alternatives = expression.alternatives.flatMap(({ elements }) =>
    opened(elements, 'behind').flatMap((front) => opened(front, 'ahead')),
  )
  return expressionOf(alternatives)
}

/** The same with each anchor at one end taken away, and any text put there where none was. */
function opened(elements: readonly Part[], end: 'behind' | 'ahead'): Part[][] {
  const isFront = end === 'behind'
  const found: Part[][] = []
  const visit = (rest: readonly Part[], isAnchored: boolean): void => {
    if (found.length > MOST_ALTERNATIVES) throw NO_AUTOMATON
    const first = isFront ? rest[0] : rest.at(-1)
    const others = isFront ? rest.slice(1) : rest.slice(0, -1)
    const joined = (part: readonly Part[]): Part[] => (isFront ? [...part, ...others] : [...others, ...part])
    if (first?.type === 'Assertion') {
      if (!isEnd(first, end)) throw NO_AUTOMATON
      visit(others, true)
    } else if (first?.type === 'Alternation') {
      for (const alternative of first.alternatives) visit(joined(alternative.elements), isAnchored)
    } else if (first?.type === 'Quantifier' && first.min === 0 && first.max === 1 && hasAssertion(first)) {
      visit(others, isAnchored)
      for (const alternative of first.alternatives) visit(joined(alternative.elements), isAnchored)
    } else if (isAnchored) found.push([...rest])
    else
      found.push(
        isFront
          ? [repeatedAny(0, Number.POSITIVE_INFINITY), ...rest]
          : [...rest, repeatedAny(0, Number.POSITIVE_INFINITY)],
      )
  }
  visit(elements, false)
  return found
}

function isEnd(part: Part & { type: 'Assertion' }, kind: 'behind' | 'ahead'): boolean {
  const [only, ...more] = part.alternatives
  const [character, ...rest] = only?.elements ?? []
  return (
    part.kind === kind &&
    part.negate &&
    more.length === 0 &&
    rest.length === 0 &&
    character?.type === 'CharacterClass' &&
    character.characters.isAll
  )
}

function hasAssertion(part: Part): boolean {
  if (part.type === 'Assertion') return true
  if (!('alternatives' in part)) return false
  return part.alternatives.some(({ elements }) => elements.some(hasAssertion))
}
