/** Times several ways of doing one thing in turn, so that a noisy machine is noisy for all of them alike. */
export interface Way {
  name: string
  /** One operation, or as many as `operations` says. */
  run(): unknown
  /** @defaultValue 1 */
  operations?: number
}

export interface Figure {
  name: string
  /** Median time of one operation, microseconds. Differs from machine to machine: quote the ratio. */
  microseconds: number
  /** What is shown in place of the time, where something else was measured. */
  text?: string
  /** Median of the ratios to the reference in the same round, with the least and the largest. */
  ratio: number
  least: number
  largest: number
  /** The best round over the reference's best: what neighbours on the machine disturb least. */
  best: number
}

export interface SideBySideOptions {
  /** @defaultValue 11 */
  rounds?: number
  /** Milliseconds for each way in each round. @defaultValue 60 */
  slice?: number
  /** `cpu`: of all threads of this process. @defaultValue `'wall'` */
  clock?: 'wall' | 'cpu'
}

let hurried = false

/** From now on each way gets a few short rounds: enough to see that a row runs and about where it stands. */
export function hurry(): void {
  hurried = true
}

/** The first way is the reference. Rounds visit the ways in a new random order. */
export async function sideBySide(ways: readonly Way[], options: SideBySideOptions = {}): Promise<Figure[]> {
  return figuresOf(await timesOf(ways, options))
}

/** Microseconds of one operation of each way, in each round. */
export async function timesOf(
  ways: readonly Way[],
  options: SideBySideOptions = {},
): Promise<Map<string, number[]>> {
  const { clock = 'wall' } = options
  const rounds = hurried ? 3 : (options.rounds ?? 11)
  const slice = Math.min(options.slice ?? 60, hurried ? 30 : Number.POSITIVE_INFINITY)
  const times = new Map(ways.map(({ name }) => [name, [] as number[]]))
  for (const way of ways) await timeOf(way, slice, clock)
  for (let round = 0; round < rounds; round++) {
    for (const way of shuffled(ways)) times.get(way.name)!.push(await timeOf(way, slice, clock))
  }
  return times
}

/** Figures from times, in microseconds, of several rounds; the first is the reference. */
export function figuresOf(times: ReadonlyMap<string, readonly number[]>): Figure[] {
  const [reference = []] = times.values()
  return [...times].map(([name, own]) => {
    const ratios = own.map((time, round) => time / reference[round]!)
    return {
      name,
      microseconds: median(own),
      ratio: median(ratios),
      least: Math.min(...ratios),
      largest: Math.max(...ratios),
      best: Math.min(...own) / Math.min(...reference),
    }
  })
}

/** Microseconds of one operation in a slice of time: the median of the wall time, or the mean of the CPU time. */
async function timeOf({ run, operations = 1 }: Way, slice: number, clock: 'wall' | 'cpu'): Promise<number> {
  const times: number[] = []
  const cpu = process.cpuUsage()
  const end = performance.now() + slice
  while (performance.now() < end) {
    const begin = performance.now()
    // Not awaited when it is done already, as by a caller that knows it.
    const result = run()
    if (result instanceof Promise) await result
    times.push(((performance.now() - begin) * 1000) / operations)
  }
  if (clock === 'wall') return median(times)
  const { user, system } = process.cpuUsage(cpu)
  return (user + system) / (times.length * operations)
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, order: Math.random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ item }) => item)
}
