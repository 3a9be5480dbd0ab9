/** How people log in besides a database: what each kind of connection tells of them. */

import type { Loose } from './event-changes.ts'
import { type Kind, oneOf } from './kind.ts'
import type { Vocabulary } from './vocabulary.ts'

/** https://auth0.com/docs/authenticate/identity-providers */
const SOCIAL = ['google-oauth2', 'github', 'apple', 'facebook', 'windowslive', 'linkedin', 'oauth2']
const ENTERPRISE = [
  'samlp',
  'waad',
  'ad',
  'adfs',
  'google-apps',
  'okta',
  'oidc',
  'pingfederate',
  'auth0-adldap',
]
const STRATEGIES = ['sms', 'email', ...ENTERPRISE, ...SOCIAL]
/** Of nobody. */
const PHONE = '+436641234567'

const made = new WeakMap<Vocabulary, string[]>()

/** Strategies, those that the Action compares with first. */
function strategiesOf(words: Vocabulary): string[] {
  const known = made.get(words)
  if (known !== undefined) return known
  const compared = [...words.compared].flatMap(([name, values]) =>
    name.endsWith('connection.strategy') || name.endsWith('provider') ? values.map(String) : [],
  )
  const all = [
    ...new Set([...compared.filter((one) => /^[a-z][\w-]*$/.test(one) && one !== 'auth0'), ...STRATEGIES]),
  ]
  made.set(words, all)
  return all
}

/** A login by another kind of connection. */
export const strategy: Kind<string> = oneOf(strategiesOf, {
  about: ['connection', 'strategy', 'provider', 'identities', 'user_id', 'email', 'name'],
  story: (name) => `it is a login by ${name}`,
  apply: (event, name) => {
    const { user } = event
    const account = accountOf(name, user)
    const { profile, method = 'federated', id, connection = name } = account
    const isSocial = SOCIAL.includes(name)
    return {
      ...event,
      connection: { id: 'con_0000000000000003', name: connection, strategy: name, metadata: {} },
      // A flow without a browser has none.
      ...(event['authentication'] !== undefined && {
        authentication: { methods: [{ name: method, timestamp: '2026-01-15T09:30:00.000Z' }] },
      }),
      user: {
        ...profile,
        user_id: `${name}|${id}`,
        identities: [{ connection, provider: name, user_id: id, isSocial }],
      },
    }
  },
})

/** What the connection tells of the user. */
function accountOf(
  name: string,
  user: Loose,
): { profile: Loose; method?: string; id: string; connection?: string } {
  const { last_password_reset: _, username: _n, ...known } = user
  const { email, name: _1, given_name: _2, family_name: _3, nickname: _4, ...nameless } = known
  switch (name) {
    case 'sms': {
      const { email_verified: _v, ...rest } = nameless
      return {
        profile: { ...rest, name: PHONE, phone_number: PHONE, phone_verified: true, email_verified: false },
        method: 'sms',
        id: '65a4f0000000000000000003',
      }
    }
    case 'email':
      return {
        profile: { ...nameless, ...(email !== undefined && { email, name: email }), email_verified: true },
        method: 'email',
        id: '65a4f0000000000000000003',
      }
    default:
      // Enterprise connections are named by the tenant; their ids have the name in them, and whatever the other side says.
      return ENTERPRISE.includes(name)
        ? { profile: known, id: `acme-${name}|Ada.Lovelace@acme.example`, connection: `acme-${name}` }
        : { profile: known, id: '109876543210987654321' }
  }
}
