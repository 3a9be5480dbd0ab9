import type { Contract } from '../contract/index.ts'
import type { Position, TokenKind } from '../finding.ts'
import type { RunnableAction, Runtime } from '../runtime/types.ts'
import type { SimulatedEvent } from '../simulator/index.ts'
import type { Workspace } from '../workspace/index.ts'
import { type Broken, Examiner } from './examine.ts'
import { PROPERTIES, type PropertyName } from './properties.ts'
import type { Counterexample } from './prove.ts'

/** A counterexample as a file keeps it, so that a test can run it again. JSON only. */
export interface Fixture {
  property: PropertyName
  message: string
  claim?: string
  token?: TokenKind
  at?: Position
  story: string[]
  event: SimulatedEvent
  before?: SimulatedEvent
  /** @defaultValue 1 */
  times?: number
}

/** What of a counterexample outlives its search. */
export function fixtureOf({ login: _, refresh: _r, ...fixture }: Counterexample): Fixture {
  return fixture
}

/** Whether a JSON value has the members that {@link replay} needs. Does not check the event itself. */
export function isFixture(value: unknown): value is Fixture {
  if (typeof value !== 'object' || value === null) return false
  const { property, story, event } = value as Partial<Fixture>
  return (
    typeof property === 'string' &&
    Object.hasOwn(PROPERTIES, property) &&
    Array.isArray(story) &&
    typeof event === 'object' &&
    event !== null &&
    ['user', 'client', 'request'].every((part) => Object.hasOwn(event, part))
  )
}

export interface ReplayOptions {
  workspace: Workspace
  actions: readonly RunnableAction[]
  runtime: Runtime
  contracts: readonly Contract[]
  /** As for the search. @defaultValue 2 000 */
  timeLimit?: number
}

/** Runs logins again, and says for each what still breaks its property; `undefined` when nothing does. */
export async function replay<T extends Fixture>(
  options: ReplayOptions,
  fixtures: readonly T[],
): Promise<{ fixture: T; found: Fixture | undefined }[]> {
  const results = []
  for (const fixture of fixtures) {
    const examiner = new Examiner({ ...options, timeLimit: options.timeLimit ?? 2000 })
    const { property, message, claim, at, event, before, times, story } = fixture
    const earlier = before === undefined ? {} : { before, ...(times !== undefined && { times }) }
    const same = (one: { violation: { property: string; claim?: string } }) =>
      one.violation.property === property && (claim === undefined || one.violation.claim === claim)
    let one: Broken | undefined
    if (before !== undefined) {
      const [depends] = await examiner.dependsOn([{ event, before, ...earlier }])
      if (depends) {
        const violation = {
          property,
          message,
          ...(claim !== undefined && { claim }),
          ...(at !== undefined && { at }),
        }
        one = { violation, key: property, event, ...earlier }
      }
    } else {
      const [broken] = await examiner.examine([event])
      one = broken!.find(same)
      // Chance and a clock show only when it is repeated.
      if (one === undefined && property === 'deterministic' && !examiner.hangs) {
        one = (await examiner.examineAmong(event, [])).find(same) ?? (await examiner.repeat()).find(same)
      }
    }
    const explained = one === undefined ? undefined : ((await examiner.explain(event, one.key)) ?? one)
    results.push({
      fixture,
      found: explained === undefined ? undefined : { ...explained.violation, story, event, ...earlier },
    })
  }
  return results
}
