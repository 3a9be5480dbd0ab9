import fc from '../../helpers/fast-check.ts'

export type Entity = Record<string, unknown>

export const TEXT = fc.constantFrom('one', 'two', 'Größe ✓', "it's: #1")
const FLAG = fc.boolean()
const SECONDS = fc.constantFrom(600, 3600, 86_400)

/** With each member or without it. */
export const some = (
  members: Record<string, fc.Arbitrary<unknown>>,
  always: Entity = {},
): fc.Arbitrary<Entity> =>
  fc.record(members, { requiredKeys: [] }).map((entity) => ({ ...always, ...entity }))

/** Some of the names, in any order, each with what it gets. */
export function named(
  names: readonly string[],
  of: (name: string) => fc.Arbitrary<Entity>,
): fc.Arbitrary<Entity[]> {
  return fc
    .shuffledSubarray([...names], { maxLength: Math.min(3, names.length) })
    .chain((chosen) => fc.tuple(...chosen.map(of)) as fc.Arbitrary<Entity[]>)
}

const URLS = fc.array(
  fc.constantFrom('https://a.example/', 'https://b.example/', 'https://c.example/x?y=1'),
  {
    maxLength: 3,
  },
)
const METADATA = fc.dictionary(fc.constantFrom('a', 'b', 'long key'), TEXT, { maxKeys: 2 })
const SCOPES = ['read', 'write', 'read:all']
export const APIS = ['https://one.example/', 'https://two.example', 'urn:three']
export const CLIENTS = ['App', 'Shop ✓', 'a/b', 'Größe: "x"']
export const ACTIONS = ['first', 'My Action', 'a/b', 'Prüfung ✓', '日本']
export const MODULES = ['shared', 'other']
export const DATABASES = ['people', 'old-people']
export const LOGINS = ['google', 'hub', 'company']

export const client = (name: string) =>
  some(
    {
      description: TEXT,
      callbacks: URLS,
      allowed_logout_urls: URLS,
      web_origins: fc.subarray(['https://a.example', 'https://b.example']),
      client_metadata: METADATA,
      jwt_configuration: some({ lifetime_in_seconds: SECONDS }, { alg: 'RS256' }),
      refresh_token: some(
        { leeway: fc.constantFrom(0, 30), token_lifetime: SECONDS },
        { rotation_type: 'rotating', expiration_type: 'expiring' },
      ),
      organization_usage: fc.constantFrom('deny', 'allow', 'require'),
      cross_origin_auth: FLAG,
      is_first_party: FLAG,
      addons: some({ samlp: some({ audience: TEXT, logout: some({ callback: TEXT }) }) }),
      native_social_login: some({
        apple: fc.record({ enabled: FLAG }),
        google: fc.record({ enabled: FLAG }),
      }),
    },
    { name, app_type: name.length > 3 ? 'regular_web' : 'non_interactive' },
  )

export const api = (identifier: string) =>
  some(
    {
      scopes: fc
        .shuffledSubarray(SCOPES)
        .chain((values) => fc.tuple(...values.map((value) => some({ description: TEXT }, { value })))),
      token_lifetime: SECONDS,
      allow_offline_access: FLAG,
      signing_alg: fc.constantFrom('RS256', 'PS256'),
      skip_consent_for_verifiable_first_party_clients: FLAG,
      enforce_policies: FLAG,
      token_dialect: fc.constantFrom('access_token', 'access_token_authz'),
    },
    { identifier, name: `Api ${identifier.length}` },
  )

export const module = (name: string) =>
  some(
    { dependencies: DEPENDENCIES, secrets: SECRETS },
    // What the deploy CLI publishes is what says so.
    { name, code: `./modules/${name}.js`, all_changes_published: true },
  )

const DEPENDENCIES = fc
  .shuffledSubarray(['ms', 'uuid'])
  .chain((names) =>
    fc.tuple(
      ...names.map((name) =>
        fc.record({ name: fc.constant(name), version: fc.constantFrom('1.0.0', '2.1.3') }),
      ),
    ),
  )
const SECRETS = fc
  .shuffledSubarray(['KEY', 'OTHER'])
  .chain((names) =>
    fc.tuple(
      ...names.map((name) => fc.record({ name: fc.constant(name), value: fc.constant(`${name} value`) })),
    ),
  )

const TRIGGERS = [
  { id: 'post-login', version: 'v3' },
  { id: 'post-login', version: 'v2' },
  { id: 'credentials-exchange', version: 'v2' },
]

export const action = (name: string, modules: readonly string[]) =>
  some(
    {
      runtime: fc.constantFrom('node18', 'node22'),
      dependencies: DEPENDENCIES,
      secrets: SECRETS,
      ...(modules.length > 0 && {
        modules: fc.shuffledSubarray([...modules]).chain((chosen) =>
          fc.tuple(
            ...chosen.map((module_name) =>
              fc.record({
                module_name: fc.constant(module_name),
                module_version_number: fc.constantFrom(1, 1, 1, 2),
              }),
            ),
          ),
        ),
      }),
    },
    { name },
  ).chain((entity) =>
    fc
      .tuple(fc.constantFrom(true, true, true, false, undefined), fc.constantFrom(...TRIGGERS))
      .map(([deployed, trigger]) => ({
        ...entity,
        code: `./actions/${fileOf(name)}`,
        ...(deployed !== undefined && { deployed }),
        supported_triggers: [trigger],
      })),
  )

const fileOf = (name: string) => `${ACTIONS.indexOf(name)}.js`

export const role = (name: string, apis: readonly Entity[]) =>
  some(
    {
      description: TEXT,
      permissions: fc.shuffledSubarray(
        apis.flatMap(({ identifier, scopes }) =>
          ((scopes ?? []) as Entity[]).map(({ value }) => ({
            permission_name: value,
            resource_server_identifier: identifier,
          })),
        ),
      ),
    },
    { name },
  )

export const grant = (client_id: string, { identifier, scopes }: Entity) =>
  some(
    {
      organization_usage: fc.constantFrom('deny', 'allow'),
      allow_any_organization: FLAG,
    },
    { client_id, audience: identifier },
  ).chain((entity) =>
    fc
      .shuffledSubarray(((scopes ?? []) as Entity[]).map(({ value }) => value))
      .map((scope) => ({ ...entity, scope })),
  )

export const connection = (name: string, clients: readonly string[]) =>
  some(
    {
      display_name: TEXT,
      is_domain_connection: FLAG,
      show_as_button: FLAG,
      enabled_clients: fc.shuffledSubarray([...clients]),
      metadata: METADATA,
      options: some({
        client_id: TEXT,
        scope: fc.shuffledSubarray(['email', 'profile']),
        upstream_params: some({ login_hint: some({ alias: fc.constant('login_hint') }) }),
        set_user_root_attributes: fc.constantFrom('on_each_login', 'on_first_login'),
      }),
    },
    { name, strategy: name === 'google' ? 'google-oauth2' : name === 'hub' ? 'github' : 'oauth2' },
  )

export const database = (name: string, clients: readonly string[]) =>
  some(
    {
      enabled_clients: fc.shuffledSubarray([...clients]),
      is_domain_connection: FLAG,
      options: some({
        passwordPolicy: fc.constantFrom('low', 'good'),
        brute_force_protection: FLAG,
        disable_signup: FLAG,
        password_history: fc.record({ enable: FLAG, size: fc.constantFrom(3, 5) }),
        customScripts: some({ login: fc.constant('./databases/login.js') }),
        validation: some({
          username: fc.record({ min: fc.constantFrom(1, 3), max: fc.constantFrom(15, 30) }),
        }),
      }),
    },
    { name, strategy: 'auth0' },
  )

export const organization = (name: string, connections: readonly string[]) =>
  some(
    {
      branding: some({
        colors: some({ primary: fc.constantFrom('#000000', '#FFFFFF') }),
        logo_url: fc.constant('https://a.example/l.png'),
      }),
      metadata: METADATA,
      connections: fc.shuffledSubarray([...connections]).chain((chosen) =>
        fc.tuple(
          ...chosen.map((connection) =>
            some(
              {
                assign_membership_on_login: FLAG,
                show_as_button: FLAG,
                is_signup_enabled: fc.constant(false),
              },
              { name: connection },
            ),
          ),
        ),
      ),
    },
    { name, display_name: `The ${name}` },
  )

/** Types that a local tenant keeps and does not act on: settings, lists and texts. */
export const OTHERS: Record<string, fc.Arbitrary<unknown>> = {
  tenant: some(
    {
      friendly_name: TEXT,
      session_lifetime: fc.constantFrom(1, 3.0166),
      support_email: fc.constant('a@acme.example'),
      flags: some({ enable_client_connections: FLAG, disable_clickjack_protection_headers: FLAG }),
    },
    { default_directory: '' },
  ),
  branding: some({
    colors: some({ primary: fc.constantFrom('#F8F8F2', '#000000'), page_background: fc.constant('#112233') }),
    logo_url: fc.constant('https://a.example/l.png'),
  }),
  prompts: some({
    identifier_first: FLAG,
    customText: some({ en: some({ login: fc.record({ login: some({ title: TEXT, description: TEXT }) }) }) }),
  }),
  attackProtection: some({
    bruteForceProtection: some(
      {
        max_attempts: fc.constantFrom(5, 10),
        allowlist: fc.subarray(['10.0.0.1', '10.0.0.2']),
        shields: fc.shuffledSubarray(['block', 'user_notification']),
      },
      { enabled: true, mode: 'count_per_identifier_and_ip' },
    ),
  }),
  emailTemplates: named(['verify_email', 'welcome_email'], (template) =>
    some(
      { subject: TEXT, enabled: FLAG, urlLifetimeInSeconds: SECONDS },
      { template, body: './mail.html', from: '', syntax: 'liquid' },
    ),
  ),
  guardianFactors: named(['otp', 'sms', 'email'], (name) =>
    fc.record({ name: fc.constant(name), enabled: FLAG }),
  ),
  guardianPolicies: fc.record({ policies: fc.subarray(['all-applications']) }),
  logStreams: named(['hook', 'Zweiter ✓'], (name) =>
    some(
      {
        filters: fc.shuffledSubarray([
          { type: 'category', name: 'auth.login.fail' },
          { type: 'category', name: 'auth.login.success' },
        ]),
        isPriority: FLAG,
      },
      {
        name,
        type: 'http',
        sink: {
          httpEndpoint: 'https://x.example',
          httpContentType: 'application/json',
          httpContentFormat: 'JSONLINES',
        },
      },
    ),
  ),
  networkACLs: named(['Allow some', 'Block others'], (description) =>
    some(
      {},
      {
        description,
        priority: description.length,
        active: false,
        rule: { action: { allow: true }, scope: 'authentication', match: { geo_country_codes: ['US'] } },
      },
    ),
  ),
}
