import type { Workspace } from './types.ts'

/** Names of the Actions that are bound to a trigger, in order of execution. */
export function boundTo({ bound }: Pick<Workspace, 'bound'>, { id }: { id: string }): readonly string[] {
  return Object.hasOwn(bound, id) ? bound[id]! : []
}
