import { postLogin } from './post-login/index.ts'
import { handlersOf, type Trigger } from './trigger.ts'

export type { LoginState } from './login-state.ts'
export { postLogin } from './post-login/index.ts'
export { type KnownTrigger, TENANT_TRIGGERS } from './tenant-triggers.ts'
export { handlersOf, methodAt, methodsWith, nameOf, type Trigger } from './trigger.ts'

/** The triggers whose Actions are checked, run and simulated. To add one: its folder beside `post-login/`, and its name here. */
const LIST = [postLogin] as const

export const TRIGGERS: readonly Trigger[] = LIST

/** Name of a handler that an Action may export. */
export type Handler = (typeof LIST)[number]['handlers'][keyof (typeof LIST)[number]['handlers']]

/** The trigger that calls a handler of this name; `undefined` for one of no trigger, or of one that does not run here. */
export function triggerOfHandler(name: string): Trigger | undefined {
  return TRIGGERS.find((trigger) => handlersOf(trigger).includes(name))
}
