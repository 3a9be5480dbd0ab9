import type { PipelineResult } from './types.ts'

/** The event once the metadata is saved; `null` removes a key. */
export function withMetadata(
  event: object,
  { userMetadata, appMetadata }: Pick<PipelineResult, 'userMetadata' | 'appMetadata'>,
): object {
  const { user } = event as { user: Record<string, unknown> }
  const saved = (part: string, changes: Readonly<Record<string, unknown>>) =>
    Object.keys(changes).length === 0 ? {} : { [part]: merged(user[part] as object, changes) }
  return {
    ...event,
    user: { ...user, ...saved('user_metadata', userMetadata), ...saved('app_metadata', appMetadata) },
  }
}

function merged(current: object, changes: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const removed = (name: string) => Object.hasOwn(changes, name) && changes[name] === null
  return Object.fromEntries(Object.entries({ ...current, ...changes }).filter(([name]) => !removed(name)))
}
