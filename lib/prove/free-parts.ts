import { postLogin } from '../triggers/index.ts'

/** Objects of the event whose members the tenant or the application chooses. */
export const FREE_PARTS = [
  'user.app_metadata',
  'user.user_metadata',
  'organization.metadata',
  'client.metadata',
  'connection.metadata',
  'request.query',
  'request.body',
  'prompt.fields',
  // What a connection tells of a user besides what Auth0 knows: `event.user.groups`.
  'user',
] as const

/** What stands in `event.user` by Auth0's own names. */
const OWN: ReadonlySet<string> = new Set(Object.keys(postLogin.eventShape.members?.['user']?.members ?? {}))

/** Whether whoever sets up the tenant chooses this member. */
export function isFree(part: FreePart, name: string): boolean {
  return part !== 'user' || !OWN.has(name)
}

export type FreePart = (typeof FREE_PARTS)[number]
