import fc from 'fast-check'
import type { Contract } from '../contract/index.ts'
import type { Position } from '../finding.ts'
import type { RunnableAction, Runtime } from '../runtime/types.ts'
import type { SimulatedEvent } from '../simulator/index.ts'
import type { Workspace } from '../workspace/index.ts'
import { type Base, Bases } from './bases.ts'
import { type Coverage, coverageOf, covered } from './coverage.ts'
import { type Broken, Examiner } from './examine.ts'
import type { PropertyName } from './properties.ts'
import { storyOf, type Twist, tellingTwists, twistArbitrary, twisted } from './twists.ts'
import { vocabularyOf } from './vocabulary.ts'

export interface ProveOptions {
  workspace: Workspace
  /** The bound Actions as they ship, in binding order. */
  actions: readonly RunnableAction[]
  runtime: Runtime
  contracts: readonly Contract[]
  /** Logins to try. @defaultValue 1 000 */
  runs?: number
  /** The same seed tries the same logins. @defaultValue 1 */
  seed?: number
  /** Try only this login, counted from 1. @defaultValue all of them */
  login?: number
  /**
   * Milliseconds that the Actions of one login may take. Auth0's own limit is 20 000, but without a network there is
   * nothing to wait for. @defaultValue 2 000
   */
  timeLimit?: number
}

/** The smallest login found that breaks a property. */
export interface Counterexample {
  property: PropertyName
  /** What went wrong, in one sentence; no value of a secret. */
  message: string
  claim?: string
  /** The line at fault, where one is. */
  at?: Position
  /** Who logs in and how; ordinary otherwise. */
  story: string[]
  /** Number of the login that was found; `login` of {@link ProveOptions} tries it again. */
  login: number
  /** The event that breaks the property by itself, or together with what follows. */
  event: SimulatedEvent
  /** It shows when the tokens of this login are refreshed. */
  refresh?: true
  /** It shows when this login came before, so many times. */
  before?: SimulatedEvent
  /** @defaultValue 1 */
  times?: number
}

export interface Proof {
  /** Logins that were tried, shrinking not counted. */
  runs: number
  seed: number
  /** One for each property and claim, or line that throws. */
  counterexamples: Counterexample[]
  /** Of the Actions, by the logins that were tried. */
  coverage: Coverage
  /** The search ended early, since Actions did not end. */
  stopped?: true
}

/** A login as plain data, so that it shrinks. */
interface Login {
  /** Place in the list of ordinary logins, the plainest first. */
  base: number
  twists: Twist[]
}

/** Logins that are run at once; the first few less, since each that hangs takes time. */
const SLICE = 32
const FIRST_SLICES = [1, 7]
/** Logins that are tried at most to make one smaller. */
const SHRINK_TRIES = 200
/** Counterexamples for one property; whoever has mended them searches again. */
const MOST_OF_ONE = 8

/**
 * Searches for logins that break an Action or a contract: every user, application, API and organization of the
 * workspace, first each as it is, then with one twist, then with several at once by chance. What is found is shrunk to
 * the fewest twists. A denied login breaks nothing.
 *
 * Every login runs on fresh modules, again after all the others, is refreshed, and is repeated when it wrote metadata.
 * No counterexample means that none of these logins has one, not that there is none: look at the coverage. Does not
 * follow redirects, and does not look at flows without OAuth tokens.
 */
export async function prove(options: ProveOptions): Promise<Proof> {
  const { workspace, actions, runs = 1000, seed = 1 } = options
  const bases = new Bases(workspace)
  const words = vocabularyOf(workspace, actions)
  const arbitrary = (fewest: number) =>
    fc.record({
      base: fc.nat({ max: bases.length - 1 }),
      twists: fc.array(twistArbitrary(words), { minLength: fewest, maxLength: 4 }),
    })
  const logins = loginsOf(bases.length, tellingTwists(words), arbitrary(1), runs, seed)
  const instrumented = actions.map(covered)
  const examiner = new Examiner({ ...options, timeLimit: options.timeLimit ?? 2000 }, instrumented)
  const search = new Search(bases, examiner, arbitrary(0))

  let at = 0
  if (options.login !== undefined) {
    const one = logins.slice(options.login - 1, options.login)
    await search.look(one, options.login)
    at = one.length
  }
  for (let slice = 0; options.login === undefined && at < logins.length && !examiner.hangs; slice++) {
    const some = logins.slice(at, at + (FIRST_SLICES[slice] ?? SLICE))
    await search.look(some, at + 1)
    at += some.length
  }
  if (!examiner.hangs) await search.lookAgain()
  return {
    runs: at,
    seed,
    counterexamples: [...search.found.values()],
    coverage: coverageOf(instrumented),
    ...(examiner.hangs && { stopped: true as const }),
  }
}

/** The logins of a search, in order: the ordinary ones, telling ones, then by chance. */
function loginsOf(
  bases: number,
  twists: readonly Twist[],
  arbitrary: fc.Arbitrary<Login>,
  runs: number,
  seed: number,
): Login[] {
  // Of very many users and words, not all: chance has its share.
  const few = Math.min(bases, Math.ceil(runs / 4))
  const ordinary = Array.from({ length: few }, (_, index) => ({
    base: Math.floor((index * bases) / few),
    twists: [],
  }))
  const telling = spread(
    twists.map((twist, index) => ({ base: (index + seed) % bases, twists: [twist] })),
    Math.ceil(runs / 2),
  )
  const rest = Math.max(1, runs - ordinary.length - telling.length)
  const random = fc.sample(arbitrary, { seed, numRuns: rest })
  return [...ordinary, ...telling, ...random].slice(0, runs)
}

/** At most so many, from all over the list. */
function spread<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items]
  return Array.from({ length: most }, (_, index) => items[Math.floor((index * items.length) / most)]!)
}

class Search {
  readonly found = new Map<string, Counterexample>()
  readonly #bases: Bases
  readonly #examiner: Examiner
  readonly #arbitrary: fc.Arbitrary<Login>

  constructor(bases: Bases, examiner: Examiner, arbitrary: fc.Arbitrary<Login>) {
    this.#bases = bases
    this.#examiner = examiner
    this.#arbitrary = arbitrary
  }

  /** Tries logins at once, and shrinks what is new. `number` is that of the first. */
  async look(logins: readonly Login[], number: number): Promise<void> {
    const known = new Set(this.found.keys())
    const broken = await this.#examiner.examine(
      logins.map((login) => this.#eventOf(login)),
      { known },
    )
    for (const [index, violations] of broken.entries()) {
      for (const one of violations) {
        if (this.#isKnown(one)) continue
        const login = await this.#shrunk(logins[index]!, one)
        const event = this.#eventOf(login)
        const again = (await this.#examiner.explain(event, one.key)) ?? one
        this.found.set(one.key, this.#counterexample(login, again, number + index))
      }
    }
  }

  /** Repeats ordinary logins at other times. */
  async lookAgain(): Promise<void> {
    for (const one of await this.#examiner.repeat()) {
      if (this.#isKnown(one)) return
      const base = this.#bases.placeOf(one.event)
      if (base !== undefined)
        this.found.set(one.key, this.#counterexample({ base, twists: [] }, one, base + 1))
    }
  }

  #madeFor(event: SimulatedEvent | undefined): Base[] {
    const place = event === undefined ? undefined : this.#bases.placeOf(event)
    return place === undefined ? [] : [this.#bases.at(place)]
  }

  #isKnown({ key, violation }: Broken): boolean {
    const same = [...this.found.values()].filter(({ property }) => property === violation.property)
    return this.found.has(key) || same.length >= MOST_OF_ONE
  }

  #counterexample(
    login: Login,
    { violation, refresh, event, before, times, trips = [] }: Broken,
    number: number,
  ): Counterexample {
    const base = this.#bases.at(login.base)
    const earlier =
      times !== undefined
        ? [`did so ${times} times before`]
        : this.#madeFor(before).map(({ story }) => `before, ${story}`)
    return {
      ...violation,
      story: [
        base.story,
        ...login.twists.map(storyOf),
        ...trips,
        ...(refresh === undefined ? [] : ['later refreshes the tokens']),
        ...earlier,
      ],
      login: number,
      event,
      ...(refresh === 'compared' && { refresh: true as const }),
      ...(before !== undefined && { before }),
      ...(times !== undefined && { times }),
    }
  }

  #eventOf({ base, twists }: Login): SimulatedEvent {
    return twisted(this.#bases.at(base).event, twists)
  }

  /** Fewer and plainer twists, then the plainest ordinary login, as long as the same thing goes wrong. */
  async #shrunk(login: Login, one: Broken): Promise<Login> {
    // Each login that hangs takes its time.
    const hangs = one.violation.property === 'within-time-limit'
    let tries = hangs ? 2 : SHRINK_TRIES
    const size = hangs ? 1 : SLICE
    /** The first of these that breaks the same. */
    const firstOf = async <T>(
      candidates: Iterator<T>,
      loginOf: (one: T) => Login,
    ): Promise<T | undefined> => {
      while (tries > 0) {
        const some = take(candidates, Math.min(size, tries))
        if (some.length === 0) return undefined
        tries -= some.length
        const broken = await this.#examiner.examine(
          some.map((candidate) => this.#eventOf(loginOf(candidate))),
          { only: one },
        )
        const found = some.find((_, index) => broken[index]!.some(({ key }) => key === one.key))
        if (found !== undefined) return found
      }
      return undefined
    }
    let current = login
    for (;;) {
      const { base, twists } = current
      const fewer = twists.map((twist) => ({ base, twists: twists.filter((other) => other !== twist) }))
      const next = await firstOf(fewer.values(), (candidate) => candidate)
      if (next === undefined) break
      current = next
    }
    let context: unknown
    for (;;) {
      const next = await firstOf(this.#arbitrary.shrink(current, context), ({ value }) => value)
      if (next === undefined) break
      ;({ value: current, context } = next)
    }
    const plainer = Array.from({ length: current.base }, (_, base) => ({ ...current, base }))
    return (await firstOf(plainer.values(), (candidate) => candidate)) ?? current
  }
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
