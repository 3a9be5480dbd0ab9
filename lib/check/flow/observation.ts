import type { Method } from '../../triggers/method.ts'
import type { Path } from './paths.ts'
import type { Texts } from './texts.ts'
import type { Value } from './values.ts'

/** A call of a method of `api`. */
export interface ApiCall {
  kind: 'api-call'
  /** Path below `api`. */
  method: string
  /** The entry of the method. */
  entry: Method<never>
  args: readonly Value[]
  /** Some of the arguments are spread from a list. */
  spread: boolean
  /** What the first argument can be, as text. */
  first: Texts
  /** Where the first argument stands; the call, when there is none. */
  firstOffset: number
  /** It may run after a call that denies. */
  afterDeny: boolean
  /** Nothing has asked whether the part is present that the method needs. */
  unguarded: boolean
  /** It runs whenever its handler does. */
  always: boolean
}

/** Something that the walk saw happen at an offset of the file. */
export type Observation = {
  offset: number
  /** A `try` swallows what it throws. */
  caught: boolean
  /** The handler that was walked; `undefined` outside handlers. */
  handler: string | undefined
} & (
  | ApiCall
  | { kind: 'unknown-api'; path: string }
  /** `written`: with the `?.` that the code has. `chain`: what a chain gives that asks for the place. `whole`: not by a member. `result`: it is what an expression gives. */
  | {
      kind: 'absent'
      path: string
      written: string
      chain?: string
      unclear: boolean
      whole: boolean
      result?: boolean
    }
  /** `open`: a connection may bring it. `next`: what is read of it. */
  | { kind: 'unknown-event'; path: string; used: boolean; open?: boolean; next?: string }
  /** Something is put there; `uses`: what {@link Path.uses} was then. */
  | { kind: 'event-write'; path: string; place: Path; uses: number }
  | { kind: 'api-write'; path: string }
  | { kind: 'returned' }
  /** Metadata is read after `method` has written it. */
  | { kind: 'stale'; path: string; method: string }
  /** A promise is made that nobody waits for; `handled`: what it throws is caught. */
  | { kind: 'floating'; what: string; handled: boolean }
  /** A text of the source is used as a secret. */
  | { kind: 'secret-text'; text: string }
  | { kind: 'chained'; method: string; member: string }
  | { kind: 'detached'; method: string }
  /** `name` is undefined when it is computed. */
  | { kind: 'secret'; name: string | undefined }
  | { kind: 'module-state'; name: string; fromEvent: boolean }
  | { kind: 'http'; library: string }
  | { kind: 'management-client' }
  | { kind: 'require'; name: string }
  /** A call of what a global object does not have. */
  | { kind: 'absent-function'; name: string }
)
