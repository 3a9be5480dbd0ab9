/** What people look for in `api`, and where it is. */
export const elsewhere: readonly (readonly [name: RegExp, hint: string])[] = [
  [
    /roles?$/i,
    'No method assigns roles: read event.authorization?.roles, and change them with the Management API.',
  ],
  [
    /permissions?$/i,
    'No method sets permissions: they follow from roles, and scopes from api.accessToken.addScope(...).',
  ],
  [
    /^(?:remove|delete|unset|clear)\w*claims?$/i,
    'No method takes a claim back: set it only where it belongs.',
  ],
  [
    /claims?$/i,
    'Claims are set with api.idToken.setCustomClaim(...) and api.accessToken.setCustomClaim(...).',
  ],
  [/^(?:log|debug|info|warn|error)$/i, 'Write to the log with the console object.'],
  [/^(?:fetch|request|get|post|http)$/i, 'Call other systems with fetch(...), and a time limit.'],
]
