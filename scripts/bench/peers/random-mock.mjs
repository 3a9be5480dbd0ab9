/**
 * Stands for the community's test library for Actions, which the registry does not have: for every run an event of
 * the same members with random values, built by the same two libraries, and an `api` that takes every claim.
 * Plain JavaScript, so that it runs by itself as a suite of many cases.
 */
import Chance from 'chance'
import { Factory } from 'fishery'

const chance = new Chance()
const factory = (make) => {
  const built = Factory.define(({ params }) => make(params))
  return (params) => built.build(params)
}

const protocols = ['oidc-basic-profile', 'oidc-implicit-profile', 'oauth2-password', 'samlp', 'wsfed']
const system = ['X11; Linux x86_64', 'Windows NT 10.0; Win64; x64', 'Macintosh; Intel Mac OS X 10_15_7']
const AGENTS = system.map(
  (name) => `Mozilla/5.0 (${name}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/122.0.0.0 Safari/537.3`,
)
const letters = (length) => chance.string({ length, alpha: true, numeric: true })
const tenant = () => chance.n(chance.word, 2).join('-')
const perhaps = (value) => chance.pickone([undefined, value])

const connection = factory(() => ({
  id: `con_${letters(16)}`,
  name: 'Username-Password-Authentication',
  strategy: chance.pickone(['auth0', 'github', 'google-oauth2']),
  metadata: {},
}))
const identity = factory(() => ({
  connection: connection().name,
  provider: connection().strategy,
  user_id: chance.hash({ length: 24 }),
  isSocial: chance.bool(),
}))
const client = factory(() => ({ client_id: letters(32), name: chance.word({ syllables: 3 }), metadata: {} }))
const organization = factory(() => ({
  id: `org_${letters(16)}`,
  name: chance.word(),
  display_name: chance.company(),
  metadata: {},
}))
const transaction = factory(() => ({
  acr_values: [],
  locale: chance.locale(),
  ui_locales: [chance.locale()],
  requested_scopes: [],
  protocol: chance.pickone(protocols),
  redirect_uri: chance.url({ path: 'redirect' }),
  prompt: ['none'],
  login_hint: perhaps(chance.email()),
  response_mode: chance.pickone(['query', 'fragment', 'form_post', 'web_message']),
  response_type: [chance.pickone(['code', 'token', 'id_token'])],
  state: letters(32),
  linking_id: letters(32),
}))
const request = factory(() => ({
  ip: chance.ipv6(),
  asn: String(chance.integer({ min: 1, max: 65_534 })),
  method: chance.pickone(['GET', 'POST']),
  query: {
    protocol: chance.pickone(protocols),
    connection: connection().name,
    client_id: letters(32),
    response_type: chance.pickone(['code', 'token']),
    prompt: perhaps('login'),
    scope: chance.pickset(['openid', 'profile', 'email', 'phone'], 3).join(' '),
    redirect_uri: chance.url({ path: 'redirect' }),
  },
  body: {},
  geoip: {
    cityName: chance.city(),
    continentCode: letters(2),
    countryCode3: letters(3),
    countryCode: chance.country(),
    countryName: chance.country({ full: true }),
    latitude: chance.latitude(),
    longitude: chance.longitude(),
    subdivisionCode: chance.state(),
    subdivisionName: chance.state({ full: true }),
    timeZone: chance.timezone().utc[0],
  },
  hostname: `${tenant()}.auth0.com`,
  language: chance.locale(),
  user_agent: chance.pickone(AGENTS),
}))
const user = factory((params) => {
  const email = chance.email()
  const [created_at, last_password_reset, updated_at] = chance
    .n(chance.date, 3)
    .sort()
    .map((date) => date.toISOString())
  const first = chance.first()
  const last = chance.last()
  return {
    user_id: `auth0|${chance.hash({ length: 24 })}`,
    username: perhaps(`${first}.${last}`),
    name: perhaps(`${first} ${last}`),
    given_name: first,
    family_name: last,
    nickname: email.split('@')[0],
    email,
    email_verified: chance.bool(),
    phone_number: perhaps(chance.phone()),
    phone_verified: chance.bool(),
    picture: chance.avatar({ protocol: 'https', email }),
    app_metadata: {},
    user_metadata: {},
    created_at,
    updated_at,
    last_password_reset: perhaps(last_password_reset),
    identities: params.identities ?? [identity()],
  }
})
const confidence = () => chance.pickone(['low', 'medium', 'high', 'neutral'])
const authentication = factory(() => ({
  methods: [{ name: chance.pickone(['pwd', 'federated', 'mfa']), timestamp: chance.date().toISOString() }],
  riskAssessment: {
    confidence: confidence(),
    version: '1',
    assessments: {
      UntrustedIP: {
        confidence: confidence(),
        code: chance.pickone(['not_found_on_deny_list', 'found_on_deny_list', 'assessment_not_available']),
        details: {
          category: 'abuse',
          ip: chance.ip(),
          matches: `${chance.ip()}/32`,
          source: 'STOPFORUMSPAM-1',
        },
      },
      ImpossibleTravel: {
        confidence: confidence(),
        code: chance.pickone(['minimal_travel_from_last_login', 'impossible_travel_from_last_login']),
      },
    },
  },
}))
const event = factory((params) => ({
  transaction: transaction(),
  authentication: authentication(),
  authorization: { roles: [] },
  connection: connection(),
  organization: organization(),
  resource_server: { identifier: `https://${tenant()}.auth0.com/userinfo` },
  tenant: { id: tenant() },
  session: { id: `sess_${chance.hash({ length: 10 })}`, device: { last_ip: chance.ipv6() } },
  client: client(),
  request: request(),
  stats: { logins_count: chance.integer({ min: 0, max: 1000 }) },
  user: user(params.user),
  secrets: {},
}))

/** A new event and a new `api`, and what the handler did. */
export async function mocked(handler, overrides) {
  const state = { accessToken: {}, idToken: {}, metadata: {} }
  const into = (target) => (name, value) => {
    target[name] = value
  }
  const api = {
    access: { deny: into(state).bind(undefined, 'denied') },
    accessToken: { setCustomClaim: into(state.accessToken) },
    idToken: { setCustomClaim: into(state.idToken) },
    user: { setAppMetadata: into(state.metadata) },
  }
  await handler(event(overrides), api)
  return state
}
