/** Whether what logged in before makes a difference to a login: modules keep what they hold between logins. */

import type { SimulatedEvent } from '../simulator/index.ts'
import type { Violation } from './properties.ts'
import { differentClaim, outwardResult, type Ran } from './run-login.ts'

/** Runs a login, on fresh modules or on those of the logins before it. */
export type RunOnce = (event: SimulatedEvent, cold: boolean) => Promise<Ran>

/** A login, and another one that comes before it. */
export interface Order {
  event: SimulatedEvent
  before: SimulatedEvent
  /** How often that comes. @defaultValue 1 */
  times?: number
}

/** Times that a login is repeated to see whether modules count. */
const MANY = 64

/** The result of a login after the others: the first of them finds fresh modules. */
export async function afterOthers(run: RunOnce, { event, before, times = 1 }: Order): Promise<Ran> {
  for (let time = 0; time < times; time++) await run(before, time === 0)
  return run(event, false)
}

/** The login before that makes a difference; most of the time any will do. */
export async function orderDifference(
  run: RunOnce,
  event: SimulatedEvent,
  fresh: Ran,
  others: readonly SimulatedEvent[],
): Promise<{ violation: Violation; before: SimulatedEvent; times?: number } | undefined> {
  for (const before of others) {
    const after = await afterOthers(run, { event, before })
    if (outwardResult(after) === outwardResult(fresh)) continue
    const claim = differentClaim(after, fresh)
    const message = `${claim ?? 'the result'} depends on who logged in before: a module keeps something between logins`
    return {
      violation: { property: 'order-independent', message, ...(claim !== undefined && { claim }) },
      before,
    }
  }
  // Or it takes many, as with a counter.
  for (let times = 1; times <= MANY; times++) {
    const later = await run(event, times === 1)
    if (outwardResult(later) === outwardResult(fresh)) continue
    const message = `login number ${times} gives another result: a module keeps something between logins`
    return { violation: { property: 'order-independent', message }, before: event, times: times - 1 }
  }
  return undefined
}
