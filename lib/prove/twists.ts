import fc from 'fast-check'
import {
  isTokenRequest,
  passwordGrantOf,
  refreshOf,
  type SimulatedEvent,
  situation,
} from '../simulator/index.ts'
import { FREE_PARTS, type FreePart, type Vocabulary } from './vocabulary.ts'

/** Events are read as plain JSON here: a twist may leave a shape that the types do not allow. */
// biome-ignore lint/suspicious/noExplicitAny: the shape is what is twisted
type Loose = Record<string, any>

/** One way in which a login differs from an ordinary one: what Actions forget. Plain data. */
export interface Twist {
  kind: string
  value: unknown
}

/** One kind of twists, over the values that it takes. */
interface Kind<T> {
  values(words: Vocabulary): fc.Arbitrary<T>
  /** Values that are tried first, each alone. */
  telling(words: Vocabulary): T[]
  /** A clause of the story, e.g. `the user has no roles`. */
  story(value: T): string
  /** Another event; the given one stays as it is. */
  apply(event: Loose, value: T): Loose
}

/** What a member may hold where nobody checks: `undefined` is a missing one. */
const ODD_VALUES: readonly unknown[] = [
  undefined,
  null,
  7,
  '',
  'x'.repeat(500),
  '\u{1F600}'.repeat(120),
  'Łukasz Żółć',
  '100 %',
  ['a', 'b'],
  { a: 1 },
  true,
  -0.5,
  [],
  Array.from({ length: 200 }, (_, index) => `item-${index}`),
]
const ODD_TEXTS = ODD_VALUES.filter((value) => value === undefined || typeof value === 'string')

interface Member {
  part: FreePart
  path: string[]
  value: unknown
}

const member: Kind<Member> = {
  values: (words) =>
    fc.oneof(
      ...words.members.map(({ part, path }) =>
        fc.record({
          part: fc.constant(part),
          path: fc.constant(path),
          value: fc.oneof(
            fc.constantFrom(...oddOf(part)),
            ...(words.texts.length === 0 ? [] : [fc.constantFrom(...words.texts)]),
            fc.string({ unit: 'grapheme', maxLength: 60 }),
          ),
        }),
      ),
    ),
  telling: ({ members }) =>
    members.flatMap(({ part, path }) => oddOf(part).map((value) => ({ part, path, value }))),
  story: ({ part, path, value }) => `${[nameOf(part), ...path].join('.')} is ${described(value)}`,
  apply: (event, { part, path, value }) =>
    part === 'request.query' && isTokenRequest(event as SimulatedEvent)
      ? event
      : withMember(event, [...part.split('.'), ...path], value),
}

// What the tenant or a client sends is text; metadata of users is any JSON.
function oddOf(part: FreePart): readonly unknown[] {
  return part.startsWith('user.') || part === 'request.body' ? ODD_VALUES : ODD_TEXTS
}

/** Parts that an ordinary login has and others lack, with the clause of the story. */
export const OPTIONAL_PARTS: Readonly<Record<string, string>> = {
  authentication: 'there is no authentication',
  authorization: 'there is no authorization',
  resource_server: 'no API is asked for',
  'connection.metadata': 'the connection has no metadata',
  'request.asn': 'the network has no number',
  'request.language': 'the browser names no language',
  'request.user_agent': 'there is no user agent',
  'user.given_name': 'the user has no given name',
  'user.family_name': 'the user has no family name',
  'user.nickname': 'the user has no nickname',
  'user.picture': 'the user has no picture',
  'user.last_password_reset': 'the password was never reset',
  'user.multifactor': 'the user has no list of factors',
  'user.enrolledFactors': 'the user has no enrolled factors',
}

/** A twist that has no values: it is there or not. */
const plain = (story: string, apply: (event: Loose) => Loose): Kind<null> => ({
  values: () => fc.constant(null),
  telling: () => [null],
  story: () => story,
  apply,
})

/** A twist by a number of something; the smaller, the plainer. */
const counted = (
  largest: number,
  telling: readonly number[],
  story: (count: number) => string,
  apply: (event: Loose, count: number) => Loose,
): Kind<number> => ({
  values: () => fc.nat({ max: largest }),
  telling: () => [...telling],
  story,
  apply,
})

const withUser = (event: Loose, changes: object): Loose => ({
  ...event,
  user: { ...event['user'], ...changes },
})
const withRoles = (event: Loose, roles: string[]): Loose => ({ ...event, authorization: { roles } })

const ODD_NAMES = ['x', '', 'Łukasz Żółć', '\u{1F600}'.repeat(30), 'x'.repeat(500)]
const ODD_ADDRESSES = ['zoë@acme.example', 'Ada@ACME.example', `${'x'.repeat(64)}@acme.example`]

/** Addresses at the domains that Actions look for. */
function addressesAt(texts: readonly string[]): string[] {
  return texts
    .filter((text) => /^[@\w-]+\.[\w.-]+$/.test(text))
    .map((domain) => `ada@${domain.replace(/^.*@/, '')}`)
}

const KINDS = {
  member,
  optional: {
    values: () => fc.constantFrom(...Object.keys(OPTIONAL_PARTS)),
    telling: () => Object.keys(OPTIONAL_PARTS),
    story: (path) => OPTIONAL_PARTS[path]!,
    apply: (event, path) => withMember(event, path.split('.'), undefined),
  } satisfies Kind<string>,
  emptyPart: {
    values: () => fc.constantFrom(...FREE_PARTS.slice(0, 4)),
    telling: () => FREE_PARTS.slice(0, 4),
    story: (part) => `${nameOf(part)} is empty`,
    apply: (event, part) => withMember(event, part.split('.'), {}),
  } satisfies Kind<FreePart>,
  roles: counted(
    300,
    [0, 300, 1],
    (count) => (count === 0 ? 'the user has no roles' : `the user has ${many(count, 'role')}`),
    (event, count) =>
      withRoles(
        event,
        Array.from({ length: count }, (_, index) => `role-${index}`),
      ),
  ),
  roleLength: counted(
    100,
    [100],
    (count) => `a role has a name of ${many(count, 'character')}`,
    (event, count) => withRoles(event, ['r'.repeat(Math.max(1, count))]),
  ),
  roleNames: {
    values: ({ roles, texts }) =>
      fc.uniqueArray(fc.constantFrom('member', ...roles, ...texts), { maxLength: 4 }),
    telling: ({ roles, texts }) => [...roles, ...texts].map((role) => [role]),
    story: (roles) => `the roles of the user are ${roles.join(', ') || 'none'}`,
    apply: withRoles,
  } satisfies Kind<string[]>,
  noEmail: plain('the user has no e-mail address', (event) =>
    withUser(withMember(event, ['user', 'email'], undefined), { email_verified: false }),
  ),
  email: {
    values: ({ texts }) => fc.constantFrom('root@localhost', ...ODD_ADDRESSES, ...addressesAt(texts)),
    telling: ({ texts }) => [...ODD_ADDRESSES, ...addressesAt(texts)],
    story: (email) => `the e-mail address is ${described(email)}`,
    apply: (event, email) => withUser(event, { email }),
  } satisfies Kind<string>,
  unverified: plain('the e-mail address is not verified', (event) =>
    withUser(event, { email_verified: false }),
  ),
  noName: plain('the user has no name', (event) => {
    const { name: _1, given_name: _2, family_name: _3, nickname: _4, ...user } = event['user']
    return { ...event, user }
  }),
  name: {
    values: () => fc.oneof(fc.constantFrom(...ODD_NAMES), fc.string({ unit: 'grapheme', maxLength: 40 })),
    telling: () => [...ODD_NAMES],
    story: (name) => `the name is ${described(name)}`,
    apply: (event, name) => withUser(event, { name }),
  } satisfies Kind<string>,
  noSession: plain('there is no session', ({ session: _, ...event }) => event),
  noCountry: plain('there is no country', (event) => ({
    ...event,
    request: { ...event['request'], geoip: {} },
  })),
  country: {
    values: ({ texts }) =>
      fc.constantFrom('US', 'CN', 'GB', ...texts.filter((text) => /^[A-Z]{2}$/.test(text))),
    telling: ({ texts }) => ['US', ...texts.filter((text) => /^[A-Z]{2}$/.test(text))],
    story: (country) => `the country is ${country}`,
    apply: (event, countryCode) => {
      const { request } = event
      return { ...event, request: { ...request, geoip: { ...request.geoip, countryCode } } }
    },
  } satisfies Kind<string>,
  logins: counted(
    5000,
    [1, 0],
    (count) => (count < 2 ? 'it is the first login' : `it is login number ${count}`),
    (event, count) => ({ ...event, stats: { ...event['stats'], logins_count: Math.max(1, count) } }),
  ),
  scopes: {
    values: ({ scopes }) =>
      fc.uniqueArray(fc.constantFrom('openid', 'profile', 'email', 'offline_access', ...scopes), {
        maxLength: 5,
      }),
    telling: () => [[], ['openid']],
    story: (scopes) => (scopes.length === 0 ? 'no scope is asked for' : `it asks for ${scopes.join(' ')}`),
    apply: (event, scopes) => ({
      ...event,
      transaction: { ...event['transaction'], requested_scopes: scopes, target_scopes: scopes },
      request: withParameter(event, 'scope', scopes.join(' ')),
    }),
  } satisfies Kind<string[]>,
  password: plain('it is a password grant', (event) => passwordGrantOf(event as SimulatedEvent)),
  refresh: plain('it is a refresh', (event) =>
    refreshOf(event as SimulatedEvent, event['transaction'].target_scopes ?? []),
  ),
  silent: plain('it is a silent login (prompt=none)', (event) => ({
    ...event,
    transaction: { ...event['transaction'], prompt: ['none'] },
    request: withParameter(event, 'prompt', 'none'),
  })),
  device: plain('it is a login on a device without a browser', (event) => ({
    ...event,
    transaction: { ...event['transaction'], protocol: 'oauth2-device-code' },
  })),
  social: plain('it is a social login that tells neither e-mail address nor name', (event) => {
    const { user, connection, authentication } = situation('sparseSocial')
    const { user_id, identities } = user
    const { email: _1, name: _2, given_name: _3, family_name: _4, ...rest } = event['user']
    return {
      ...event,
      connection,
      authentication,
      user: { ...rest, email_verified: false, user_id, identities },
    }
  }),
  secondFactor: plain('a second factor was shown', (event) => ({
    ...event,
    authentication: {
      methods: [
        ...(event['authentication']?.methods ?? []),
        { name: 'mfa', type: 'otp', timestamp: '2026-01-15T09:30:00.000Z' },
      ],
    },
  })),
  thirdParty: plain('the application is somebody else’s', (event) => ({
    ...event,
    client: { ...event['client'], client_id: 'tpc_00000000000000000000000000001' },
  })),
  organization: plain('it is a login to an organization', (event) => ({
    ...event,
    organization: event['organization'] ?? situation('organization').organization,
  })),
  noOrganization: plain('it is a login to no organization', (event) => {
    const { organization: _, ...rest } = event
    return rest
  }),
  organizationName: counted(
    50,
    [50],
    (count) => `the organization has a name of ${many(count, 'character')}`,
    (event, count) => {
      const organization = event['organization'] ?? situation('organization').organization
      return { ...event, organization: { ...organization, name: 'o'.repeat(Math.max(1, count)) } }
    },
  ),
  // biome-ignore lint/suspicious/noExplicitAny: each kind has values of its own
} satisfies Record<string, Kind<any>>

const kindOf = (twist: Twist) => KINDS[twist.kind as keyof typeof KINDS] as unknown as Kind<unknown>

/** Any twist for logins that are made of these words. Values shrink to plainer ones. */
export function twistArbitrary(words: Vocabulary): fc.Arbitrary<Twist> {
  const kinds = Object.entries(KINDS).filter(([kind]) => kind !== 'member' || words.members.length > 0)
  return fc.oneof(
    ...kinds.map(([kind, { values }]) => ({
      // What Actions read most is twisted most.
      weight: kind === 'member' ? 8 : 1,
      arbitrary: fc.record({ kind: fc.constant(kind), value: values(words) as fc.Arbitrary<unknown> }),
    })),
  )
}

/** Twists that are tried first, each alone: every kind with its telling values. */
export function tellingTwists(words: Vocabulary): Twist[] {
  return Object.entries(KINDS).flatMap(([kind, { telling }]) =>
    telling(words).map((value: unknown) => ({ kind, value })),
  )
}

/** A clause of the story, e.g. `app_metadata.plan is null`. */
export function storyOf(twist: Twist): string {
  return kindOf(twist).story(twist.value)
}

/** The event of a login with these twists. Parts that no twist touches are shared with `event`. */
export function twisted(event: SimulatedEvent, twists: readonly Twist[]): SimulatedEvent {
  let result: Loose = event
  for (const twist of twists) result = kindOf(twist).apply(result, twist.value)
  return result as SimulatedEvent
}

/** A parameter of the request, where the application sends it. */
function withParameter({ request, transaction }: Loose, name: string, value: string): Loose {
  const place = isTokenRequest({ transaction }) ? 'body' : 'query'
  return { ...request, [place]: { ...request[place], [name]: value } }
}

/** A copy with the member at this path; `undefined` takes it away. What stands in its way becomes an object. */
function withMember(event: Loose, [name, ...rest]: string[], value: unknown): Loose {
  if (rest.length === 0) {
    const { [name!]: _, ...others } = event
    return value === undefined ? others : { ...others, [name!]: value }
  }
  const inner = event[name!]
  if (value === undefined && (typeof inner !== 'object' || inner === null)) return event
  // There is no metadata of an organization that nobody logs in to.
  if (inner === undefined && ['organization', 'authentication'].includes(name!)) return event
  const object = typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? inner : {}
  return { ...event, [name!]: withMember(object, rest, value) }
}

function nameOf(part: FreePart): string {
  return part.replace(/^user\./, '')
}

function described(value: unknown): string {
  if (value === undefined) return 'missing'
  if (value === '') return 'an empty text'
  if (typeof value === 'string' && [...value].length > 40) return `a text of ${[...value].length} characters`
  if (Array.isArray(value) && value.length > 5) return `a list of ${value.length}`
  return JSON.stringify(value)
}

function many(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
