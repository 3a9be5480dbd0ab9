import { setOwn } from '../json.ts'
import type { PipelineResult, RecordedCommand } from './types.ts'

type MetadataChanges = Pick<PipelineResult, 'userMetadata' | 'appMetadata'>

// Written in one login, for each of the two.
const MAX_BYTES = 32_000

/** Whether JSON would leave the value out. */
export function isUndefined(arg: unknown): boolean {
  return typeof arg === 'object' && arg !== null && '$undefined' in arg
}

/** What the commands write to the profile; the last call for a key decides. */
export function metadataChanges(commands: readonly RecordedCommand[]): MetadataChanges {
  const userMetadata: Record<string, unknown> = {}
  const appMetadata: Record<string, unknown> = {}
  for (const { method, args, action, threw } of commands) {
    if (threw !== undefined) continue
    if (method === 'user.setAppMetadata') keep(appMetadata, args)
    if (method === 'user.setUserMetadata' && !changesPrimaryUser(commands, action)) keep(userMetadata, args)
  }
  return { userMetadata, appMetadata }
}

/** Why the metadata of all Actions together is too much; each Action's own is checked at the call. */
export function metadataFault(changes: MetadataChanges): string | undefined {
  for (const [part, written] of [
    ['user_metadata', changes.userMetadata],
    ['app_metadata', changes.appMetadata],
  ] as const) {
    if (Buffer.byteLength(JSON.stringify(written)) > MAX_BYTES)
      return `The ${part} of all Actions exceeds the maximum of 32 kB.`
  }
  return undefined
}

/** The event once the changes are saved. */
export function withMetadata(event: object, { userMetadata, appMetadata }: MetadataChanges): object {
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

function keep(metadata: Record<string, unknown>, [key, value]: unknown[]): void {
  if (!isUndefined(value)) setOwn(metadata, String(key), value)
}

// User metadata set in the Action that changes the primary user is lost.
function changesPrimaryUser(commands: readonly RecordedCommand[], action: string): boolean {
  return commands.some(
    (command) =>
      command.action === action &&
      command.method === 'authentication.setPrimaryUser' &&
      command.threw === undefined,
  )
}
