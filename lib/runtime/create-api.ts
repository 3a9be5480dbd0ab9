import { defineProperty } from '../primordials.ts'
import type { Trigger } from '../triggers/trigger.ts'
import { type RecordedMethod, type Recorder, recordedMethod } from './recorder.ts'

/** An area of the `api` object. Its methods need it as their receiver, as Auth0's do: taken off it they throw. */
class Area {
  readonly #recorder: Recorder
  constructor(recorder: Recorder) {
    this.#recorder = recorder
  }

  static define(prototype: Area, name: string, method: RecordedMethod): void {
    defineProperty(prototype, name, {
      value(this: Area, first: unknown, second: unknown, third: unknown): unknown {
        return this.#recorder.call(method, first, second, third)
      },
      configurable: true,
      writable: true,
    })
  }
}

/** What makes the `api` objects of a trigger. To be called before any Action is loaded. */
export function apiFactory({ methods }: Trigger): (recorder: Recorder) => object {
  const areas = Object.entries(methods).map(([name, named]) => {
    const Class = class extends Area {}
    for (const [method, entry] of Object.entries(named)) {
      Area.define(Class.prototype, method, recordedMethod(`${name}.${method}`, entry))
    }
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
