import { defineProperty } from '../primordials.ts'
import type { Trigger } from '../triggers/trigger.ts'
import { type RecordedMethod, type Recorder, recordedMethod } from './recorder.ts'

/**
 * The class of an area of the `api` object. Its methods need it as their receiver, as Auth0's do: taken off it they throw.
 * Each has a class without a parent: it is made for every run of an Action, and that takes half the time.
 */
function areaClass(methods: readonly [name: string, method: RecordedMethod][]) {
  class Area {
    readonly #recorder: Recorder
    constructor(recorder: Recorder) {
      this.#recorder = recorder
    }

    static {
      for (const [name, method] of methods) {
        defineProperty(Area.prototype, name, {
          value(this: Area, first: unknown, second: unknown, third: unknown): unknown {
            return this.#recorder.call(method, first, second, third)
          },
          configurable: true,
          writable: true,
        })
      }
    }
  }
  return Area
}

/** What makes the `api` objects of a trigger. To be called before any Action is loaded. */
export function apiFactory({ methods }: Trigger): (recorder: Recorder) => object {
  const areas = Object.entries(methods).map(([name, named]) => {
    const Class = areaClass(
      Object.entries(named).map(([method, entry]) => [method, recordedMethod(`${name}.${method}`, entry)]),
    )
    return { name, Class }
  })
  return (recorder) => {
    const api: Record<string, object> = {}
    for (let index = 0; index < areas.length; index++) {
      const { name, Class } = areas[index]!
      api[name] = new Class(recorder)
    }
    recorder.api = api
    return api
  }
}
