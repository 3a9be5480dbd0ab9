const json = (value: unknown) => JSON.stringify(value, null, '\t')
const ACTION =
  'exports.onExecutePostLogin = async (event, api) => { api.user.setAppMetadata("a", "##ENV##") }\n'

/** A workspace in the deploy CLI's directory format, with what the CLI reads otherwise there than in tenant.yaml. */
export const DIRECTORY_FILES = {
  'actions/Add roles.json': json({
    name: 'Add roles ##ENV##',
    code: './actions/Add roles/code.js',
    runtime: 'node22',
    deployed: true,
    dependencies: [],
    secrets: [{ name: 'KEY', value: '##ENV##-key' }],
    supported_triggers: [{ id: 'post-login', version: 'v3' }],
  }),
  'actions/Add roles/code.js': ACTION,
  'action-modules/shared.json': json({ name: 'shared', code: './action-modules/shared/code.js' }),
  'action-modules/shared/code.js': "exports.env = '##ENV##'\n",
  'attack-protection/breached-password-detection.json': json({ enabled: true, shields: ['block'] }),
  'attack-protection/brute-force-protection.json': json({
    enabled: true,
    shields: ['block'],
    max_attempts: 20,
  }),
  'attack-protection/suspicious-ip-throttling.json': json({ enabled: false, shields: [] }),
  'branding/branding.json': json({ colors: { primary: '#0059d6', page_background: '#000000' } }),
  'branding/templates/universal_login.json': json({
    template: 'universal_login',
    body: './universal_login.html',
  }),
  'branding/templates/universal_login.html': '<html>{%- auth0:head -%}##ENV##{%- auth0:widget -%}</html>',
  'clients/App.json': `{ "name": "App", "app_type": "spa", "callbacks": ##CALLBACKS##, "sso": ##SSO##,
    "custom_login_page": "./App.html", "custom_login_page_on": true }`,
  'clients/App.html': '<html>##ENV##</html>',
  'clients/Machine.json': json({ name: 'Machine', app_type: 'non_interactive' }),
  'connections/google.json': json({
    name: 'google',
    strategy: 'google-oauth2',
    enabled_clients: ['App'],
    options: {},
  }),
  'connections/email.json': json({
    name: 'email',
    strategy: 'email',
    options: {
      name: 'email',
      email: { syntax: 'liquid', subject: 'Hi', body: './email.html', from: 'a@b.example' },
    },
  }),
  'connections/email.html': '<p>{{ code }}</p>',
  'database-connections/users/database.json': json({
    name: 'users',
    strategy: 'auth0',
    enabled_clients: ['App'],
    options: {
      passwordPolicy: 'good',
      enabledDatabaseCustomization: true,
      customScripts: { login: './login.js' },
    },
  }),
  'database-connections/users/login.js':
    'function login(email, password, callback) { callback(null, { id: "##ENV##" }) }\n',
  'emails/provider.json': json({
    name: 'smtp',
    enabled: true,
    credentials: { smtp_host: 'h', smtp_port: 25, smtp_user: 'u', smtp_pass: 'p' },
  }),
  'emails/welcome_email.json': json({
    template: 'welcome_email',
    from: 'a@b.example',
    subject: 's',
    syntax: 'liquid',
    enabled: true,
    body: './welcome_email.html',
  }),
  'emails/welcome_email.html': '<p>##ENV##</p>',
  'emails/blocked_account.json': json({ template: 'blocked_account', body: './gone.html' }),
  'flows/ask.json': json({ name: 'ask', actions: [] }),
  'forms/ask.json': json({ name: 'ask', languages: { primary: 'en' }, nodes: [], start: {}, ending: {} }),
  'grants/App.json': json({ client_id: 'Machine', audience: 'https://a.example/', scope: ['read'] }),
  'grants/empty.json': '{}',
  'guardian/factors/otp.json': json({ name: 'otp', enabled: true }),
  'guardian/policies.json': json({ policies: ['all-applications'] }),
  'log-streams/http.json': json({
    name: 'http',
    type: 'http',
    sink: {
      httpEndpoint: 'https://a.example/',
      httpContentFormat: 'JSONLINES',
      httpContentType: 'application/json',
      httpAuthorization: 'x',
    },
  }),
  'organizations/acme.json': json({
    name: 'acme',
    display_name: 'Acme',
    connections: [{ name: 'google', assign_membership_on_login: true }],
  }),
  'pages/error_page.json': json({ name: 'error_page', show_log_link: false, url: 'https://a.example/error' }),
  'pages/login.json': json({ name: 'login', enabled: true }),
  'pages/login.html': '<html>##ENV##</html>',
  'prompts/prompts.json': json({ identifier_first: true, universal_login_experience: 'new' }),
  'prompts/custom-text.json': json({ en: { login: { login: { title: 'Hi ##ENV##' } } } }),
  'prompts/partials.json': json({
    login: [{ login: [{ name: 'form-content-start', template: 'partials/login.liquid' }] }],
  }),
  'prompts/partials/login.liquid': '<b>##ENV##</b>\n',
  'resource-servers/a.json': json({
    name: 'A',
    identifier: 'https://a.example/',
    scopes: [{ value: 'read' }],
  }),
  'roles/reader.json': json({
    name: 'reader',
    description: 'r',
    permissions: [{ permission_name: 'read', resource_server_identifier: 'https://a.example/' }],
  }),
  'rules/one.json': json({
    name: 'one',
    order: 1,
    enabled: true,
    stage: 'login_success',
    script: './one.js',
  }),
  'rules/one.js': 'function (user, context, callback) { callback(null, user, context) }\n',
  'rules-configs/KEY.json': json({ key: 'KEY', value: 'v' }),
  'tenant.json': json({
    friendly_name: 'A ##ENV##',
    session_lifetime: 24,
    idle_session_lifetime: 12,
    flags: {},
  }),
  'triggers/triggers.json': json({
    'post-login': [{ action_name: 'Add roles ##ENV##', display_name: 'Add roles' }],
  }),
}
export const DIRECTORY_KEYWORDS = { ENV: 'staging', SSO: 'true', CALLBACKS: '["https://a.example/cb"]' }
