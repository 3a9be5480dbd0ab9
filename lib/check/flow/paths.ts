import { EVENT, memberOf, type Shape } from '../event-shape.ts'

/** A place below `event` or `api`, such as `event.user.email`. One object for each place in one walk. */
export class Path {
  readonly root: 'event' | 'api'
  readonly parent: Path | undefined
  readonly name: string
  /** `event` has 1, `event.user` 2. */
  readonly depth: number
  /** What the reference says of the place; `undefined` for `api`, and for what the event does not have. */
  readonly shape: Shape | undefined
  /** Whether a condition has shown it to be there. */
  there = false
  #children: Map<string, Path> | undefined

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
  }

  static event(): Path {
    return new Path('event', 'event', undefined, EVENT)
  }

  static api(): Path {
    return new Path('api', 'api', undefined, undefined)
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

  /** `event.user.email`. */
  get text(): string {
    return this.parent === undefined ? this.name : `${this.parent.text}.${this.name}`
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
