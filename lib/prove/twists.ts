import type { SimulatedEvent } from '../simulator/index.ts'

/** One way in which a login differs from an ordinary one: what Actions forget. */
export interface Twist {
  /** A clause of the story, e.g. `the user has no roles`. */
  story: string
  apply(event: SimulatedEvent): void
}

/** Events are read as plain JSON here: a twist may leave a shape that the types do not allow. */
// biome-ignore lint/suspicious/noExplicitAny: the shape is what is twisted
type Loose = Record<string, any>

const LONG = 'x'.repeat(500)
const ODD_VALUES: readonly (readonly [string, unknown])[] = [
  ['missing', undefined],
  ['null', null],
  ['a number', 7],
  ['an empty text', ''],
  ['a very long text', LONG],
  ['an emoji', '\u{1F600}'.repeat(30)],
  ['a list', ['a', 'b']],
  ['an object', { a: 1 }],
  ['true', true],
]

const twist = (story: string, apply: (event: Loose) => void): Twist => ({
  story,
  apply: apply as Twist['apply'],
})

/**
 * Twists for a workspace's logins. `keys` are the metadata keys that its users have: an Action reads them, so
 * each is tried missing, of a wrong type and very long.
 */
export function twistsFor(keys: {
  app_metadata: readonly string[]
  user_metadata: readonly string[]
}): Twist[] {
  const metadata = (['app_metadata', 'user_metadata'] as const).flatMap((kind) =>
    keys[kind].flatMap((key) =>
      ODD_VALUES.map(([what, value]) =>
        twist(`${kind}.${key} is ${what}`, (event) => {
          event['user'][kind] = { ...event['user'][kind], [key]: value }
          if (value === undefined) delete event['user'][kind][key]
        }),
      ),
    ),
  )
  return [
    ...metadata,
    twist('app_metadata is empty', (event) => {
      event['user'].app_metadata = {}
    }),
    twist('user_metadata is empty', (event) => {
      event['user'].user_metadata = {}
    }),
    twist('the user has no roles', (event) => {
      event['authorization'] = { ...event['authorization'], roles: [] }
    }),
    twist('there is no authorization', (event) => {
      delete event['authorization']
    }),
    twist('the user has 300 roles', (event) => {
      event['authorization'] = {
        ...event['authorization'],
        roles: Array.from({ length: 300 }, (_, index) => `role-${index}`),
      }
    }),
    twist('a role has a name of 100 characters', (event) => {
      event['authorization'] = { ...event['authorization'], roles: ['r'.repeat(100)] }
    }),
    twist('the user has no e-mail address', (event) => {
      delete event['user'].email
      delete event['user'].email_verified
    }),
    twist('the e-mail address is not verified', (event) => {
      event['user'].email_verified = false
    }),
    twist('the user has no name', (event) => {
      for (const name of ['name', 'given_name', 'family_name', 'nickname']) delete event['user'][name]
    }),
    twist('the name is very long', (event) => {
      event['user'].name = LONG
    }),
    twist('there is no session', (event) => {
      delete event['session']
    }),
    twist('there is no country', (event) => {
      event['request'].geoip = {}
    }),
    twist('it is the first login', (event) => {
      event['stats'] = { logins_count: 1 }
    }),
    twist('no API is asked for', (event) => {
      delete event['resource_server']
    }),
    twist('no scope is asked for', (event) => {
      event['transaction'] = { ...event['transaction'], requested_scopes: [], target_scopes: [] }
    }),
    twist('it is a password grant', (event) => {
      event['transaction'] = { ...event['transaction'], protocol: 'oauth2-password' }
      delete event['session']
    }),
    twist('it is a refresh', (event) => {
      event['transaction'] = { ...event['transaction'], protocol: 'oauth2-refresh-token' }
    }),
    twist('the organization has no metadata', (event) => {
      if (event['organization'] !== undefined) event['organization'].metadata = {}
    }),
    twist('the organization has a name of 50 characters', (event) => {
      if (event['organization'] !== undefined) event['organization'].name = 'o'.repeat(50)
    }),
  ]
}
