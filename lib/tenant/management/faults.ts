/** One thing that goes wrong with one call. */
export type Fault =
  | {
      kind: 'status'
      status: 401 | 403 | 408 | 409 | 429 | 500 | 502 | 503 | 504
      /** `Retry-After`. */
      retryAfterSeconds?: number
      /** Headers besides, such as `x-ratelimit-reset`. */
      headers?: Readonly<Record<string, string>>
      /** The message of the response. */
      message?: string
      /** The call has taken effect before that. */
      afterEffect?: boolean
    }
  /** The connection ends without a response; with `afterEffect` the call has taken effect before that. */
  | { kind: 'drop'; afterEffect?: boolean }
  | { kind: 'slow'; milliseconds: number }

/** A call as it came in. */
export interface ManagementCall {
  /** Counted from 1, over the life of the tenant. */
  number: number
  method: string
  /** Below `/api/v2`, without the query. */
  path: string
  query: string
}

/** Switches of a test. The object may be changed while the tenant runs. */
export interface ManagementFaults {
  /** Asked before each call. */
  inject?(call: ManagementCall): Fault | undefined
  /** By Action name: what becomes of its next builds. */
  builds?: Record<string, 'failed' | 'pending'>
  /** Every call that was made, in order. */
  calls?: ManagementCall[]
}
