import fc from 'fast-check'
import type { Twist } from './twists.ts'

/** A login as plain data, so that it shrinks. */
export interface Login {
  /** Place in the list of ordinary logins, the plainest first. */
  base: number
  twists: Twist[]
}

/** How much of a search is twists that are tried alone, and in pairs, at most. */
const ALONE = 0.55
const IN_PAIRS = 0.2

export interface Tried {
  /** Number of ordinary logins. */
  bases: number
  /** What is tried alone, the most telling first. */
  alone: readonly Twist[]
  /** Gives as many pairs as it is asked for, or fewer. */
  pairs(most: number): Twist[][]
  arbitrary: fc.Arbitrary<Login>
}

/** The logins of a search, in order: the ordinary ones, telling ones, pairs, then by chance. */
export function loginsOf({ bases, alone, pairs, arbitrary }: Tried, runs: number, seed: number): Login[] {
  // Of very many users and words, not all: chance has its share.
  const few = Math.min(bases, Math.ceil(runs / 4))
  const ordinary = Array.from({ length: few }, (_, index) => ({
    base: Math.floor((index * bases) / few),
    twists: [],
  }))
  const twisted = [
    ...alone.slice(0, Math.ceil(runs * ALONE)).map((twist) => [twist]),
    ...pairs(Math.ceil(runs * IN_PAIRS)),
  ].map((twists, index) => ({ base: (index + seed) % bases, twists }))
  const rest = Math.max(1, runs - ordinary.length - twisted.length)
  const random = fc.sample(arbitrary, { seed, numRuns: rest })
  return [...ordinary, ...twisted, ...random].slice(0, runs)
}

export interface ShrinkOptions {
  /** Whether each of these breaks the same. */
  breaks(logins: readonly Login[]): Promise<boolean[]>
  /** Makes plainer ones of any login. */
  arbitrary: fc.Arbitrary<Login>
  /** Logins that are tried at most. */
  tries: number
  /** Logins that are tried at once. */
  size: number
}

/** Ordinary logins that are tried in place of one, and whose number may be any. */
const PLAINER = 64

/** Fewer twists, the plainest ordinary login, then plainer twists, as long as the same thing goes wrong. */
export async function shrunk(
  login: Login,
  { breaks, arbitrary, tries, size }: ShrinkOptions,
): Promise<Login> {
  let left = tries
  /** The first of these that breaks the same. */
  const firstOf = async <T>(candidates: Iterator<T>, loginOf: (one: T) => Login): Promise<T | undefined> => {
    while (left > 0) {
      const some = take(candidates, Math.min(size, left))
      if (some.length === 0) return undefined
      left -= some.length
      const broken = await breaks(some.map(loginOf))
      const found = broken.indexOf(true)
      if (found >= 0) return some[found]
    }
    return undefined
  }
  const same = (one: Login) => one
  const fewest = async (login: Login) => {
    let current = login
    for (;;) {
      const { base, twists } = current
      const next = await firstOf(
        partsOf(twists)
          .map((some) => ({ base, twists: some }))
          .values(),
        same,
      )
      if (next === undefined) return current
      current = next
    }
  }
  const plainest = async (current: Login) => {
    const length = Math.min(current.base, PLAINER)
    const plainer = Array.from({ length }, (_, base) => ({ ...current, base }))
    return (await firstOf(plainer.values(), same)) ?? current
  }
  let current = await plainest(await fewest(login))
  let context: unknown
  for (;;) {
    const next = await firstOf(arbitrary.shrink(current, context), ({ value }) => value)
    if (next === undefined) break
    ;({ value: current, context } = next)
  }
  // Plainer values may need fewer others beside them.
  left = Math.max(left, 2 * size)
  return current.twists.length > 1 ? fewest(current) : current
}

/** More twists than these have too many parts to try all. */
const FEW_TWISTS = 5

/** Lists of some of the twists, the shortest first; of few twists all but the whole one. */
function partsOf(twists: readonly Twist[]): Twist[][] {
  if (twists.length > FEW_TWISTS) {
    return [
      ...twists.map((one) => [one]),
      ...twists.flatMap((one, at) => twists.slice(at + 1).map((other) => [one, other])),
      ...twists.map((one) => twists.filter((other) => other !== one)),
    ]
  }
  const parts = Array.from({ length: 2 ** twists.length - 1 }, (_, mask) =>
    twists.filter((_twist, index) => (mask & (1 << index)) !== 0),
  )
  return parts.sort((a, b) => a.length - b.length)
}

function take<T>(stream: Iterator<T>, count: number): T[] {
  const taken: T[] = []
  while (taken.length < count) {
    const { value, done } = stream.next()
    if (done === true) break
    taken.push(value)
  }
  return taken
}
