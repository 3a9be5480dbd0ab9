import fc from 'fast-check'
import type { Contract } from '../contract/index.ts'
import { ToolkitError } from '../errors.ts'
import type { Position, TokenKind } from '../finding.ts'
import type { RunnableAction, Runtime } from '../runtime/types.ts'
import type { SimulatedEvent } from '../simulator/index.ts'
import type { Workspace } from '../workspace/index.ts'
import { Bases } from './bases.ts'
import { type Coverage, coverageOf, covered } from './coverage.ts'
import { type Broken, Examiner } from './examine.ts'
import { type Login, loginsOf, shrunk } from './logins.ts'
import type { PropertyName } from './properties.ts'
import { pairedTwists, storyOf, tellingTwists, twistArbitrary, twisted } from './twists.ts'
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
  /** Try only this login, counted from 1, also after others of the search. @defaultValue all of them */
  login?: number
  /** The search ends after so much time, with what it has. @defaultValue when all logins are tried */
  milliseconds?: number
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
  /** The token that the claim is, or would be, in. */
  token?: TokenKind
  /** The line at fault; of a claim that is missing, the line where other logins get it. */
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
  /** Names of members and texts of the Actions that were too many to try; absent when none were. */
  leftOut?: { members: number; texts: number }
  /** The search ended early, since Actions did not end. */
  stopped?: true
  /** The search ended early, since its time was over. */
  outOfTime?: true
}

const DEFAULT_RUNS = 1000
/** They are made before the first is tried, so that the same number is the same login. */
const MOST_RUNS = 100_000
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
 * look at flows without OAuth tokens.
 *
 * @throws ToolkitError `ERR_USAGE` for numbers of logins that cannot be.
 */
export async function prove(options: ProveOptions): Promise<Proof> {
  const { workspace, actions, runs = DEFAULT_RUNS, seed = 1, login } = options
  assertCount('runs', runs, MOST_RUNS)
  if (login !== undefined) assertCount('login', login, runs)
  const deadline = options.milliseconds === undefined ? Infinity : performance.now() + options.milliseconds
  const bases = new Bases(workspace)
  const words = vocabularyOf(workspace, actions)
  const arbitrary = (fewest: number) =>
    fc.record({
      base: fc.nat({ max: bases.length - 1 }),
      twists: fc.array(twistArbitrary(words), { minLength: fewest, maxLength: 4 }),
    })
  const logins = loginsOf(
    {
      bases: bases.length,
      alone: tellingTwists(words),
      pairs: (most) => pairedTwists(words, most),
      arbitrary: arbitrary(1),
    },
    runs,
    seed,
  )
  const instrumented = actions.map(covered)
  const examiner = new Examiner({ ...options, timeLimit: options.timeLimit ?? 2000 }, instrumented)
  const isOver = () => performance.now() >= deadline
  const search = new Search(bases, examiner, arbitrary(0), isOver)

  let at = 0
  if (login !== undefined) {
    const one = logins[login - 1]!
    await search.look([one], login)
    at = 1
    // Those that it was found among: the search has looked at the first ones and at those beside it.
    const others = logins
      .map((other, index) => ({ login: other, number: index + 1 }))
      .filter(({ number }) => number <= SLICE || Math.abs(number - login) < SLICE)
    if (!examiner.hangs) await search.lookAmong(one, login, others)
  }
  for (let slice = 0; login === undefined && at < logins.length && !examiner.hangs && !isOver(); slice++) {
    const some = logins.slice(at, at + (FIRST_SLICES[slice] ?? SLICE))
    await search.look(some, at + 1)
    at += some.length
  }
  const outOfTime = login === undefined && at < logins.length && !examiner.hangs
  if (!examiner.hangs && !isOver()) await search.lookAgain()
  return {
    runs: at,
    seed,
    counterexamples: [...search.found.values()],
    coverage: coverageOf(instrumented),
    ...(words.leftOut.members + words.leftOut.texts > 0 && { leftOut: words.leftOut }),
    ...(examiner.hangs && { stopped: true as const }),
    ...(outOfTime && { outOfTime: true as const }),
  }
}

/** @throws ToolkitError `ERR_USAGE` */
function assertCount(name: 'runs' | 'login', count: number, most: number): void {
  if (Number.isInteger(count) && count >= 1 && count <= most) return
  throw new ToolkitError('ERR_USAGE', `--${name} must be a whole number from 1 to ${most}`, {
    hint:
      name === 'login'
        ? 'It is the number of one of the logins of the search.'
        : `E.g. --runs ${DEFAULT_RUNS}.`,
  })
}

class Search {
  readonly found = new Map<string, Counterexample>()
  readonly #bases: Bases
  readonly #examiner: Examiner
  readonly #arbitrary: fc.Arbitrary<Login>
  readonly #isOver: () => boolean
  /** What the events were made of, and which of the search they are. */
  readonly #made = new WeakMap<SimulatedEvent, { login: Login; number: number }>()

  constructor(bases: Bases, examiner: Examiner, arbitrary: fc.Arbitrary<Login>, isOver: () => boolean) {
    this.#bases = bases
    this.#examiner = examiner
    this.#arbitrary = arbitrary
    this.#isOver = isOver
  }

  /** Tries logins at once, and shrinks what is new. `number` is that of the first. */
  async look(logins: readonly Login[], number: number): Promise<void> {
    const known = new Set(this.found.keys())
    const broken = await this.#examiner.examine(this.#numbered(logins, number), { known })
    for (const [index, violations] of broken.entries()) {
      for (const one of violations) await this.#note(logins[index]!, one, number + index)
    }
  }

  /** Asks of one login what it does among others; `from` is the number of the first of those. */
  async lookAmong(login: Login, number: number, others: readonly { login: Login; number: number }[]) {
    const [event] = this.#numbered([login], number)
    const events = others.flatMap((one) => this.#numbered([one.login], one.number))
    for (const one of await this.#examiner.examineAmong(event!, events)) await this.#note(login, one, number)
  }

  /** Repeats ordinary logins at other times. */
  async lookAgain(): Promise<void> {
    for (const one of await this.#examiner.repeat()) {
      const made = this.#made.get(one.event)
      if (made !== undefined && !this.#isKnown(one))
        this.found.set(one.key, await this.#counterexample(made.login, one, made.number))
    }
  }

  /** Makes a new fault as small as it can be. */
  async #note(login: Login, one: Broken, number: number): Promise<void> {
    if (this.#isKnown(one)) return
    const before = one.before === undefined ? undefined : this.#made.get(one.before)?.login
    if (before !== undefined) {
      const plain = await this.#shrunkOrder(login, before, one.times)
      const smaller = {
        ...one,
        event: this.#eventOf(plain.login),
        before: this.#eventOf(plain.before),
      }
      this.found.set(one.key, await this.#counterexample(plain.login, smaller, number, plain.before))
      return
    }
    const plain = await this.#shrunk(login, one)
    const event = this.#eventOf(plain)
    // Chance and the clock do not show when it is run once more.
    const again = (await this.#examiner.explain(event, one.key)) ?? { ...one, event }
    this.found.set(one.key, await this.#counterexample(plain, again, number))
  }

  #isKnown({ key, violation }: Broken): boolean {
    const same = [...this.found.values()].filter(({ property }) => property === violation.property)
    return this.found.has(key) || same.length >= MOST_OF_ONE
  }

  async #counterexample(
    login: Login,
    { violation, refresh, event, before, times, trips = [] }: Broken,
    number: number,
    earlier?: Login,
  ): Promise<Counterexample> {
    const { claim, token } = violation
    // What is missing, or differs, has a line all the same: where other logins write it.
    const at = violation.at ?? (claim === undefined ? undefined : await this.#examiner.placeOf(claim, token))
    return {
      ...violation,
      ...(at !== undefined && { at }),
      story: [
        ...this.#storyOf(login),
        ...trips,
        ...(refresh === undefined ? [] : ['later refreshes the tokens']),
        ...(times !== undefined
          ? [`did so ${times} ${times === 1 ? 'time' : 'times'} before`]
          : earlier === undefined
            ? []
            : [`before, ${this.#storyOf(earlier).join(' and ')}`]),
      ],
      login: number,
      event,
      ...(refresh === 'compared' && { refresh: true as const }),
      ...(before !== undefined && { before }),
      ...(times !== undefined && { times }),
    }
  }

  #storyOf({ base, twists }: Login): string[] {
    return [this.#bases.at(base).story, ...twists.map(storyOf)]
  }

  #eventOf({ base, twists }: Login): SimulatedEvent {
    return twisted(this.#bases.at(base).event, twists)
  }

  #numbered(logins: readonly Login[], number: number): SimulatedEvent[] {
    return logins.map((login, index) => {
      const event = this.#eventOf(login)
      this.#made.set(event, { login, number: number + index })
      return event
    })
  }

  async #shrunk(login: Login, one: Broken): Promise<Login> {
    // Each login that hangs takes its time.
    const hangs = one.violation.property === 'within-time-limit'
    return shrunk(login, {
      arbitrary: this.#arbitrary,
      tries: hangs ? 2 : SHRINK_TRIES,
      size: hangs ? 1 : SLICE,
      breaks: async (logins) => {
        if (this.#isOver()) return []
        const broken = await this.#examiner.examine(
          logins.map((candidate) => this.#eventOf(candidate)),
          { only: one },
        )
        return broken.map((violations) => violations.some(({ key }) => key === one.key))
      },
    })
  }

  /** The plainest login, and the plainest before it. */
  async #shrunkOrder(login: Login, before: Login, times?: number): Promise<{ login: Login; before: Login }> {
    const shrunkBy = (one: Login, orderOf: (candidate: Login) => { login: Login; before: Login }) =>
      shrunk(one, {
        arbitrary: this.#arbitrary,
        tries: SHRINK_TRIES,
        size: SLICE,
        breaks: async (logins) => {
          if (this.#isOver()) return []
          const orders = logins.map(orderOf).map((order) => ({
            event: this.#eventOf(order.login),
            before: this.#eventOf(order.before),
            ...(times !== undefined && { times }),
          }))
          return this.#examiner.dependsOn(orders)
        },
      })
    if (times !== undefined) {
      const plain = await shrunkBy(login, (one) => ({ login: one, before: one }))
      return { login: plain, before: plain }
    }
    const plain = await shrunkBy(login, (one) => ({ login: one, before }))
    return { login: plain, before: await shrunkBy(before, (one) => ({ login: plain, before: one })) }
  }
}
