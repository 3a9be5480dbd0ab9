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
] as const

export type FreePart = (typeof FREE_PARTS)[number]
