import fc from 'fast-check'
import type { Loose } from './event-changes.ts'
import type { Vocabulary } from './vocabulary.ts'

/** One kind of twists, over the values that it takes. */
export interface Kind<T> {
  values(words: Vocabulary): fc.Arbitrary<T>
  /** Values that are tried first, each alone. */
  telling(words: Vocabulary): readonly T[]
  /** A clause of the story, e.g. `the user has no roles`. */
  story(value: T): string
  /** Another event; the given one stays as it is. */
  apply(event: Loose, value: T): Loose
  /** Names of which an Action that the twist matters to has one in its code. @defaultValue it may matter to any */
  about?: readonly string[]
}

/** A twist without values: a login has it or not. */
export const plain = (
  story: string,
  about: readonly string[] | undefined,
  apply: (event: Loose) => Loose,
): Kind<null> => ({
  values: () => fc.constant(null),
  telling: () => [null],
  story: () => story,
  apply,
  ...(about !== undefined && { about }),
})

/**
 * A twist by a number of something; a smaller one is plainer. The Action's own numbers and their neighbours are tried
 * first.
 */
export const counted = (
  largest: number,
  telling: readonly number[],
  about: readonly string[],
  story: (count: number) => string,
  apply: (event: Loose, count: number) => Loose,
): Kind<number> => ({
  values: (words) =>
    fc.oneof(
      fc.nat({ max: largest }),
      ...someOf(aroundNumbers(words, largest)).map((one) => fc.constantFrom(...one)),
    ),
  telling: (words) => [...new Set([...telling, ...aroundNumbers(words, largest)])],
  about,
  story,
  apply,
})

/** One of some values. */
export const oneOf = <T>(
  valuesOf: (words: Vocabulary) => readonly T[],
  kind: Omit<Kind<T>, 'values' | 'telling'>,
): Kind<T> => ({
  values: (words) => fc.constantFrom(...valuesOf(words)),
  telling: valuesOf,
  ...kind,
})

/** The Action's own numbers and their neighbours, up to a largest. */
export function aroundNumbers({ numbers }: Vocabulary, largest: number): number[] {
  const around = numbers.flatMap((number) => [number, number + 1, number - 1])
  return [...new Set(around)].filter((number) => number <= largest)
}

/** A list of it, or of nothing when it is empty. */
export function someOf<T>(list: readonly T[]): (readonly T[])[] {
  return list.length === 0 ? [] : [list]
}

/** A value in a story. */
export function described(value: unknown): string {
  if (value === undefined) return 'missing'
  if (value === '') return 'an empty text'
  if (typeof value === 'string' && [...value].length > 40) {
    return `a text of ${[...value].length} characters${/^[\x20-\x7e]*$/.test(value) ? '' : `, such as ${[...value].at(-1)}`}`
  }
  if (Array.isArray(value) && value.length > 5) return `a list of ${value.length}`
  return JSON.stringify(value)
}

export function many(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
