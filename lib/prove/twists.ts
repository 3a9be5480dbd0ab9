import fc from 'fast-check'
import { OIDC_SCOPES } from '../policy/index.ts'
import {
  isTokenRequest,
  passwordGrantOf,
  refreshOf,
  type SimulatedEvent,
  situation,
} from '../simulator/index.ts'
import { nameOf as methodName, methodsWith, postLogin } from '../triggers/index.ts'
import { strategy } from './connections.ts'
import { detail } from './details.ts'
import {
  inOrganization,
  type Loose,
  withMember,
  withParameter,
  withRoles,
  withUser,
} from './event-changes.ts'
import { FREE_PARTS, type FreePart } from './free-parts.ts'
import { aroundNumbers, counted, described, type Kind, many, oneOf, plain, someOf } from './kind.ts'
import { INHERITED, isComparedWith, type MemberValues, memberValues } from './odd-values.ts'
import type { Member, Vocabulary } from './vocabulary.ts'

/** One way in which a login differs from an ordinary one: what Actions forget. Plain data. */
export interface Twist {
  kind: string
  value: unknown
}

type MemberValue = Member & { value: unknown }

const madeMembers = new WeakMap<Vocabulary, MemberValues[]>()

/** The same values at each call: what shrinks is known by itself. */
function valuesOf(words: Vocabulary): MemberValues[] {
  const members = madeMembers.get(words) ?? memberValues(words)
  madeMembers.set(words, members)
  return members
}

const member: Kind<MemberValue> = {
  values: (words) =>
    fc.oneof(
      ...valuesOf(words).map(({ part, path, telling, others }) =>
        fc.record({
          part: fc.constant(part),
          path: fc.constant(path),
          value: fc.oneof(
            fc.constantFrom(...telling),
            ...someOf(others).map((some) => fc.constantFrom(...some)),
            fc.string({ unit: 'grapheme', maxLength: 60 }),
          ),
        }),
      ),
    ),
  telling: (words) =>
    valuesOf(words).flatMap(({ part, path, telling }) => telling.map((value) => ({ part, path, value }))),
  story: ({ part, path, value }) => `${[nameOf(part), ...path].join('.')} is ${described(value)}`,
  apply: (event, { part, path, value }) =>
    part === 'request.query' && isTokenRequest(event as SimulatedEvent)
      ? event
      : withMember(event, [...part.split('.'), ...path], value),
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

const ODD_NAMES = [
  'x',
  '',
  'Łukasz Żółć',
  '\u{1F600}'.repeat(30),
  '語'.repeat(150),
  'x'.repeat(500),
  'Ada  King, Countess of Lovelace',
  ...INHERITED,
]
const ODD_ADDRESSES = [
  'zoë@acme.example',
  'Ada@ACME.example',
  'ada+test@acme.example',
  'constructor@acme.example',
  `${'x'.repeat(64)}@acme.example`,
]
/** Roles may have any name. */
const ODD_ROLES = [
  'Orders, Manager',
  'orders manager',
  'ORDERS',
  'Größe',
  ...INHERITED,
  'r'.repeat(60),
  '語'.repeat(60),
]
const DAY = 86_400_000
/** The time of every login of the search. */
const NOW = Date.parse('2026-01-15T09:30:00.000Z')

/** Addresses at the domains that Actions look for, and at somebody else's that have their name in them. */
function addressesAt(texts: readonly string[]): string[] {
  return texts
    .filter((text) => /^[@\w-]+\.[\w.-]+$/.test(text))
    .map((domain) => domain.replace(/^.*@/, ''))
    .flatMap((domain) => [`ada@${domain}`, `ada@${domain}.other.example`, `ada@other-${domain}`])
}

const madeRoles = new WeakMap<Vocabulary, string[][]>()

/** Lists of roles: odd ones, those of the tenant in other letters, and the Action's own words. */
function rolesOf(words: Vocabulary): string[][] {
  const { roles, texts, starts, shapes } = words
  const own = texts.filter((text) => !text.includes('/'))
  const known = madeRoles.get(words) ?? [
    ...ODD_ROLES.map((role) => [role]),
    ...roles.flatMap((role) => [[role], [role.toUpperCase()]]),
    ...own.slice(0, 20).map((text) => [text]),
    ...starts.map((start) => [`${start}${'r'.repeat(60)}`]),
    ...shapes.map((shape) => [shape]),
    [...roles, ...own].slice(0, 2),
    [...roles, ...own, ...ODD_ROLES].slice(0, 12),
  ]
  madeRoles.set(words, known)
  return known
}

const textsOf =
  (texts: readonly string[], more: (words: Vocabulary) => readonly string[]) =>
  (words: Vocabulary): readonly string[] => [...new Set([...texts, ...more(words)])]

/** The whole of somebody's metadata: what was imported, or written by a script, need not be an object. */
const WHOLES = (['user.app_metadata', 'user.user_metadata'] as const).flatMap((part) =>
  ['gold', '{"plan":"team"}', ['a', 'b'], []].map((value) => ({ part, value: value as unknown })),
)

/** Where an Action writes metadata, Auth0 itself refuses what is no object. */
function wholesOf({ mentions }: Vocabulary): typeof WHOLES {
  const some = WHOLES.filter(({ part }) => {
    const writers = methodsWith(postLogin, ({ profile }) => profile !== undefined && part.endsWith(profile))
    return !writers.some((path) => mentions(methodName(path)))
  })
  return some.length > 0 ? some : WHOLES.filter(({ value }) => Array.isArray(value) && value.length === 0)
}

const KINDS = {
  member,
  optional: oneOf<string>(() => Object.keys(OPTIONAL_PARTS), {
    story: (path) => OPTIONAL_PARTS[path]!,
    apply: (event, path) => withMember(event, path.split('.'), undefined),
  }),
  emptyPart: oneOf<FreePart>(() => FREE_PARTS.slice(0, 4), {
    about: ['metadata'],
    story: (part) => `${nameOf(part)} is empty`,
    apply: (event, part) => withMember(event, part.split('.'), {}),
  }),
  wholeMetadata: oneOf(wholesOf, {
    about: ['app_metadata', 'user_metadata'],
    story: ({ part, value }) => `the whole of ${nameOf(part)} is ${described(value)}`,
    apply: (event, { part, value }) => withMember(event, part.split('.'), value),
  }),
  roles: counted(
    300,
    [0, 300, 1],
    ['roles'],
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
    ['roles'],
    (count) => `a role has a name of ${many(count, 'character')}`,
    (event, count) => withRoles(event, ['r'.repeat(Math.max(1, count))]),
  ),
  roleNames: {
    values: (words) =>
      fc.oneof(
        fc.constantFrom(...rolesOf(words)),
        fc.uniqueArray(fc.constantFrom('member', ...words.roles, ...words.texts), { maxLength: 4 }),
      ),
    telling: rolesOf,
    about: ['roles'],
    story: (roles) => `the roles of the user are ${roles.map(roleText).join(', ') || 'none'}`,
    apply: withRoles,
  } satisfies Kind<string[]>,
  noEmail: plain('the user has no e-mail address', ['email'], (event) =>
    withUser(withMember(event, ['user', 'email'], undefined), { email_verified: false }),
  ),
  verifiedNoEmail: plain('the user has no e-mail address, and it counts as verified', ['email'], (event) =>
    withUser(withMember(event, ['user', 'email'], undefined), { email_verified: true }),
  ),
  email: oneOf(
    textsOf(['root@localhost', ...ODD_ADDRESSES], ({ texts, attacks, shapes }) => [
      ...addressesAt(texts),
      ...shapes.filter((text) => text.includes('@')),
      ...attacks,
    ]),
    {
      about: ['email'],
      story: (email) => `the e-mail address is ${described(email)}`,
      apply: (event, email) => withUser(event, { email }),
    },
  ),
  unverified: plain('the e-mail address is not verified', ['email_verified'], (event) =>
    withUser(event, { email_verified: false }),
  ),
  noName: plain('the user has no name', ['name'], (event) => {
    const { name: _1, given_name: _2, family_name: _3, nickname: _4, ...user } = event['user']
    return { ...event, user }
  }),
  name: {
    values: (words) =>
      fc.oneof(
        fc.constantFrom(...ODD_NAMES, ...words.attacks),
        fc.string({ unit: 'grapheme', maxLength: 40 }),
      ),
    telling: ({ attacks }) => [...ODD_NAMES, ...attacks],
    about: ['name'],
    story: (name) => `the name is ${described(name)}`,
    apply: (event, name) => withUser(event, { name }),
  } satisfies Kind<string>,
  created: {
    values: (words) => fc.oneof(fc.nat({ max: 4000 }), fc.constantFrom(...daysOf(words))),
    telling: daysOf,
    about: ['created_at'],
    story: (days) => (days === 0 ? 'the account is new' : `the account is ${many(days, 'day')} old`),
    apply: (event, days) => withUser(event, { created_at: new Date(NOW - days * DAY).toISOString() }),
  } satisfies Kind<number>,
  linked: plain('the user has a second account, which is linked', ['identities', 'user_id'], (event) =>
    withUser(event, {
      identities: [
        ...(event['user'].identities ?? []),
        { connection: 'github', provider: 'github', user_id: '1000001', isSocial: true },
      ],
    }),
  ),
  noSession: plain('there is no session', ['session'], ({ session: _, ...event }) => event),
  noCountry: plain('there is no country', ['geoip'], (event) => ({
    ...event,
    request: { ...event['request'], geoip: {} },
  })),
  country: oneOf(
    textsOf(['US', 'CN', 'GB'], ({ texts }) => texts.filter((text) => /^[A-Z]{2}$/.test(text))),
    {
      about: ['geoip'],
      story: (country) => `the country is ${country}`,
      apply: (event, country) => withMember(event, ['request', 'geoip', 'countryCode'], country),
    },
  ),
  host: oneOf(
    textsOf(['acme.eu.auth0.com', 'acme.auth0.com'], ({ texts }) =>
      texts.filter((text) => /^(?:[a-z\d-]+\.)+[a-z]{2,}$/.test(text)).slice(0, 6),
    ),
    {
      about: ['hostname', 'custom_domain'],
      story: (host) => `the login is on ${host}`,
      apply: (event, host) => {
        const { custom_domain: _, ...rest } = withMember(event, ['request', 'hostname'], host)
        // Auth0's own hosts are nobody's domain.
        return host.endsWith('.auth0.com')
          ? rest
          : { ...rest, custom_domain: { domain: host, domain_metadata: {} } }
      },
    },
  ),
  audience: {
    values: ({ audiences }) => fc.constantFrom('https://other.acme.example/', ...audiences),
    telling: ({ audiences }) => audiences,
    about: ['resource_server', 'audience'],
    story: (audience) => `it asks for ${audience}, an API that the Action names and the tenant does not`,
    apply: (event, audience) => ({
      ...event,
      resource_server: { identifier: audience },
      request: withParameter(event, 'audience', audience),
    }),
  } satisfies Kind<string>,
  logins: counted(
    5000,
    [1, 0],
    ['logins_count'],
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
  acrValues: oneOf(acrOf, {
    about: ['acr_values'],
    story: (values) =>
      values.length === 0 ? 'it asks for no level' : `it asks for the level ${values.join(' ')}`,
    apply: (event, values) => withMember(event, ['transaction', 'acr_values'], values),
  }),
  password: plain('it is a password grant', undefined, (event) => passwordGrantOf(event as SimulatedEvent)),
  refresh: plain('it is a refresh', undefined, (event) =>
    refreshOf(event as SimulatedEvent, event['transaction'].target_scopes ?? []),
  ),
  silent: plain('it is a silent login (prompt=none)', undefined, (event) => ({
    ...event,
    transaction: { ...event['transaction'], prompt: ['none'] },
    request: withParameter(event, 'prompt', 'none'),
  })),
  device: plain('it is a login on a device without a browser', ['transaction', 'protocol'], (event) => ({
    ...event,
    transaction: { ...event['transaction'], protocol: 'oauth2-device-code' },
  })),
  social: plain('it is a social login that tells neither e-mail address nor name', undefined, (event) => {
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
  secondFactor: plain('a second factor was shown', ['authentication', 'methods'], (event) => ({
    ...event,
    authentication: {
      methods: [
        ...(event['authentication']?.methods ?? []),
        { name: 'mfa', type: 'otp', timestamp: '2026-01-15T09:30:00.000Z' },
      ],
    },
  })),
  thirdParty: plain('the application is somebody else’s', undefined, (event) => ({
    ...event,
    client: { ...event['client'], client_id: 'tpc_00000000000000000000000000001' },
    ...withoutOidcScopes(event),
  })),
  organization: plain('it is a login to an organization', ['organization'], (event) => inOrganization(event)),
  noOrganization: plain('it is a login to no organization', ['organization'], (event) => {
    const { organization: _, ...rest } = event
    return rest
  }),
  organizationName: counted(
    50,
    [50],
    ['organization'],
    (count) => `the organization has a name of ${many(count, 'character')}`,
    (event, count) => inOrganization(event, { name: 'o'.repeat(Math.max(1, count)) }),
  ),
  // After the plainer ones: a login by SMS has no e-mail address either.
  strategy,
  detail,
  // biome-ignore lint/suspicious/noExplicitAny: each kind has values of its own
} satisfies Record<string, Kind<any>>

/** An application of somebody else is granted no scope of OpenID Connect, and does not ask for one. */
function withoutOidcScopes({ transaction, request }: Loose): Loose {
  const left = (scopes: readonly string[] = []) => scopes.filter((scope) => !OIDC_SCOPES.includes(scope))
  return {
    ...(transaction !== undefined && {
      transaction: {
        ...transaction,
        requested_scopes: left(transaction.requested_scopes),
        ...(transaction.target_scopes !== undefined && { target_scopes: left(transaction.target_scopes) }),
      },
    }),
    request: {
      ...request,
      query: {
        ...request?.query,
        ...(typeof request?.query?.scope === 'string' && {
          scope: left(request.query.scope.split(' ')).join(' '),
        }),
      },
    },
  }
}

/** Ages of an account, in days: around those of the Action. */
function daysOf(words: Vocabulary): number[] {
  return [...new Set([0, 1, 3650, ...aroundNumbers(words, 4000)])]
}

const madeLevels = new WeakMap<Vocabulary, string[][]>()

function acrOf(words: Vocabulary): string[][] {
  const known = madeLevels.get(words) ?? [[], ...words.texts.slice(0, 6).map((text) => [text])]
  madeLevels.set(words, known)
  return known
}

function roleText(role: string): string {
  return [...role].length > 40 || /[,"]/.test(role) ? described(role) : role
}

const kindOf = (twist: Twist) => KINDS[twist.kind as keyof typeof KINDS] as unknown as Kind<unknown>

/** Whether a twist may matter to the Actions: what they do not look at hardly does. */
function matters(kind: Kind<unknown>, words: Vocabulary): boolean {
  return kind.about === undefined || kind.about.some((name) => words.mentions(name))
}

const everyKind = (words: Vocabulary): [string, Kind<unknown>][] =>
  Object.entries(KINDS as unknown as Record<string, Kind<unknown>>).filter(
    ([kind]) => kind !== 'member' || words.members.length > 0,
  )

/** Any twist for logins that are made of these words. Values shrink to plainer ones. */
export function twistArbitrary(words: Vocabulary): fc.Arbitrary<Twist> {
  return fc.oneof(
    ...everyKind(words).map(([kind, twist]) => ({
      // What Actions read most is twisted most.
      weight:
        kind === 'member'
          ? 60
          : kind === 'detail' || kind === 'optional'
            ? 12
            : matters(twist, words)
              ? 8
              : 1,
      arbitrary: fc.record({ kind: fc.constant(kind), value: twist.values(words) }),
    })),
  )
}

/** Values of a member that are told in one round; of other kinds one. */
const OF_MEMBER = 3

/**
 * Twists that are tried first, each alone: every kind, and every member, with its telling values. The first values of
 * all come before the second ones, and those that hardly matter last.
 */
export function tellingTwists(words: Vocabulary): Twist[] {
  const groups: { twists: Twist[]; each: number }[] = []
  const late: Twist[] = []
  for (const [kind, twist] of everyKind(words)) {
    const twists = twist.telling(words).map((value) => ({ kind, value }))
    if (!matters(twist, words)) late.push(...twists)
    else if (kind === 'optional') groups.push({ twists, each: 8 })
    else if (kind !== 'member' && kind !== 'detail') groups.push({ twists, each: 1 })
    else {
      const each = kind === 'member' ? OF_MEMBER : 1
      const places = new Map<string, Twist[]>()
      for (const one of twists) {
        const { part, path } = one.value as Member
        const place = `${part} ${path}`
        places.set(place, [...(places.get(place) ?? []), one])
      }
      for (const some of places.values()) groups.push({ twists: some, each })
    }
  }
  const told: Twist[] = []
  for (let round = 0; groups.some(({ twists, each }) => round * each < twists.length); round++) {
    for (const { twists, each } of groups) told.push(...twists.slice(round * each, (round + 1) * each))
  }
  return [...told, ...late]
}

/**
 * Twists at once: all that open branches of the Actions, since they compare with it, by themselves and with something
 * that they may forget there; then pairs of the two.
 */
export function pairedTwists(words: Vocabulary, most: number): Twist[][] {
  const telling = tellingTwists(words)
  const compared = new Set<unknown>([...words.compared.values()].flat())
  const opens = ({ kind, value }: Twist): boolean => {
    if (['refresh', 'password', 'organization', 'audience'].includes(kind)) return true
    const one =
      kind === 'roleNames' ? (value as string[])[0] : ((value as MemberValue | null)?.value ?? value)
    return (kind === 'member' && isComparedWith(words, value as MemberValue)) || compared.has(one)
  }
  const gates = telling.filter(opens)
  const others = telling.filter((twist) => !gates.includes(twist) && matters(kindOf(twist), words))
  if (others.length === 0) return []
  const all = gatesAtOnce(gates, words, compared, Math.floor(most / 8))
  const more = Array.from({ length: all.length > 1 ? Math.floor(most / 4) : 0 }, (_, index) => [
    ...all[index % all.length]!,
    others[index % others.length]!,
  ])
  // Every gate in its turn, with the others as they come.
  const pairs = Array.from({ length: most - all.length - more.length }, (_, index) => {
    const gate = gates[index % gates.length]!
    const round = Math.floor(index / gates.length)
    return [gate, others[(round + (index % gates.length)) % others.length]!]
  })
  return [...all, ...more, ...pairs]
}

/** Logins that open as much as can be opened at once: of every place a value that it is compared with. */
function gatesAtOnce(
  gates: readonly Twist[],
  words: Vocabulary,
  compared: ReadonlySet<unknown>,
  most: number,
): Twist[][] {
  const places = new Map<string, Twist[]>()
  for (const gate of gates) {
    // A flow without a browser is another login, and metadata that is no object has no members.
    if (['refresh', 'password', 'wholeMetadata'].includes(gate.kind)) continue
    if (gate.kind === 'audience' && !compared.has(gate.value)) continue
    const { part, path } = (gate.value ?? {}) as Partial<MemberValue>
    if (gate.kind === 'member' && !isComparedWith(words, gate.value as MemberValue)) continue
    const place = [gate.kind, part, path].join(' ')
    places.set(place, [...(places.get(place) ?? []), gate])
  }
  const some = [...places.values()].slice(0, MOST_AT_ONCE)
  if (some.length < 2) return []
  const ways = some.reduce((product, { length }) => Math.min(most, product * length), 1)
  // Counted as numbers are, with a place of the login for each digit.
  return Array.from({ length: ways }, (_, way) => {
    let rest = way
    return some.map((values) => {
      const gate = values[rest % values.length]!
      rest = Math.floor(rest / values.length)
      return gate
    })
  })
}

/** Each is taken away again when something breaks. */
const MOST_AT_ONCE = 10

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

function nameOf(part: FreePart): string {
  return part.replace(/^user\./, '')
}
