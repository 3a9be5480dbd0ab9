import { memberOf, type Shape } from '../../triggers/shape.ts'

/** Of what a call need not find. */
const FOUND: Shape = { kind: 'leaf', missing: 'yes' }

/** A place below `event` or `api`, such as `event.user.email`. One object for each place in one walk. */
export class Path {
  readonly root: 'event' | 'api'
  readonly parent: Path | undefined
  readonly name: string
  /** `event` has 1, `event.user` 2. */
  readonly depth: number
  /** What the reference says of the place; `undefined` for `api`, and for what the event does not have. */
  readonly shape: Shape | undefined
  /** Whether every event has it. */
  readonly always: boolean
  /** Whether a condition has shown it to be present. */
  there = false
  /** How often the code has read it so far, or has given it, whole, to code that is not known. */
  reads = 0
  given = 0
  /** The path alone, as what a condition on it shows. */
  readonly alone: readonly Path[] = [this]
  #children: Map<string, Path> | undefined
  #label: string | undefined
  #since: readonly Path[] = []

  private constructor(
    root: 'event' | 'api',
    name: string,
    parent: Path | undefined,
    shape: Shape | undefined,
  ) {
    this.root = root
    this.name = name
    this.parent = parent
    this.depth = parent === undefined ? 1 : parent.depth + 1
    this.shape = shape
    this.always = root === 'event' && (parent?.always ?? true) && shape?.missing === 'no'
  }

  static event(shape: Shape): Path {
    return new Path('event', 'event', undefined, shape)
  }

  static api(): Path {
    return new Path('api', 'api', undefined, undefined)
  }

  /**
   * What an expression gives that may be nothing, as if it were a place. `label`: how the code writes it; `since`: it is
   * nothing where one of these is missing, and only there.
   */
  outcome(label: string, since: readonly Path[] = []): Path {
    const outcome = new Path(this.root, label, this, FOUND)
    outcome.#label = label
    outcome.#since = since
    return outcome
  }

  child(name: string): Path {
    this.#children ??= new Map()
    let child = this.#children.get(name)
    if (child === undefined) {
      const shape = this.shape === undefined ? undefined : memberOf(this.shape, name)
      child = new Path(this.root, name, this, shape)
      this.#children.set(name, child)
    }
    return child
  }

  get children(): Iterable<Path> {
    return this.#children?.values() ?? []
  }

  /** Whether every event has it, and it is no leaf: it is truthy. */
  get isAlwaysTruthy(): boolean {
    return this.always && this.shape!.kind !== 'leaf'
  }

  /** A place further below. */
  at(names: readonly string[]): Path {
    return names.reduce<Path>((path, name) => path.child(name), this)
  }

  /** Whether it is what an expression gives. */
  get isOutcome(): boolean {
    return this.#label !== undefined
  }

  /** Whether a condition has shown it, or all that it depends on, to be there. */
  get isShown(): boolean {
    return this.there || (this.#since.length > 0 && this.#since.every(({ there }) => there))
  }

  /** How often it has been read, alone or with what it is in: grows with each use. */
  get uses(): number {
    let uses = this.reads
    for (let path: Path | undefined = this; path !== undefined; path = path.parent) uses += path.given
    return uses
  }

  /** `event.user.email`. */
  get text(): string {
    return this.#label ?? (this.parent === undefined ? this.name : `${this.parent.text}.${this.name}`)
  }

  /** The path without its root: `user.email`. */
  get below(): string {
    return this.parent === undefined
      ? ''
      : this.parent.parent === undefined
        ? this.name
        : `${this.parent.below}.${this.name}`
  }
}
