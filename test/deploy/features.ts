/** Small workspaces, each with a feature of tenant files as people have them. */
export interface Feature {
  files: Readonly<Record<string, string>>
  /** What both tenants have already. */
  before?: Readonly<Record<string, string>>
  keywords?: Readonly<Record<string, string>>
  /** What a rollback says that it leaves. */
  left?: readonly unknown[]
}

const ACTION = 'exports.onExecutePostLogin = async () => {}\n'
const SCRIPT = 'function script(email, callback) { callback(null) }\n'
const API = `
resourceServers:
  - name: Orders
    identifier: https://orders.example/
    scopes: [{ value: read, description: reads }, { value: write }]
`
const tenant = (yaml: string, files: Feature['files'] = {}): Feature['files'] => ({
  'tenant.yaml': yaml,
  ...files,
})

const MARKED = (text: string): Feature['files'] => ({
  'tenant.yaml': `
rules: [{ name: rule, script: ./rule.js, enabled: true, order: 1, stage: login_success }]
pages: [{ name: login, enabled: true, html: ./page.html }]
databases:
  - name: legacy
    strategy: auth0
    options: { enabledDatabaseCustomization: true, customScripts: { login: ./login.js } }
`,
  'rule.js': `function (user, context, callback) { const a = '@@API@@', e = "STAGING" + '##ENV##'; callback(null, '${text}') }`,
  'page.html': `<html data-api="@@API@@">${text} ##ENV## STAGING</html>`,
  'login.js': `function login(e, p, callback) { callback(null, { a: '@@API@@', b: 'STAGING ${text}' }) }`,
})

export const FEATURES: Readonly<Record<string, Feature>> = {
  'APIs with scopes and settings': {
    before: tenant(API),
    files: tenant(`
resourceServers:
  - name: Orders
    identifier: https://orders.example/
    signing_alg: RS256
    token_lifetime: 7200
    token_lifetime_for_web: 3600
    allow_offline_access: true
    skip_consent_for_verifiable_first_party_clients: true
    enforce_policies: true
    token_dialect: access_token_authz
    scopes: [{ value: write, description: writes }, { value: delete }]
  - { name: Bills, identifier: urn:bills, signing_alg: HS256, scopes: [] }
`),
  },
  'applications with every kind of setting': {
    files: tenant(`
clients:
  - name: My SPA / one
    app_type: spa
    callbacks: [http://localhost:3000, 'https://app.example/callback']
    allowed_logout_urls: ['https://app.example']
    allowed_origins: ['https://app.example']
    web_origins: ['https://app.example']
    cross_origin_auth: false
    is_first_party: true
    oidc_conformant: true
    sso_disabled: false
    custom_login_page_on: true
    grant_types: [authorization_code, implicit, refresh_token]
    jwt_configuration: { alg: RS256, lifetime_in_seconds: 36000, secret_encoded: false }
    refresh_token: { rotation_type: rotating, expiration_type: expiring, leeway: 0, token_lifetime: 2592000, idle_token_lifetime: 1296000, infinite_token_lifetime: false, infinite_idle_token_lifetime: false }
    native_social_login: { apple: { enabled: false }, facebook: { enabled: false } }
    token_endpoint_auth_method: none
    client_metadata: { tier: gold, team: a }
    description: ''
    logo_uri: ''
    sso: false
  - name: Machine
    app_type: non_interactive
    grant_types: [client_credentials]
    token_endpoint_auth_method: client_secret_post
  - name: Native
    app_type: native
    mobile: { android: { app_package_name: com.example, sha256_cert_fingerprints: ['AA:BB'] }, ios: { team_id: 'T', app_bundle_identifier: com.example } }
    oidc_logout: { backchannel_logout_urls: ['https://app.example/logout'], backchannel_logout_initiators: { mode: custom, selected_initiators: [rp-logout, idp-logout] } }
`),
  },
  'applications whose metadata loses a key, and whose lists change order': {
    before: tenant(`
clients:
  - { name: App, app_type: spa, callbacks: ['https://a.example', 'https://b.example'], client_metadata: { a: '1', b: '2' } }
`),
    files: tenant(`
clients:
  - { name: App, app_type: spa, callbacks: ['https://b.example', 'https://a.example'], client_metadata: { b: '3' } }
`),
  },
  'grants of applications': {
    before: tenant(
      `${API}\nclients: [{ name: Machine, app_type: non_interactive }, { name: Other, app_type: non_interactive }]\nclientGrants: [{ client_id: Machine, audience: https://orders.example/, scope: [read] }]`,
    ),
    files: tenant(`${API}
clients: [{ name: Machine, app_type: non_interactive }, { name: Other, app_type: non_interactive }]
clientGrants:
  - { client_id: Machine, audience: https://orders.example/, scope: [write, read] }
  - { client_id: Other, audience: https://orders.example/, scope: [] }
`),
  },
  'roles with permissions': {
    before: tenant(
      `${API}\nroles: [{ name: reader, description: r, permissions: [{ permission_name: read, resource_server_identifier: https://orders.example/ }] }]`,
    ),
    files: tenant(`${API}
roles:
  - name: reader
    description: reads and writes
    permissions:
      - { permission_name: write, resource_server_identifier: https://orders.example/ }
  - { name: nobody, description: may nothing, permissions: [] }
  - { name: bare, description: '' }
`),
  },
  'a database with custom scripts': {
    files: tenant(
      `
clients: [{ name: App, app_type: spa }]
databases:
  - name: people
    strategy: auth0
    enabled_clients: [App]
    is_domain_connection: false
    realms: [people]
    options:
      mfa: { active: true, return_enroll_settings: true }
      import_mode: false
      customScripts:
        login: ./databases/people/login.js
        create: ./databases/people/create.js
        delete: ./databases/people/delete.js
        get_user: ./databases/people/get_user.js
        verify: ./databases/people/verify.js
        change_password: ./databases/people/change_password.js
      disable_signup: true
      passwordPolicy: good
      strategy_version: 2
      requires_username: true
      password_history: { size: 5, enable: true }
      brute_force_protection: true
      password_dictionary: { enable: true, dictionary: [acme] }
      password_no_personal_info: { enable: true }
      password_complexity_options: { min_length: 12 }
      enabledDatabaseCustomization: true
      validation: { username: { min: 1, max: 15 } }
`,
      Object.fromEntries(
        ['login', 'create', 'delete', 'get_user', 'verify', 'change_password'].map((name) => [
          `databases/people/${name}.js`,
          `// ${name}\n${SCRIPT}`,
        ]),
      ),
    ),
  },
  'a database that exists, with a script and an application less': {
    before: tenant(
      `
clients: [{ name: App, app_type: spa }, { name: Shop, app_type: spa }]
databases: [{ name: people, strategy: auth0, enabled_clients: [App, Shop], options: { passwordPolicy: low, customScripts: { login: ./login.js, verify: ./verify.js }, enabledDatabaseCustomization: true } }]
`,
      { 'login.js': SCRIPT, 'verify.js': SCRIPT },
    ),
    files: tenant(
      `
clients: [{ name: App, app_type: spa }, { name: Shop, app_type: spa }]
databases: [{ name: people, strategy: auth0, enabled_clients: [Shop], options: { passwordPolicy: low, customScripts: { login: ./login.js }, enabledDatabaseCustomization: true } }]
`,
      { 'login.js': `// two\n${SCRIPT}` },
    ),
  },
  'connections with options and secrets': {
    files: tenant(
      `
clients: [{ name: App, app_type: spa }]
connections:
  - name: google-oauth2
    strategy: google-oauth2
    enabled_clients: [App]
    is_domain_connection: false
    options: { email: true, scope: [email, profile], profile: true, client_id: google-id, client_secret: '##GOOGLE_SECRET##', allowed_audiences: [] }
  - name: corp
    strategy: waad
    display_name: Corp
    show_as_button: true
    enabled_clients: []
    options: { tenant_domain: corp.example, domain: corp.example, client_id: x, client_secret: '##WAAD_SECRET##', waad_protocol: openid-connect, ext_groups: true, api_enable_users: true }
  - name: saml
    strategy: samlp
    options: { signInEndpoint: 'https://idp.example/in', signingCert: '##CERT##', signatureAlgorithm: rsa-sha256, digestAlgorithm: sha256, fieldsMap: { email: mail } }
  - name: email
    strategy: email
    enabled_clients: [App]
    options: { name: email, email: { body: ./email.html, from: '{{ application.name }}', syntax: liquid, subject: Welcome }, totp: { length: 6, time_step: 180 }, disable_signup: false, brute_force_protection: true }
`,
      { 'connections/email.html': '<b>{{ code }}</b>\n', 'email.html': '<b>{{ code }}</b>\n' },
    ),
    keywords: { GOOGLE_SECRET: 'gs-1-secret', WAAD_SECRET: 'ws-1-secret', CERT: 'MIICert' },
  },
  'an e-mail provider with templates': {
    files: tenant(
      `
emailProvider: { name: smtp, enabled: true, default_from_address: a@acme.example, credentials: { smtp_host: mail.example, smtp_port: 25, smtp_user: u, smtp_pass: '##SMTP_PASS##' } }
emailTemplates:
  - { template: verify_email, body: ./emails/verify.html, enabled: true, from: '', subject: Hi, syntax: liquid, resultUrl: 'https://x.example', urlLifetimeInSeconds: 3600 }
  - { template: welcome_email, body: ./emails/welcome.html, enabled: false, from: a@acme.example, subject: '', syntax: liquid }
`,
      { 'emails/verify.html': '<b>{{ url }}</b>\n', 'emails/welcome.html': '<b>Welcome</b>\n' },
    ),
    keywords: { SMTP_PASS: 'pass-of-smtp' },
    // A provider of e-mail keeps its secret to itself.
  },
  'branding and a page template': {
    files: tenant(
      `
branding:
  colors: { primary: '#F8F8F2', page_background: '#112' }
  favicon_url: https://acme.example/icon.png
  logo_url: https://acme.example/logo.png
  font: { url: https://acme.example/font.woff }
  templates: [{ template: universal_login, body: ./branding/login.html }]
`,
      { 'branding/login.html': '<html>{%- auth0:head -%}{%- auth0:widget -%}</html>\n' },
    ),
  },
  'a theme': {
    files: tenant(`
themes:
  - displayName: Acme
    borders: { button_border_radius: 3, button_border_weight: 1, buttons_style: rounded, input_border_radius: 3, input_border_weight: 1, inputs_style: rounded, show_widget_shadow: true, widget_border_weight: 0, widget_corner_radius: 5 }
    colors: { base_focus_color: '#635dff', base_hover_color: '#000000', body_text: '#1e212a', error: '#d03c38', header: '#1e212a', icons: '#65676e', input_background: '#ffffff', input_border: '#c9cace', input_filled_text: '#000000', input_labels_placeholders: '#65676e', links_focused_components: '#635dff', primary_button: '#635dff', primary_button_label: '#ffffff', secondary_button_border: '#c9cace', secondary_button_label: '#1e212a', success: '#13a688', widget_background: '#ffffff', widget_border: '#c9cace' }
    fonts: { body_text: { bold: false, size: 87.5 }, buttons_text: { bold: false, size: 100 }, font_url: '', input_labels: { bold: false, size: 100 }, links: { bold: true, size: 87.5 }, links_style: normal, reference_text_size: 16, subtitle: { bold: false, size: 87.5 }, title: { bold: false, size: 150 } }
    page_background: { background_color: '#000000', background_image_url: '', page_layout: center }
    widget: { header_text_alignment: center, logo_height: 52, logo_position: center, logo_url: '', social_buttons_layout: bottom }
`),
  },
  'pages of the classic login': {
    files: tenant(
      `
pages:
  - { name: login, enabled: true, html: ./pages/login.html }
  - { name: password_reset, enabled: false, html: ./pages/reset.html }
  - { name: guardian_multifactor, enabled: true, html: ./pages/mfa.html }
  - { name: error_page, html: ./pages/error.html, show_log_link: false, url: https://acme.example/error }
`,
      Object.fromEntries(
        ['login', 'reset', 'mfa', 'error'].map((name) => [`pages/${name}.html`, `<i>${name}</i>\n`]),
      ),
    ),
  },
  'prompts with texts and partials': {
    files: tenant(`
prompts:
  universal_login_experience: new
  identifier_first: true
  webauthn_platform_first_factor: false
  customText:
    en: { login: { login: { title: Welcome, description: 'Log in to \${clientName}' } }, signup: { signup: { title: Join } } }
    de: { login: { login: { title: Willkommen } } }
  partials:
    login: { login: { form-content-start: '<b>hello</b>' } }
`),
  },
  'organizations with connections': {
    before: tenant(`
databases: [{ name: people, strategy: auth0, options: {} }]
connections: [{ name: google-oauth2, strategy: google-oauth2, options: {} }]
organizations:
  - { name: acme, display_name: Acme, connections: [{ name: people, assign_membership_on_login: true }] }
  - { name: same, display_name: Same, connections: [{ name: people, assign_membership_on_login: true }], metadata: { tier: gold } }
`),
    files: tenant(`
databases: [{ name: people, strategy: auth0, options: {} }]
connections: [{ name: google-oauth2, strategy: google-oauth2, options: {} }]
organizations:
  - name: acme
    display_name: Acme Corporation
    branding: { colors: { page_background: '#fff', primary: '#57ddff' }, logo_url: https://acme.example/logo.png }
    connections:
      - { name: google-oauth2, assign_membership_on_login: false, show_as_button: false }
    metadata: { plan: team }
  - { name: same, display_name: Same, connections: [{ name: people, assign_membership_on_login: true }], metadata: { tier: gold } }
  - { name: fresh, display_name: Fresh, connections: [{ name: people, assign_membership_on_login: true }, { name: google-oauth2, assign_membership_on_login: true }] }
`),
  },
  'factors of Guardian': {
    files: tenant(`
guardianFactors: [{ name: sms, enabled: true }, { name: push-notification, enabled: true }, { name: otp, enabled: true }, { name: email, enabled: false }, { name: duo, enabled: false }, { name: webauthn-roaming, enabled: false }, { name: webauthn-platform, enabled: false }, { name: recovery-code, enabled: true }]
guardianFactorProviders: [{ name: sms, provider: twilio, auth_token: '##TOKEN##', sid: sid, messaging_service_sid: mss }]
guardianFactorTemplates: [{ name: sms, enrollment_message: '{{code}} enrols', verification_message: '{{code}} verifies' }]
guardianPhoneFactorMessageTypes: { message_types: [sms, voice] }
guardianPhoneFactorSelectedProvider: { provider: twilio }
guardianPolicies: { policies: [all-applications] }
`),
    keywords: { TOKEN: 'token-of-twilio' },
  },
  'attack protection': {
    files: tenant(`
attackProtection:
  breachedPasswordDetection: { enabled: true, shields: [block, admin_notification], admin_notification_frequency: [immediately], method: standard, stage: { pre-user-registration: { shields: [block] } } }
  bruteForceProtection: { enabled: true, shields: [block, user_notification], mode: count_per_identifier_and_ip, allowlist: [10.0.0.1], max_attempts: 7 }
  suspiciousIpThrottling: { enabled: true, shields: [admin_notification, block], allowlist: [127.0.0.1], stage: { pre-login: { max_attempts: 50, rate: 864000 }, pre-user-registration: { max_attempts: 50, rate: 1200 } } }
  botDetection: { bot_detection_level: high, challenge_password_policy: when_risky, challenge_passwordless_policy: never, challenge_password_reset_policy: always, allowlist: [192.168.1.0/24], monitoring_mode_enabled: true }
  captcha: { active_provider_id: auth_challenge, auth_challenge: { fail_open: true } }
`),
  },
  'log streams': {
    files: tenant(`
logStreams:
  - { name: hook, type: http, isPriority: false, filters: [], sink: { httpEndpoint: 'https://x.example', httpContentType: application/json, httpContentFormat: JSONLINES, httpAuthorization: '##AUTH##' } }
  - { name: dog, type: datadog, filters: [{ type: category, name: auth.login.fail }], sink: { datadogApiKey: '##AUTH##', datadogRegion: eu } }
`),
    keywords: { AUTH: 'authorization-of-it' },
  },
  'Actions with triggers, secrets and dependencies': {
    before: tenant(
      `
actions:
  - { name: one, code: ./actions/one.js, runtime: node18, deployed: true, supported_triggers: [{ id: post-login, version: v3 }], secrets: [{ name: OLD, value: x }], dependencies: [{ name: uuid, version: 9.0.0 }] }
  - { name: two, code: ./actions/two.js, runtime: node22, deployed: true, supported_triggers: [{ id: post-login, version: v3 }] }
triggers: { post-login: [{ action_name: one, display_name: one }, { action_name: two, display_name: two }] }
`,
      { 'actions/one.js': ACTION, 'actions/two.js': ACTION },
    ),
    files: tenant(
      `
actions:
  - { name: one, code: ./actions/one.js, runtime: node22, deployed: true, status: built, supported_triggers: [{ id: post-login, version: v3 }], secrets: [{ name: KEY, value: '##KEY##' }], dependencies: [{ name: axios, version: 1.6.0 }, { name: uuid, version: 9.0.1 }] }
  - { name: two, code: ./actions/two.js, runtime: node22, deployed: true, supported_triggers: [{ id: post-login, version: v3 }], dependencies: [], secrets: [] }
  - { name: draft, code: ./actions/draft.js, runtime: node22, deployed: false, supported_triggers: [{ id: post-login, version: v3 }] }
  - { name: machine, code: ./actions/machine.js, runtime: node22, deployed: true, supported_triggers: [{ id: credentials-exchange, version: v2 }] }
triggers:
  post-login: [{ action_name: two, display_name: Two }, { action_name: one, display_name: one }]
  credentials-exchange: [{ action_name: machine, display_name: machine }]
  pre-user-registration: []
`,
      {
        'actions/one.js': `// new\n${ACTION}`,
        'actions/two.js': ACTION,
        'actions/draft.js': ACTION,
        'actions/machine.js': 'exports.onExecuteCredentialsExchange = async () => {}\n',
      },
    ),
    keywords: { KEY: 'value-of-key' },
  },
  'rules and their configuration': {
    files: tenant(
      `
rules:
  - { name: first rule, script: ./rules/first.js, order: 1, enabled: true, stage: login_success }
  - { name: second rule, script: ./rules/second.js, order: 2, enabled: false }
rulesConfigs: [{ key: KEY, value: '##VALUE##' }]
`,
      { 'rules/first.js': SCRIPT, 'rules/second.js': SCRIPT },
    ),
    keywords: { VALUE: 'value-of-rule' },
  },
  'hooks with secrets': {
    files: tenant(
      `
hooks:
  - { name: hook, triggerId: credentials-exchange, enabled: true, script: ./hooks/hook.js, dependencies: { lodash: 4.17.21 }, secrets: { KEY: '##VALUE##' } }
`,
      {
        'hooks/hook.js':
          'module.exports = function (client, scope, audience, context, cb) { cb(null, {}) }\n',
      },
    ),
    keywords: { VALUE: 'value-of-hook' },
  },
  'tenant settings': {
    files: tenant(`
tenant:
  friendly_name: Acme
  picture_url: https://acme.example/logo.png
  support_email: help@acme.example
  support_url: https://acme.example/help
  allowed_logout_urls: [https://acme.example, 'http://localhost:3000']
  enabled_locales: [en, de]
  default_audience: ''
  default_directory: ''
  session_lifetime: 3.0166
  idle_session_lifetime: 1
  sandbox_version: '22'
  session_cookie: { mode: non-persistent }
  sessions: { oidc_logout_prompt_enabled: false }
  flags: { enable_client_connections: false, disable_clickjack_protection_headers: true, universal_login: true }
`),
  },
  'forms, flows and their connections': {
    files: tenant(
      `
flowVaultConnections: [{ name: Vault, app_id: HTTP, setup: { type: BEARER, token: '##TOKEN##' } }]
flows: [{ name: Update, body: ./flows/update.json }]
forms: [{ name: Ask, body: ./forms/ask.json }]
`,
      {
        'flows/update.json': JSON.stringify({
          name: 'Update',
          actions: [
            {
              id: 'update_user',
              type: 'HTTP',
              action: 'SEND_REQUEST',
              allow_failure: false,
              mask_output: false,
              params: { connection_id: 'Vault', url: 'https://x.example' },
            },
          ],
        }),
        'forms/ask.json': JSON.stringify({
          name: 'Ask',
          languages: { primary: 'en' },
          nodes: [
            { id: 'flow_1', type: 'FLOW', alias: 'x', config: { flow_id: 'Update', next_node: '$ending' } },
          ],
          start: { next_node: 'flow_1' },
          ending: { resume_flow: true },
        }),
      },
    ),
    keywords: { TOKEN: 'token-of-vault' },
  },
  'modules of Actions': {
    before: tenant(
      `actionModules: [{ name: shared, code: ./modules/shared.js, dependencies: [], secrets: [], all_changes_published: true }]`,
      {
        'modules/shared.js': 'exports.a = 0\n',
      },
    ),
    files: tenant(
      `
actionModules:
  - { name: shared, code: ./modules/shared.js, dependencies: [{ name: uuid, version: 9.0.0 }], secrets: [], all_changes_published: true }
actions:
  - { name: one, code: ./actions/one.js, runtime: node22, deployed: true, supported_triggers: [{ id: post-login, version: v3 }], modules: [{ module_name: shared, module_version_number: 1 }] }
`,
      { 'modules/shared.js': 'exports.a = 1\n', 'actions/one.js': ACTION },
    ),
  },
  'organizations with grants of applications and domains': {
    before: tenant(`${API}
clients: [{ name: Machine, app_type: non_interactive, organization_usage: allow }]
clientGrants: [{ client_id: Machine, audience: https://orders.example/, scope: [read], organization_usage: allow, allow_any_organization: false }]
organizations: [{ name: acme, display_name: Acme, metadata: { a: '1', b: '2' }, branding: { colors: { primary: '#111111' } } }]
`),
    files: tenant(`${API}
clients: [{ name: Machine, app_type: non_interactive, organization_usage: allow }]
clientGrants: [{ client_id: Machine, audience: https://orders.example/, scope: [read], organization_usage: allow, allow_any_organization: false }]
organizations:
  - { name: acme, display_name: Acme, metadata: { b: '3' }, client_grants: [{ client_id: Machine, audience: https://orders.example/ }], discovery_domains: [{ domain: acme.example, status: pending, use_for_organization_discovery: false }] }
`),
  },
  'an application with a key of its own': {
    files: tenant(`
clients:
  - name: Machine
    app_type: non_interactive
    client_authentication_methods: { private_key_jwt: { credentials: [{ name: first, credential_type: public_key, pem: '##PEM##', alg: RS256, parse_expiry_from_cert: true }] } }
`),
    keywords: { PEM: 'text-of-a-key' },
  },
  'tenant settings that go, and lifetimes in minutes': {
    before: tenant(`tenant: { friendly_name: Acme, session_cookie: { mode: persistent } }`),
    files: tenant(`
tenant:
  friendly_name: ''
  allow_organization_name_in_authentication_api: false
  mtls: { enable_endpoint_aliases: false }
  acr_values_supported: []
  session_lifetime: 24
  idle_session_lifetime_in_minutes: 90
  ephemeral_session_lifetime: 12
  security_headers: {}
  flags: { revoke_refresh_token_grant: true, no_disclose_enterprise_connections: false, remove_alg_from_jwks: false }
`),
  },
  'an Action that names the next version of a module, which has nothing new': {
    before: tenant(
      `actionModules: [{ name: shared, code: ./modules/shared.js, dependencies: [], secrets: [], all_changes_published: true }]`,
      { 'modules/shared.js': 'exports.a = 0\n' },
    ),
    files: tenant(
      `
actionModules: [{ name: shared, code: ./modules/shared.js, dependencies: [], secrets: [], all_changes_published: true }]
actions: [{ name: one, code: ./actions/one.js, runtime: node22, deployed: true, supported_triggers: [{ id: post-login, version: v3 }], modules: [{ module_name: shared, module_version_number: 2 }] }]
`,
      { 'modules/shared.js': 'exports.a = 0\n', 'actions/one.js': ACTION },
    ),
  },
  'token exchange profiles': {
    files: tenant(
      `
actions: [{ name: exchange, code: ./actions/exchange.js, runtime: node22, deployed: true, supported_triggers: [{ id: custom-token-exchange, version: v1 }] }]
tokenExchangeProfiles: [{ name: legacy, type: custom_authentication, subject_token_type: 'urn:acme:legacy', action: exchange }]
`,
      { 'actions/exchange.js': 'exports.onExecuteCustomTokenExchange = async () => {}\n' },
    ),
  },
  'network rules, profiles, risk, events, domains and phones': {
    files: tenant(`
networkACLs: [{ description: Allow some, active: false, priority: 1, rule: { action: { allow: true }, scope: authentication, match: { geo_country_codes: [US] } } }]
selfServiceProfiles: [{ name: ssp, description: x, allowed_strategies: [oidc], branding: { colors: { primary: '#19aecc' } }, user_attributes: [{ name: email, description: mail, is_optional: false }], customText: { en: { get-started: { introduction: Welcome } } } }]
userAttributeProfiles: [{ name: uap, user_attributes: { email: { label: Mail, description: m, profile_required: true, auth0_mapping: email } } }]
connectionProfiles: [{ name: Enterprise, organization: { show_as_button: required, assign_membership_on_login: required }, enabled_features: [scim], connection_name_prefix_template: 'org-{org_name}' }]
riskAssessment: { settings: { enabled: true }, new_device: { remember_for: 20 } }
eventStreams: [{ name: es, status: disabled, destination: { type: webhook, configuration: { webhook_endpoint: 'https://x.example', webhook_authorization: { method: bearer, token: '##TOKEN##' } } }, subscriptions: [{ event_type: user.created }] }]
customDomains: [{ domain: login.acme.example, type: auth0_managed_certs, tls_policy: recommended }]
phoneProviders: [{ name: twilio, disabled: false, configuration: { sid: AC1, default_from: '+1234567890', delivery_methods: [text] }, credentials: { auth_token: '##TOKEN##' } }]
phoneTemplates: [{ type: otp_verify, disabled: false, content: { from: '+12341234567', body: { text: 'code {{ code }}', voice: 'code {{ code }}' } } }]
`),
    keywords: { TOKEN: 'token-of-stream' },
  },
  'texts in which values of markers stand in quotes and in capitals': {
    keywords: { ENV: 'staging', API: 'https://api.example/v1' },
    before: MARKED('one'),
    files: MARKED('two'),
  },
  'anchors, aliases and entries that are merged into others': {
    files: tenant(`
clients:
  - &base
    name: A
    app_type: spa
    callbacks: &urls [https://a.example]
  - <<: *base
    name: B
    web_origins: *urls
  - <<: [{ description: first }, *base]
    name: C
    app_type: native
`),
  },
}
