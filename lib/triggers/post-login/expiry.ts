import { assertShape, number } from '../argument-shape.ts'
import type { Expiry, LoginState } from '../login-state.ts'
import type { PostLoginMethod } from './method.ts'

const NO_EXPIRY = 'Either inactivity or absolute expiration time must be provided'

/** A method that sets an end of life, in milliseconds since the epoch. */
export function expiry(
  parameter: 'absolute' | 'idle',
  set: (state: LoginState, time: number) => void,
): PostLoginMethod {
  return {
    returns: 'nothing',
    parameters: [parameter],
    run(_, time) {
      if (!time) throw new Error(NO_EXPIRY)
      assertShape({ [parameter === 'idle' ? 'inactivity' : parameter]: [time, number] })
    },
    apply(state, _, time) {
      if (typeof time === 'number') set(state, time)
    },
  }
}

/** The changes with the earlier of two ends. */
export function earlier<T extends Expiry>(changes: T | undefined, kind: keyof Expiry, time: number): T {
  return { ...changes, [kind]: Math.min(changes?.[kind] ?? Number.POSITIVE_INFINITY, time) } as T
}
