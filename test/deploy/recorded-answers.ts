import type { RecordedAnswer } from './recorded-tenant.ts'

/**
 * A small tenant in the shapes that a real one was recorded in: which members an answer has and lacks, what a list is
 * called and how it is cut into pages. Values are our own.
 */
const counted = (path: string, key: string, items: readonly object[], per_page = 100): RecordedAnswer => ({
  path: `${path}?page=0&per_page=${per_page}&include_totals=true`,
  response: { total: items.length, start: 0, limit: per_page, [key]: items },
})
const taken = (path: string, key: string, items: readonly object[]): RecordedAnswer => ({
  path: `${path}?take=50`,
  response: { [key]: items },
})
const one = (path: string, response: unknown): RecordedAnswer => ({ path, response })
const refused = (path: string, scope: string): RecordedAnswer => ({
  path,
  status: 403,
  response: {
    statusCode: 403,
    error: 'Forbidden',
    message: `Insufficient scope, expected any of: ${scope}`,
    errorCode: 'insufficient_scope',
  },
})
const absent = (path: string, errorCode: string): RecordedAnswer => ({
  path,
  status: 404,
  response: { statusCode: 404, error: 'Not Found', message: 'It does not exist.', errorCode },
})

const REFRESH = {
  expiration_type: 'non-expiring',
  leeway: 0,
  infinite_token_lifetime: true,
  infinite_idle_token_lifetime: true,
  token_lifetime: 2592000,
  idle_token_lifetime: 1296000,
  rotation_type: 'non-rotating',
}
/** `cross_origin_auth` is one of two names, and left out by many answers; so are empty lists. */
const client = (client_id: string, name: string, more: object = {}) => ({
  tenant: 'acme',
  global: false,
  is_token_endpoint_ip_header_trusted: false,
  name,
  is_first_party: true,
  oidc_conformant: true,
  sso_disabled: false,
  cross_origin_auth: false,
  cross_origin_authentication: false,
  refresh_token: REFRESH,
  signing_keys: [{ cert: '[REDACTED]', pkcs7: '[REDACTED]', subject: 'deprecated' }],
  client_id,
  callback_url_template: false,
  client_secret: '[REDACTED]',
  jwt_configuration: { alg: 'RS256', lifetime_in_seconds: 36000, secret_encoded: false },
  grant_types: ['authorization_code', 'implicit', 'refresh_token'],
  custom_login_page_on: true,
  ...more,
})
const { cross_origin_auth: _old, cross_origin_authentication: _new, ...bare } = client('c-bare', 'Bare')

const ACTION = {
  id: 'a-1',
  name: 'Add the plan',
  supported_triggers: [{ id: 'post-login', version: 'v3' }],
  created_at: '2026-08-10T13:55:04.937881440Z',
  updated_at: '2026-08-10T13:55:04.948366503Z',
  code: 'exports.onExecutePostLogin = async () => {}\n',
  dependencies: [],
  runtime: 'node22',
  status: 'built',
  secrets: [],
}
const VERSION = {
  id: 'v-1',
  code: ACTION.code,
  runtime: 'node22',
  status: 'BUILT',
  number: 1,
  created_at: '2026-08-10T13:55:05.534632268Z',
  updated_at: '2026-08-10T13:55:05.632719953Z',
}
/** As recorded: a deployed version says what is empty otherwise than the draft. */
const DEPLOYED = {
  ...VERSION,
  deployed: true,
  dependencies: [],
  secrets: [],
  supported_triggers: ACTION.supported_triggers,
}

const PASSWORD_OPTIONS = {
  complexity: { character_type_rule: 'all', min_length: 15, character_types: [] },
  profile_data: { active: false, blocked_fields: ['name', 'email'] },
  history: { active: false, size: 3 },
  dictionary: { active: false, custom: [], default: 'en_100k' },
}
const DATABASE = {
  id: 'con_people',
  options: {
    mfa: { active: true, return_enroll_settings: true },
    import_mode: false,
    passwordPolicy: 'good',
    password_options: PASSWORD_OPTIONS,
    passkey_options: {
      challenge_ui: 'both',
      local_enrollment_enabled: true,
      progressive_enrollment_enabled: true,
    },
    authentication_methods: {
      passkey: { enabled: false },
      password: { enabled: true, api_behavior: 'required', signup_behavior: 'allow' },
    },
    strategy_version: 2,
    brute_force_protection: true,
    disable_self_service_change_password: false,
    enabledDatabaseCustomization: true,
    customScripts: { login: '// login\n', get_user: '// get\n', change_password: '// change\n' },
  },
  strategy: 'auth0',
  name: 'people',
  is_domain_connection: false,
  authentication: { active: true },
  connected_accounts: { active: false },
  realms: ['people'],
  enabled_clients: ['c-shop'],
}
const GOOGLE = {
  id: 'con_google',
  options: { email: true, scope: ['email', 'profile'], profile: true },
  strategy: 'google-oauth2',
  name: 'google-oauth2',
  is_domain_connection: false,
  authentication: { active: true },
  connected_accounts: { active: false },
  realms: ['google-oauth2'],
  enabled_clients: ['c-shop'],
}
const connections = (strategy: string, ...items: object[]): RecordedAnswer => ({
  path: `/connections?include_totals=true&take=50${strategy}`,
  response: { connections: items },
})

const FORM = {
  id: 'ap_1',
  name: 'Ask',
  languages: { primary: 'en' },
  nodes: [],
  start: { next_node: '$ending', coordinates: { x: 0, y: 0 } },
  ending: { resume_flow: true, coordinates: { x: 1250, y: 0 } },
  created_at: '2024-11-26T11:58:18.187Z',
  updated_at: '2026-07-30T13:01:57.535Z',
}

const FACTORS = ['sms', 'push-notification', 'otp', 'email', 'duo', 'webauthn-roaming', 'recovery-code']
const WRITTEN = { template: 'welcome_email', body: '<b>Welcome</b>\n', from: '', subject: 'Welcome' }

const CLIENTS = [
  client('c-shop', 'Shop', { callbacks: ['https://shop.example/'], client_metadata: { tier: 'a' } }),
  client('c-key', 'By key', {
    client_authentication_methods: { private_key_jwt: { credentials: [{ id: 'cred_1' }] } },
  }),
  bare,
]

export const ANSWERS: readonly RecordedAnswer[] = [
  {
    path: '/clients?is_global=true',
    response: {
      total: 1,
      start: 0,
      limit: 100,
      clients: [
        {
          tenant: 'acme',
          global: true,
          name: 'All Applications',
          client_id: 'c-global',
          custom_login_page: '<b>log in</b>\n',
          custom_login_page_on: true,
          cross_origin_authentication: true,
        },
      ],
    },
  },
  ...['', '&is_global=false'].map((which) => ({
    path: `/clients?page=0${which}`,
    response: { total: CLIENTS.length, start: 0, limit: 100, clients: CLIENTS },
  })),
  one('/clients/c-key/credentials', [
    {
      id: 'cred_1',
      credential_type: 'public_key',
      kid: 'kid-1',
      alg: 'RS256',
      name: 'key one',
      created_at: '2026-08-10T13:55:22.110Z',
      updated_at: '2026-08-10T13:55:22.110Z',
    },
  ]),
  one('/clients/c-shop/credentials', []),
  one('/clients/c-bare/credentials', []),
  counted('/resource-servers', 'resource_servers', [
    {
      id: 'r-system',
      name: 'Auth0 Management API',
      identifier: 'https://acme.eu.auth0.com/api/v2/',
      signing_alg: 'RS256',
      is_system: true,
      scopes: [{ value: 'read:users' }],
    },
    {
      id: 'r-1',
      name: 'Orders',
      identifier: 'https://orders.example/',
      allow_offline_access: false,
      skip_consent_for_verifiable_first_party_clients: false,
      subject_type_authorization: {
        client: { policy: 'require_client_grant' },
        user: { policy: 'allow_all' },
      },
      token_lifetime: 86400,
      token_lifetime_for_web: 7200,
      signing_alg: 'RS256',
      scopes: [{ value: 'read', description: 'reads' }, { value: 'write' }],
    },
  ]),
  taken('/client-grants', 'client_grants', [
    { id: 'cgr_1', client_id: 'c-key', audience: 'https://orders.example/', scope: ['read'] },
  ]),
  {
    path: '/roles?type=tenant',
    response: {
      roles: [
        { id: 'rol_1', name: 'reader', description: 'reads' },
        { id: 'rol_2', name: 'nobody', description: null },
      ],
      start: 0,
      limit: 100,
      total: 2,
    },
  },
  counted('/roles/rol_1/permissions', 'permissions', [
    {
      permission_name: 'read',
      description: 'reads',
      resource_server_name: 'Orders',
      resource_server_identifier: 'https://orders.example/',
    },
  ]),
  counted('/roles/rol_2/permissions', 'permissions', []),
  connections('&strategy=auth0', DATABASE),
  connections('', DATABASE, GOOGLE),
  one('/connections/con_people/clients?take=100', { clients: [{ client_id: 'c-shop' }] }),
  one('/connections/con_google/clients?take=100', { clients: [{ client_id: 'c-shop' }] }),
  absent('/connections/con_people/scim-configuration', 'inexistent_resource'),
  refused('/connections-directory-provisionings', 'read:directory_provisionings'),
  taken('/organizations', 'organizations', [
    {
      id: 'org_1',
      name: 'acme',
      display_name: 'Acme',
      branding: { colors: { page_background: '#fff', primary: '#57ddff' } },
      third_party_client_access: 'block',
      is_app_entitlement_active: false,
    },
  ]),
  counted(
    '/organizations/org_1/connections',
    'connections',
    [
      {
        connection_id: 'con_people',
        assign_membership_on_login: true,
        is_signup_enabled: false,
        show_as_button: true,
        connection: { name: 'people', strategy: 'auth0' },
      },
    ],
    50,
  ),
  counted('/organizations/org_1/client-grants', 'client_grants', [], 50),
  taken('/organizations/org_1/discovery-domains', 'domains', []),
  refused('/organizations/org_1/clients', 'read:organization_clients'),
  {
    path: '/actions/actions',
    response: {
      actions: [
        { ...ACTION, current_version: VERSION, deployed_version: DEPLOYED, all_changes_deployed: true },
      ],
      per_page: 100,
      total: 1,
    },
  },
  one('/actions/modules', { modules: [], total: 0, page: 0, per_page: 100 }),
  one('/actions/triggers', {
    triggers: ['post-login', 'credentials-exchange'].map((id) => ({
      id,
      version: id === 'post-login' ? 'v3' : 'v2',
      status: 'CURRENT',
      runtimes: ['node22'],
      default_runtime: 'node22',
    })),
  }),
  one('/actions/triggers/post-login/bindings', {
    bindings: [
      {
        id: 'b-1',
        trigger_id: 'post-login',
        display_name: 'Adds the plan',
        action: { id: 'a-1', name: 'Add the plan' },
        created_at: '2026-08-10T13:55:05.534632268Z',
      },
    ],
    per_page: 50,
  }),
  one('/actions/triggers/credentials-exchange/bindings', { bindings: [], per_page: 50 }),
  one('/tenants/settings', {
    allowed_logout_urls: ['https://shop.example/'],
    change_password: { enabled: true, html: '<b>change</b>\n' },
    enabled_locales: ['en'],
    error_page: { html: '<b>error</b>\n', show_log_link: false, url: 'https://shop.example/error' },
    flags: { universal_login: true, enable_client_connections: false, disable_impersonation: true },
    friendly_name: 'Acme',
    guardian_mfa_page: { enabled: true, html: '<b>factor</b>\n' },
    idle_session_lifetime: 1,
    sandbox_version: '22',
    session_lifetime: 3.0166666666666666,
    session_cookie: { mode: 'non-persistent' },
    universal_login: { colors: { primary: '#F8F8F2' }, identifier_first: true },
    sandbox_versions_available: ['22', '18'],
  }),
  one('/emails/provider', {
    name: 'mandrill',
    credentials: {},
    default_from_address: 'a@acme.example',
    enabled: false,
  }),
  one('/email-templates/welcome_email', {
    ...WRITTEN,
    syntax: 'liquid',
    urlLifetimeInSeconds: 3600,
    enabled: false,
  }),
  one(
    '/guardian/factors',
    FACTORS.map((name) => ({ name, enabled: name === 'otp', trial_expired: false })),
  ),
  one('/guardian/policies', ['all-applications']),
  one('/guardian/factors/phone/selected-provider', { provider: 'auth0' }),
  one('/guardian/factors/phone/message-types', { message_types: [] }),
  one('/guardian/factors/sms/templates', {
    enrollment_message: 'enrol {{code}}',
    verification_message: 'verify {{code}}',
  }),
  one('/guardian/factors/sms/providers/twilio', {}),
  one('/guardian/factors/push-notification/providers/sns', {}),
  one('/branding', { colors: { primary: '#F8F8F2' }, logo_url: 'https://acme.example/logo.png' }),
  absent('/branding/themes/default', 'theme_not_found'),
  one('/branding/phone/providers', {
    providers: [
      {
        id: 'pro_1',
        tenant: 'acme',
        name: 'twilio',
        channel: 'phone',
        disabled: false,
        configuration: { sid: 'sid-1', default_from: '+1234567890', delivery_methods: ['text'] },
        credentials: null,
      },
    ],
  }),
  one('/branding/phone/templates', {
    templates: [
      {
        id: 'tem_1',
        tenant: 'acme',
        channel: 'phone',
        type: 'otp_verify',
        disabled: false,
        content: { syntax: 'liquid', body: { text: '{{ code }}', voice: '{{ code }}' } },
      },
    ],
  }),
  one('/prompts', { universal_login_experience: 'new', identifier_first: true }),
  counted('/prompts/rendering', 'configs', []),
  one('/prompts/login/custom-text/en', { login: { title: 'Welcome' } }),
  one('/attack-protection/brute-force-protection', {
    enabled: true,
    shields: ['block', 'user_notification'],
    mode: 'count_per_identifier_and_ip',
    allowlist: [],
    max_attempts: 10,
  }),
  one('/attack-protection/breached-password-detection', {
    enabled: false,
    shields: [],
    admin_notification_frequency: [],
    method: 'standard',
    stage: { 'pre-user-registration': { shields: [] }, 'pre-change-password': { shields: [] } },
  }),
  one('/attack-protection/suspicious-ip-throttling', {
    enabled: true,
    shields: ['admin_notification', 'block'],
    allowlist: [],
    stage: {
      'pre-login': { max_attempts: 100, rate: 864000 },
      'pre-user-registration': { max_attempts: 50, rate: 1200 },
      'pre-custom-token-exchange': { max_attempts: 10, rate: 600000 },
    },
  }),
  one('/attack-protection/bot-detection', {
    challenge_password_policy: 'never',
    challenge_passwordless_policy: 'never',
    challenge_password_reset_policy: 'never',
    allowlist: [],
    bot_detection_level: 'medium',
    monitoring_mode_enabled: false,
  }),
  one('/attack-protection/captcha', {
    active_provider_id: 'auth_challenge',
    simple_captcha: {},
    auth_challenge: { fail_open: false },
    recaptcha_v2: { site_key: '' },
    hcaptcha: { site_key: '' },
    arkose: {
      site_key: '',
      client_subdomain: 'client-api',
      verify_subdomain: 'verify-api',
      fail_open: false,
    },
  }),
  one('/risk-assessments/settings', { enabled: false }),
  one('/risk-assessments/settings/new-device', { remember_for: 30 }),
  one('/log-streams', [
    {
      id: 'lst_1',
      name: 'Bridge',
      type: 'eventbridge',
      status: 'active',
      sink: { awsAccountId: '123456789012', awsRegion: 'us-east-2', awsPartnerEventSource: 'aws.partner/x' },
      filters: [{ type: 'category', name: 'auth.login.fail' }],
      isPriority: false,
    },
  ]),
  counted('/flows', 'flows', []),
  counted('/flows/vault/connections', 'connections', [], 50),
  {
    path: '/forms',
    response: {
      limit: 100,
      start: 0,
      total: 1,
      forms: [{ id: FORM.id, name: FORM.name, flow_count: 0 }],
    },
  },
  one('/forms/ap_1', FORM),
  counted('/self-service-profiles', 'self_service_profiles', [
    {
      id: 'ssp_1',
      name: 'profile',
      description: 'a profile',
      user_attributes: [{ name: 'email', description: 'mail', is_optional: false }],
      allowed_strategies: ['okta'],
      created_at: '2024-11-26T11:58:18.962Z',
      branding: { colors: { primary: '#19aecc' } },
    },
  ]),
  one('/self-service-profiles/ssp_1/custom-text/en/get-started', {}),
  counted('/network-acls', 'network_acls', [
    {
      description: 'Allow some',
      active: false,
      priority: 1,
      rule: { match: { geo_country_codes: ['US'] }, scope: 'authentication', action: { allow: true } },
      created_at: '2026-01-29T08:17:51.522Z',
      id: 'acl_1',
    },
  ]),
  taken('/user-attribute-profiles', 'user_attribute_profiles', [
    {
      id: 'uap_1',
      name: 'attributes',
      user_id: { oidc_mapping: 'sub', saml_mapping: ['http://x.example/upn'], scim_mapping: 'externalId' },
      user_attributes: {
        email: { label: 'Email', description: 'mail', profile_required: true, auth0_mapping: 'email' },
      },
    },
  ]),
  taken('/connection-profiles', 'connection_profiles', []),
  taken('/token-exchange-profiles', 'token_exchange_profiles', []),
  refused('/supplemental-signals', 'read:supplemental_signals'),
  refused('/rate-limit-policies', 'read:rate_limit_policies'),
  taken('/event-streams', 'eventStreams', [
    {
      id: 'est_1',
      status: 'disabled',
      name: 'stream',
      subscriptions: [{ event_type: 'user.created' }],
      destination: {
        type: 'webhook',
        configuration: {
          webhook_endpoint: 'https://x.example/hook',
          webhook_authorization: { method: 'bearer' },
        },
      },
    },
  ]),
  one('/custom-domains', []),
  one('/rules-configs', [{ key: 'KEY' }]),
  counted('/rules', 'rules', []),
  counted('/hooks', 'hooks', []),
]

/** Answers of which there are many alike: texts that nobody changed, and templates that nobody wrote. */
export function answerAlike(path: string): RecordedAnswer | undefined {
  if (/^\/prompts\/[\w-]+\/(custom-text\/\w+|partials)$/.test(path)) return one(path, {})
  return path.startsWith('/email-templates/') ? absent(path, 'inexistent_email_template') : undefined
}
