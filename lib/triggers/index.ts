import { credentialsExchange } from './credentials-exchange/index.ts'
import { postLogin } from './post-login/index.ts'
import { handlersOf, type Trigger } from './trigger.ts'

export { credentialsExchange } from './credentials-exchange/index.ts'
export type { LoginState } from './login-state.ts'
export { postLogin } from './post-login/index.ts'
export { type KnownTrigger, OTHER_HANDLERS, TENANT_TRIGGERS } from './tenant-triggers.ts'
export { handlersOf, methodAt, methodsWith, nameOf, type Situation, type Trigger } from './trigger.ts'

/**
 * The triggers whose Actions are checked, each with its own event and api. To add one: its folder beside `post-login/`,
 * its name here and in `tenant-triggers.ts`. Of a file with no handler the first is assumed.
 */
const LIST = [postLogin, credentialsExchange] as const

export const TRIGGERS: readonly Trigger[] = LIST

/** Name of a handler that an Action may export. */
export type Handler = Names<(typeof LIST)[number]['handlers']>
type Names<Handlers> = Handlers extends Record<string, infer Name> ? Name : never

/** The trigger that calls a handler of this name; `undefined` for one of no trigger, or of one that does not run here. */
export function triggerOfHandler(name: string): Trigger | undefined {
  return TRIGGERS.find((trigger) => handlersOf(trigger).includes(name))
}
