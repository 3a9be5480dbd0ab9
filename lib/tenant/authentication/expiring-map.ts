/**
 * A map whose entries end at a time of the tenant's clock. Entries that have ended are never returned, and are removed
 * as new ones come, so that memory follows what is alive. Past `max` entries the oldest are removed.
 */
export class ExpiringMap<V> {
  readonly #entries = new Map<string, { value: V; expires: number }>()
  readonly #clock: () => Date
  readonly #max: number
  #sweepAt = 256

  constructor(clock: () => Date, max: number = Number.POSITIVE_INFINITY) {
    this.#clock = clock
    this.#max = max
  }

  get size(): number {
    return this.#entries.size
  }

  set(key: string, value: V, expires: Date | number): void {
    // What is written again is the newest.
    this.#entries.delete(key)
    this.#entries.set(key, { value, expires: Number(expires) })
    if (this.#entries.size > this.#max) {
      const [oldest] = this.#entries.keys()
      this.#entries.delete(oldest!)
    }
    if (this.#entries.size < this.#sweepAt) return
    this.sweep()
    this.#sweepAt = Math.max(256, this.#entries.size * 2)
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    if (entry.expires > this.#clock().getTime()) return entry.value
    this.#entries.delete(key)
    return undefined
  }

  /** Returns the value and removes it in one step: of two callers only one gets it. */
  take(key: string): V | undefined {
    const value = this.get(key)
    this.#entries.delete(key)
    return value
  }

  delete(key: string): boolean {
    return this.#entries.delete(key)
  }

  sweep(): void {
    const now = this.#clock().getTime()
    for (const [key, { expires }] of this.#entries) if (expires <= now) this.#entries.delete(key)
  }

  /** Living entries, oldest first. */
  *entries(): Generator<[key: string, value: V, expires: number]> {
    const now = this.#clock().getTime()
    for (const [key, { value, expires }] of this.#entries) if (expires > now) yield [key, value, expires]
  }
}
