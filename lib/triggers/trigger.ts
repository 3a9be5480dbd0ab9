import type { TokenKind } from '../finding.ts'

/** A trigger of Auth0 whose Actions run here: everything that the check, the runtime and the simulator know of it. */
export interface Trigger {
  /** As in tenant.yaml and in the Management API. */
  readonly id: string
  /** The newest version, which new Actions get. */
  readonly version: string
  /** Names under which an Action exports its handlers. */
  readonly handlers: {
    /** Starts each execution. */
    readonly execute: string
    /** Goes on after a redirect or a form; omitted where a trigger has neither. */
    readonly resume?: string
  }
  /** Tokens that its Actions can write to. */
  readonly tokens: readonly TokenKind[]
  /** Addresses of Auth0's reference. */
  readonly pages: { readonly api: string; readonly event: string }
}

/** The names of a trigger's handlers, in the order in which they run. */
export function handlersOf({ handlers: { execute, resume } }: Trigger): string[] {
  return resume === undefined ? [execute] : [execute, resume]
}
