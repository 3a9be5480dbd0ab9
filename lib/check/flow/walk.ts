import type { Situation, Trigger } from '../../triggers/index.ts'
import type { Node } from '../tree.ts'
import { Exports } from './exports.ts'
import type { ApiCall, Observation } from './observation.ts'
import { Path } from './paths.ts'
import {
  type Cell,
  choice,
  type Facts,
  type FunctionValue,
  implying,
  type ListValue,
  NO_FACTS,
  type Scope,
  shared,
  union,
  type Value,
} from './values.ts'

/** How a statement leaves. */
export type End = 'next' | 'return' | 'throw' | 'break'

/** The effects of one of several ways through the code. They are taken back, so that the next way starts afresh. */
export interface Branch {
  end: End
  facts: Facts
  denied: boolean
  saved: Saved
  writes: ReadonlyMap<Cell, Value> | undefined
}

/** Places that the way has asked Auth0 to change, each with the method: the event keeps its value. */
export type Saved = ReadonlyMap<string, string>
const NOTHING_SAVED: Saved = new Map()

/** A value that is returned, and what holds there. */
export interface Exit {
  value: Value
  facts: Facts
}

/** A stretch of code does not get more steps than this: what is found by then is reported. */
const MAX_STEPS = 100_000
/** Uncalled functions that all call the next ones get this together; when it is used up, each gets the least. */
const UNCALLED_STEPS = 2_000_000
const LEAST_STEPS = 1000
/** Nested calls that are followed. */
export const MAX_DEPTH = 14

/** The stretch has had its steps. */
class OutOfSteps extends Error {}

/** The parts of the walk that need each other: each gets the others here. */
export interface Dispatch {
  evaluate(walk: Walk, node: Node, scope: Scope): Value
  block(walk: Walk, statements: readonly Node[], scope: Scope): End
  call(walk: Walk, target: Value, given: readonly Value[], node: Node): Value
  callLater(walk: Walk, callback: Value, args: readonly Value[]): Value
  callFunction(walk: Walk, target: FunctionValue, args: readonly Value[]): Value
}

type Unplaced<T> = T extends unknown ? Omit<T, 'caught' | 'handler'> : never

/**
 * The state of one walk through a file: what has been seen, and what holds at the point that it has reached.
 * Facts and variables are kept with a trail, so that a branch is left by taking back its part of the trail.
 */
export class Walk {
  readonly observations: Observation[] = []
  readonly exports = new Map<string, Value>()
  readonly exported = new Exports()
  readonly event: Path
  readonly api = Path.api()
  /** Functions that the file has made, for those that nothing calls. */
  readonly functions: { node: Node; scope: Scope }[] = []
  readonly called = new Set<Node>()
  readonly stack: Node[] = []
  /** Which kind of execution is walked; `undefined`: any. */
  situation: Situation | undefined
  /** The trigger whose api and event the code gets. */
  readonly trigger: Trigger
  handler: string | undefined
  denied = false
  saved = NOTHING_SAVED
  /** Some way has left the function that is walked. */
  left = false
  /** Nested branches that need not run. */
  conditional = 0
  /** Nested `try` blocks that swallow what they throw. */
  catching = 0
  /** Nested `Promise.race` arguments. */
  racing = 0
  depth = 0
  /** Nothing calls what is walked: it does not throw. */
  dead = false
  /** Some code is nested more deeply than the stack reaches. */
  tooDeep = false
  /** The file renders a form, whose result its other handler gets. */
  rendersPrompt = false
  /** The file sets a time limit for all calls of a library. */
  readonly limitedLibraries = new Set<string>()
  exits: Exit[] = []
  /** What the generator that is walked has yielded. */
  yielded: ListValue | undefined
  /** Variables that ways which returned have set: for what the function sets outside of itself. */
  returned: ReadonlyMap<Cell, Value>[] = []
  /** Variables that ways which left the loop or switch have set: for what comes after it. */
  broken: ReadonlyMap<Cell, Value>[] = []
  /** Point of the trail at which the function that is walked began. */
  entry = 0
  readonly #dispatch: Dispatch
  #steps = 0
  #mostSteps = MAX_STEPS
  #uncalledSteps = UNCALLED_STEPS
  #facts: Path[] = []
  #cells: Cell[] = []
  #old: Value[] = []
  readonly #seen = new Set<string>()
  readonly #calls = new Map<Node, ApiCall[]>()
  readonly #outcomes = new Map<object, Map<Path | undefined, Path>>()

  constructor(trigger: Trigger, dispatch: Dispatch) {
    this.trigger = trigger
    this.event = Path.event(trigger.eventShape)
    this.#dispatch = dispatch
  }

  // What walks the code: expressions, statements and calls

  evaluate(node: Node, scope: Scope): Value {
    return this.#dispatch.evaluate(this, node, scope)
  }

  block(statements: readonly Node[], scope: Scope): End {
    return this.#dispatch.block(this, statements, scope)
  }

  call(target: Value, given: readonly Value[], node: Node): Value {
    return this.#dispatch.call(this, target, given, node)
  }

  callLater(callback: Value, args: readonly Value[]): Value {
    return this.#dispatch.callLater(this, callback, args)
  }

  callFunction(target: FunctionValue, args: readonly Value[]): Value {
    return this.#dispatch.callFunction(this, target, args)
  }

  /** Walks a stretch that has its own number of steps; a stretch that is too long is left where it is. */
  stretch(task: () => void): void {
    this.#steps = 0
    this.#mostSteps = MAX_STEPS
    this.depth = 0
    this.stack.length = 0
    try {
      task()
    } catch (error) {
      if (error instanceof RangeError) this.tooDeep = true
      else if (!(error instanceof OutOfSteps)) throw error
    }
  }

  /** A stretch that nothing calls. Where there are many, the last ones get fewer steps. */
  uncalledStretch(task: () => void): void {
    this.stretch(() => {
      this.#mostSteps = Math.max(LEAST_STEPS, Math.min(MAX_STEPS, this.#uncalledSteps))
      task()
    })
    this.#uncalledSteps -= this.#steps
  }

  /** Starts a handler: nothing is known but what the file's own variables hold. */
  fresh(handler: string | undefined): void {
    this.forget(0)
    this.handler = handler
    this.denied = false
    this.saved = NOTHING_SAVED
    this.left = false
    this.conditional = 0
    this.catching = 0
    this.racing = 0
  }

  step(): void {
    if (++this.#steps > this.#mostSteps) throw new OutOfSteps()
  }

  // What is seen

  observe(observation: Unplaced<Exclude<Observation, { kind: 'api-call' }>>): void {
    const detail =
      'path' in observation ? observation.path : 'method' in observation ? observation.method : ''
    const key = `${observation.kind} ${observation.offset} ${detail}`
    if (this.#seen.has(key)) return
    this.#seen.add(key)
    this.observations.push({
      ...observation,
      caught: this.catching > 0,
      handler: this.handler,
    } as Observation)
  }

  observeCall(
    node: Node,
    call: Omit<ApiCall, 'afterDeny' | 'always' | 'unguarded'> & { offset: number },
  ): void {
    const earlier = this.#calls.get(node)
    const unguarded = this.#isUnguarded(call.entry)
    const known = earlier?.find(({ first, method }) => method === call.method && sameTexts(first, call.first))
    if (known !== undefined) {
      known.unguarded ||= unguarded
      return
    }
    const observation: Observation & ApiCall = {
      kind: 'api-call',
      offset: call.offset,
      method: call.method,
      entry: call.entry,
      args: call.args,
      spread: call.spread,
      first: call.first,
      firstOffset: call.firstOffset,
      afterDeny: this.denied,
      unguarded,
      always: this.conditional === 0 && !this.left,
      caught: this.catching > 0,
      handler: this.handler,
    }
    if (earlier === undefined) this.#calls.set(node, [observation])
    else earlier.push(observation)
    this.observations.push(observation)
  }

  #isUnguarded({ needs }: ApiCall['entry']): boolean {
    if (needs === undefined) return false
    return !this.event.at(needs.part.split('.')).there
  }

  // What holds

  /** The place that stands for what something gives, which need not be there. One for each `of` and `by`. */
  outcome(of: object, by: Path | undefined, label: () => string, since?: readonly Path[]): Path {
    let outcomes = this.#outcomes.get(of)
    if (outcomes === undefined) {
      outcomes = new Map()
      this.#outcomes.set(of, outcomes)
    }
    let outcome = outcomes.get(by)
    if (outcome === undefined) {
      outcome = this.event.outcome(label(), since)
      outcomes.set(by, outcome)
    }
    return outcome
  }

  assume(facts: Facts): void {
    for (const fact of facts) {
      for (let path: Path | undefined = fact; path !== undefined && !path.there; path = path.parent) {
        path.there = true
        this.#facts.push(path)
      }
    }
  }

  /** A point of the trail, for {@link factsSince}. */
  get mark(): number {
    return this.#facts.length
  }

  factsSince(mark: number): Facts {
    return mark === this.#facts.length ? NO_FACTS : this.#facts.slice(mark)
  }

  /** Takes back what was learnt since a point of the trail. */
  forget(mark: number): void {
    while (this.#facts.length > mark) this.#facts.pop()!.there = false
  }

  /** Walks something and returns what it learnt, which does not hold any longer. */
  learning<T>(task: () => T): [T, Facts] {
    const mark = this.#facts.length
    const result = task()
    const learnt = this.factsSince(mark)
    this.forget(mark)
    return [result, learnt]
  }

  assign(cell: Cell, value: Value): void {
    this.#cells.push(cell)
    this.#old.push(cell.value)
    cell.value = value
  }

  /** Walks one of several ways and takes its effects back. `conditional`: the way need not be taken. */
  branch(facts: Facts, body: () => End, conditional = true): Branch {
    const factMark = this.#facts.length
    const cellMark = this.#cells.length
    const { denied, saved } = this
    if (conditional) this.conditional++
    this.assume(facts)
    const result: Branch = { end: 'next', facts, denied, saved, writes: undefined }
    try {
      result.end = body()
    } finally {
      if (conditional) this.conditional--
      result.denied = this.denied
      result.saved = this.saved
      result.facts = this.factsSince(factMark)
      this.forget(factMark)
      result.writes = this.#takeBack(cellMark)
      this.denied = denied
      this.saved = saved
    }
    return result
  }

  #takeBack(mark: number): ReadonlyMap<Cell, Value> | undefined {
    if (this.#cells.length === mark) return undefined
    const writes = new Map<Cell, Value>()
    for (let index = mark; index < this.#cells.length; index++) {
      const cell = this.#cells[index]!
      writes.set(cell, cell.value)
    }
    while (this.#cells.length > mark) this.#cells.pop()!.value = this.#old.pop()!
    return writes
  }

  /** A way on which nothing happens, for {@link join}. */
  idle(facts: Facts = NO_FACTS): Branch {
    return facts.length === 0
      ? { end: 'next', facts, denied: this.denied, saved: this.saved, writes: undefined }
      : this.branch(facts, () => 'next')
  }

  /** Goes on after several ways: with what all of them that go on have in common. */
  join(branches: readonly Branch[]): End {
    const live: Branch[] = []
    let broken = false
    let left = false
    let denied = false
    let saved = this.saved
    let written = false
    for (const branch of branches) {
      const { end, writes } = branch
      if (end === 'next') {
        live.push(branch)
        denied ||= branch.denied
        if (branch.saved !== saved && branch.saved.size > 0) saved = new Map([...saved, ...branch.saved])
        written ||= writes !== undefined
      } else if (end === 'break') {
        broken = true
        if (writes !== undefined) this.broken.push(writes)
      } else {
        left = true
        if (writes !== undefined && end === 'return') this.returned.push(writes)
      }
    }
    if (live.length === 0) return broken ? 'break' : (branches[0]?.end ?? 'next')
    if (left) this.left = true
    if (written) this.#joinWrites(live)
    this.assume(shared(live.map(({ facts }) => facts)))
    this.denied = denied
    this.saved = saved
    return 'next'
  }

  /** Walks a loop or a switch, after which all that left it by `break` or `continue` goes on. */
  breakable(task: () => End): End {
    const outer = this.broken
    this.broken = []
    try {
      const end = task()
      for (const writes of this.broken) {
        for (const [cell, value] of writes) this.assign(cell, union([cell.value, value]))
      }
      return end
    } finally {
      this.broken = outer
    }
  }

  #joinWrites(live: readonly Branch[]): void {
    const cells = new Set<Cell>()
    for (const { writes } of live) if (writes !== undefined) for (const cell of writes.keys()) cells.add(cell)
    for (const cell of cells) {
      this.assign(
        cell,
        choice(live.map(({ writes, facts }) => writes?.get(cell) ?? settledIn(cell.value, facts))),
      )
    }
  }
}

/** A value with the places that are present where these facts hold. */
function settledIn(value: Value, facts: Facts): Value {
  if (facts.length === 0) return value
  if (value.kind === 'union') {
    const left = value.of.filter(
      (one) => one.kind !== 'literal' || one.absent === undefined || !facts.includes(one.absent),
    )
    const of = union(left.map((one) => settledIn(one, facts)))
    return implying(of, value.whenTrue ?? NO_FACTS, value.whenFalse ?? NO_FACTS)
  }
  if (value.kind !== 'path' || value.path.root !== 'event') return value
  let path: Path | undefined = value.path
  while (path !== undefined && !facts.includes(path)) path = path.parent
  return path === undefined || path.depth <= value.known ? value : { ...value, known: path.depth }
}

function sameTexts(a: ApiCall['first'], b: ApiCall['first']): boolean {
  return (
    a === b ||
    (a.complete === b.complete &&
      a.values.length === b.values.length &&
      a.values.every((value, index) => value === b.values[index]))
  )
}
