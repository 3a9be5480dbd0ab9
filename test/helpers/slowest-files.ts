import type { Reporter, TestModule } from 'vitest/node'

const SHOWN = 10

/** Prints the seed of the run before it, and the files that took longest after it. */
export default class SlowestFiles implements Reporter {
  readonly #seed: string

  constructor(seed: string) {
    this.#seed = seed
  }

  onInit(): void {
    console.log(`Random values come from the seed ${this.#seed}: SEED=${this.#seed} repeats them.`)
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    if (modules.length <= SHOWN) return
    const seconds = (module: TestModule) => {
      const { collectDuration, setupDuration, duration } = module.diagnostic()
      return (collectDuration + setupDuration + duration) / 1000
    }
    const slowest = [...modules].sort((a, b) => seconds(b) - seconds(a)).slice(0, SHOWN)
    console.log('\nThe slowest files, with what they load:')
    for (const module of slowest) {
      console.log(`  ${seconds(module).toFixed(1).padStart(6)} s  ${module.relativeModuleId}`)
    }
  }
}
