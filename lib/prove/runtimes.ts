import type { Runtime } from '../runtime/types.ts'

/** The same runtime with another way to run. */
export function wrapped(runtime: Runtime, run: Runtime['run']): Runtime {
  return { nodeVersion: runtime.nodeVersion, run, stop: () => runtime.stop() }
}

/** Positions cost more than a short run: they are noted when there is something to tell. */
export function withoutPositions(runtime: Runtime): Runtime {
  return wrapped(runtime, (request) => runtime.run({ ...request, positions: false }))
}
