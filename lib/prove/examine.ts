import type { Contract } from '../contract/index.ts'
import type { Position, TokenKind } from '../finding.ts'
import type { RunnableAction, Runtime } from '../runtime/types.ts'
import type { SimulatedEvent } from '../simulator/index.ts'
import type { Workspace } from '../workspace/index.ts'
import { type CoveredAction, noteBranches } from './coverage.ts'
import { afterOthers, type Order, orderDifference, type RunOnce } from './order.ts'
import { metadataViolations, refreshViolations, type Violation, violationsIn, writeOf } from './properties.ts'
import {
  canRefresh,
  differentClaim,
  nextLogin,
  outwardResult,
  type Ran,
  refreshAfter,
  runLogin,
  sameClaim,
  wroteMetadata,
} from './run-login.ts'
import { withoutPositions, wrapped } from './runtimes.ts'

export interface ExamineOptions {
  workspace: Workspace
  actions: readonly RunnableAction[]
  runtime: Runtime
  contracts: readonly Contract[]
  timeLimit: number
}

/** A property that a login breaks. */
export interface Broken {
  violation: Violation
  /** The same for the same fault, whichever login shows it. */
  key: string
  /** The event that shows it. */
  event: SimulatedEvent
  /** It shows in the refresh (whose event it is), or in the comparison with the login. */
  refresh?: 'itself' | 'compared'
  before?: SimulatedEvent
  /** How many of those before. @defaultValue 1 */
  times?: number
  /** Where the login went meanwhile, in words. */
  trips?: readonly string[]
}

const DICE = 'deterministic '
const ORDER = 'order-independent '
/** Most logins end at once: longer than this, they are looked at alone. */
const QUICK = 200
/** Times that one login is repeated to see whether chance plays a part. */
const DICE_THROWN = 256
const HOUR = 3_600_000
/** Not so much later that an ordinary session or account comes to be an old one. */
const LATER: readonly (readonly [when: string, milliseconds: number])[] = [
  ['a second later', 1100],
  ['a minute later', 61_000],
  ['seven hours later', 7 * HOUR],
  ['thirteen hours later', 13 * HOUR],
  ['a day later', 24 * HOUR],
  ...[2, 3, 4, 5, 6].map((days) => [`${days} days later`, days * 24 * HOUR] as const),
]
/** Ordinary logins that are repeated in the end. */
const REPEATED = 16

/** Runs logins in all the ways that the properties ask for. Many at once; the results depend on nothing but the events. */
export class Examiner {
  /** Actions do not end: each further login could take as long. */
  hangs = false
  readonly #options: ExamineOptions
  readonly #covering: Runtime
  readonly #plain: Runtime
  readonly #first: { event: SimulatedEvent; ran: Ran }[] = []
  #limit: number

  /** @param covered the Actions with marks in their branches; without, nothing is noted */
  constructor(options: ExamineOptions, covered?: readonly CoveredAction[]) {
    this.#options = options
    this.#limit = Math.min(QUICK, options.timeLimit)
    const { runtime } = options
    this.#plain = withoutPositions(runtime)
    const byOriginal = new Map(options.actions.map((action, index) => [action, covered?.[index]]))
    this.#covering = wrapped(runtime, async (request) => {
      const own = byOriginal.get(request.action)
      if (own === undefined) return this.#plain.run(request)
      const result = await this.#plain.run({ ...request, action: own.action })
      noteBranches(own, result.logs)
      return result
    })
  }

  /**
   * What each login breaks; with `only`, whether it breaks that one. Of faults that are known already by their keys,
   * chance and order are not looked into again.
   */
  async examine(
    events: readonly SimulatedEvent[],
    { only, known }: { only?: Broken; known?: ReadonlySet<string> } = {},
  ): Promise<Broken[][]> {
    const wanted = (...properties: Violation['property'][]) =>
      only === undefined || properties.includes(only.violation.property)
    const fresh = await this.#runAll(events)
    const broken = fresh.map((ran, index) => this.#wrongIn(ran, events[index]!))
    if (only === undefined) this.#remember(events, fresh)
    if (this.hangs) return broken

    const looksAtRefresh = only === undefined || only.refresh !== undefined
    const refreshed = fresh.map((ran) => (looksAtRefresh && canRefresh(ran) ? refreshAfter(ran) : undefined))
    const refreshes = await this.#runSome(refreshed)
    for (const [index, refresh] of refreshes.entries()) {
      if (refresh === undefined) continue
      broken[index]!.push(
        ...this.#wrongIn(refresh, refresh.event).map((one) => ({ ...one, refresh: 'itself' as const })),
        ...(await this.#changedByRefresh(fresh[index]!, refresh, this.#plain)),
      )
    }
    if (wanted('metadata-when-changed')) {
      const next = await this.#runSome(fresh.map((ran) => (wroteMetadata(ran) ? nextLogin(ran) : undefined)))
      for (const [index, ran] of next.entries()) {
        if (ran === undefined) continue
        broken[index]!.push(...metadataViolations(ran).map((violation) => brokenBy(violation, ran.event)))
      }
    }
    if (wanted('deterministic', 'order-independent')) {
      const warm = await this.#runWarm(events)
      const settled = known?.has(DICE) || known?.has(ORDER)
      const index = warm.findIndex((ran, place) => outwardResult(ran) !== outwardResult(fresh[place]!))
      if (index >= 0 && !settled) {
        const others = [...new Set([...this.#first.map((one) => one.event), ...events])]
        const one = await this.#difference(events[index]!, fresh[index]!, others)
        if (one !== undefined) broken[index]!.push(one)
      }
    }
    return broken.map(distinct)
  }

  /**
   * Whether chance, the clock or one of these logins before changes what a login gives: asked of one login, which was
   * found among others.
   */
  async examineAmong(event: SimulatedEvent, others: readonly SimulatedEvent[]): Promise<Broken[]> {
    const fresh = await this.#run(event, this.#plain)
    for (let tried = 0; tried < DICE_THROWN && !this.hangs; tried += REPEATED) {
      const again = await this.#runAll(Array<SimulatedEvent>(REPEATED).fill(event))
      const other = again.find((ran) => outwardResult(ran) !== outwardResult(fresh))
      if (other !== undefined) return [brokenBy(undetermined(other, fresh, 'the second time'), event)]
    }
    if (this.hangs) return []
    const one = await this.#difference(event, fresh, others)
    return one === undefined ? [] : [one]
  }

  /** Whether each login gives something else after another one, which came so often. */
  async dependsOn(orders: readonly Order[]): Promise<boolean[]> {
    const depends: boolean[] = []
    for (const order of orders) {
      const fresh = await this.#run(order.event, this.#plain)
      const after = await afterOthers(this.#once, order)
      depends.push(!this.hangs && outwardResult(after) !== outwardResult(fresh))
    }
    return depends
  }

  /** Where one of the first logins writes a claim. */
  async placeOf(claim: string, token?: TokenKind): Promise<Position | undefined> {
    for (const { event } of this.#first) {
      if (this.hangs) return undefined
      const at = writeOf(await this.#run(event, this.#options.runtime), claim, token)
      if (at !== undefined) return at
    }
    return undefined
  }

  /** The same fault of one login with the line at fault. */
  async explain(event: SimulatedEvent, key: string): Promise<Broken | undefined> {
    if (this.hangs) return undefined
    const { runtime } = this.#options
    const fresh = await this.#run(event, runtime)
    const broken = this.#wrongIn(fresh, event)
    if (canRefresh(fresh)) {
      const refresh = await this.#run(refreshAfter(fresh), runtime)
      broken.push(
        ...this.#wrongIn(refresh, refresh.event).map((one) => ({ ...one, refresh: 'itself' as const })),
        ...(await this.#changedByRefresh(fresh, refresh, runtime)),
      )
    }
    if (wroteMetadata(fresh)) {
      const next = await this.#run(nextLogin(fresh), runtime)
      broken.push(...metadataViolations(next).map((violation) => brokenBy(violation, next.event)))
    }
    return broken.find((one) => one.key === key)
  }

  /** Runs the first logins again at other times, for Actions that look at a clock. */
  async repeat(): Promise<Broken[]> {
    const events = this.#first.map(({ event }) => event)
    for (const [when, clockOffset] of LATER) {
      const shifted = wrapped(this.#plain, (request) => this.#plain.run({ ...request, clockOffset }))
      const again = await Promise.all(
        events.map((event) => this.#runWithin(event, shifted, true, this.#options.timeLimit)),
      )
      const broken = again.flatMap((ran, index) => {
        const { event, ran: before } = this.#first[index]!
        return outwardResult(ran) === outwardResult(before)
          ? []
          : [brokenBy(undetermined(ran, before, when), event)]
      })
      if (broken.length > 0) return broken
    }
    return []
  }

  readonly #once: RunOnce = (event, cold) => this.#run(event, this.#plain, cold)

  #remember(events: readonly SimulatedEvent[], fresh: readonly Ran[]): void {
    for (const [index, ran] of fresh.entries()) {
      if (this.#first.length >= REPEATED) return
      this.#first.push({ event: events[index]!, ran })
    }
  }

  /** Why a login on warm modules gives something else: chance, or what came before. */
  async #difference(
    event: SimulatedEvent,
    fresh: Ran,
    others: readonly SimulatedEvent[],
  ): Promise<Broken | undefined> {
    await new Promise((resolve) => setTimeout(resolve, 5))
    const again = await this.#run(event, this.#plain)
    if (outwardResult(again) !== outwardResult(fresh)) {
      return brokenBy(undetermined(again, fresh, 'the second time'), event)
    }
    const found = await orderDifference(this.#once, event, fresh, others)
    return found === undefined ? undefined : { ...brokenBy(found.violation, event), ...found }
  }

  /** A claim that the login itself does not give twice says nothing about the refresh: chance or the clock is at fault. */
  async #changedByRefresh(login: Ran, refresh: Ran, runtime: Runtime): Promise<Broken[]> {
    const violations = refreshViolations(login, refresh, this.#options.contracts)
    if (violations.length === 0 || this.hangs) return []
    // After the refresh: a clock that went on before it has gone on here too.
    const again = await this.#run(login.event, runtime)
    return violations
      .filter(({ claim, token }) => claim === undefined || sameClaim(login, again, claim, token))
      .map((violation) => ({ ...brokenBy(violation, login.event), refresh: 'compared' as const }))
  }

  #wrongIn(ran: Ran, event: SimulatedEvent): Broken[] {
    const { contracts, actions } = this.#options
    return violationsIn(ran, contracts, actions).map((violation) => ({
      ...brokenBy(violation, event),
      trips: ran.trips,
    }))
  }

  /** Each on fresh modules. What takes long is run again alone, with all the time there is. */
  async #runAll(events: readonly SimulatedEvent[]): Promise<Ran[]> {
    const results = await Promise.all(
      events.map((event) => this.#runWithin(event, this.#plain, true, this.#limit)),
    )
    for (const [index, ran] of results.entries()) {
      if (ran.failure?.timeout !== true || this.hangs) continue
      results[index] = await this.#run(events[index]!, this.#plain)
    }
    return results.map((ran) =>
      ran.failure?.timeout === true && !this.hangs ? { ...ran, allowed: false } : ran,
    )
  }

  async #runSome(events: readonly (SimulatedEvent | undefined)[]): Promise<(Ran | undefined)[]> {
    const there = events.filter((event) => event !== undefined)
    const results = (await this.#runAll(there)).values()
    return events.map((event) => (event === undefined ? undefined : results.next().value))
  }

  /** One after the other on the same modules, with the branches noted. */
  #runWarm(events: readonly SimulatedEvent[]): Promise<Ran[]> {
    return Promise.all(
      events.map((event) => this.#runWithin(event, this.#covering, false, this.#options.timeLimit)),
    )
  }

  async #run(event: SimulatedEvent, runtime: Runtime, cold = true): Promise<Ran> {
    const ran = await this.#runWithin(event, runtime, cold, this.#options.timeLimit)
    if (ran.failure?.timeout === true) this.hangs = true
    else if (ran.pipeline.runs.some(({ milliseconds }) => milliseconds > this.#limit))
      this.#limit = this.#options.timeLimit
    return ran
  }

  #runWithin(event: SimulatedEvent, runtime: Runtime, cold: boolean, limit: number): Promise<Ran> {
    const { workspace, actions } = this.#options
    return runLogin(event, { workspace, actions, runtime, cold, limit })
  }
}

function undetermined(ran: Ran, before: Ran, when: string): Violation {
  const claim = differentClaim(ran, before)
  const what = claim === undefined ? 'another result' : `another value of ${claim}`
  return {
    property: 'deterministic',
    message: `the same login gives ${what} ${when}`,
    ...(claim !== undefined && { claim }),
  }
}

function brokenBy(violation: Violation, event: SimulatedEvent): Broken {
  return { violation, key: keyOf(violation), event }
}

function keyOf({ property, claim, at, message }: Violation): string {
  // Two lines that throw, or two scopes, are two faults; of chance and order, one is enough.
  if (property === 'deterministic') return DICE
  if (property === 'order-independent') return ORDER
  if (property === 'no-throw') return `${property} ${at === undefined ? message : `${at.file}:${at.line}`}`
  return `${property} ${claim ?? (property === 'metadata-when-changed' || property === 'known-scopes' ? message : '')}`
}

function distinct(broken: readonly Broken[]): Broken[] {
  const seen = new Set<string>()
  return broken.filter(({ key }) => !seen.has(key) && seen.add(key))
}
