import { readdir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { folderWith } from '../helpers/folder.ts'
import { stockCli } from './same-as-stock.ts'
import { testTenant } from './setup.ts'

const ACTION = 'exports.onExecutePostLogin = async () => {}\n'

/** Something of each type that the deploy CLI knows, with the parts that have calls of their own. */
const FILES = {
  'tenant.yaml': `
tenant: { friendly_name: Acme, session_lifetime: 3.0166, flags: { enable_client_connections: false } }
branding: { colors: { primary: '#F8F8F2' }, templates: [{ template: universal_login, body: ./files/page.html }] }
prompts:
  identifier_first: true
  customText: { en: { login: { login: { title: Welcome } } } }
  partials: { login: { login: { form-content-start: ./files/start.liquid } } }
attackProtection:
  botDetection: { bot_detection_level: low }
  captcha: { active_provider_id: auth_challenge, auth_challenge: { fail_open: true } }
  breachedPasswordDetection: { enabled: true, shields: [block], admin_notification_frequency: [], method: standard }
  bruteForceProtection: { enabled: true, shields: [block], mode: count_per_identifier_and_ip, allowlist: [], max_attempts: 7 }
  suspiciousIpThrottling: { enabled: false, shields: [], allowlist: [] }
emailProvider: { name: smtp, enabled: true, default_from_address: a@acme.example, credentials: { smtp_host: mail, smtp_port: 25, smtp_user: u, smtp_pass: secret-1 } }
emailTemplates: [{ template: verify_email, body: ./files/page.html, enabled: true, from: '', subject: Hi, syntax: liquid, urlLifetimeInSeconds: 3600 }]
guardianFactors: [{ name: otp, enabled: true }, { name: sms, enabled: false }]
guardianFactorProviders: [{ name: sms, provider: twilio, auth_token: secret-2, sid: AC1, messaging_service_sid: MG1 }]
guardianFactorTemplates: [{ name: sms, enrollment_message: enroll, verification_message: verify }]
guardianPolicies: { policies: [all-applications] }
guardianPhoneFactorMessageTypes: { message_types: [sms] }
guardianPhoneFactorSelectedProvider: { provider: twilio }
phoneProviders: [{ name: twilio, disabled: false, configuration: { sid: AC1, default_from: '+1', delivery_methods: [text] }, credentials: { auth_token: secret-3 } }]
phoneTemplates: [{ type: otp_verify, disabled: false, content: { syntax: liquid, body: { text: 'Code {{ code }}', voice: 'Code {{ code }}' } } }]
logStreams: [{ name: hook, type: http, isPriority: false, filters: [], sink: { httpEndpoint: 'https://x.example', httpContentType: application/json, httpContentFormat: JSONLINES } }]
rules: [{ name: first rule, script: ./files/rule.js, order: 1, enabled: true, stage: login_success }]
rulesConfigs: [{ key: KEY, value: secret-4 }]
hooks: [{ name: exchange, triggerId: credentials-exchange, enabled: true, script: ./files/hook.js, dependencies: { bcrypt: 3.0.6 }, secrets: { KEY: secret-5 } }]
pages: [{ name: login, html: ./files/page.html, enabled: true }, { name: error_page, html: ./files/page.html, url: 'https://x.example' }]
customDomains: [{ domain: login.acme.example, type: auth0_managed_certs }]
networkACLs: [{ description: Allow some, active: false, priority: 1, rule: { action: { allow: true }, scope: authentication, match: { geo_country_codes: [US] } } }]
rateLimitPolicies: [{ resource: oauth_authentication_api, consumer: client, consumer_selector: default, configuration: { action: allow } }]
supplementalSignals: { akamai_enabled: true }
riskAssessment: { settings: { enabled: true }, new_device: { remember_for: 20 } }
selfServiceProfiles: [{ name: ssp, description: x, allowed_strategies: [oidc], user_attributes: [{ name: email, description: mail, is_optional: false }] }]
userAttributeProfiles: [{ name: uap, user_attributes: { email: { label: Mail, description: m, profile_required: true, auth0_mapping: email } } }]
connectionProfiles: [{ name: basic, organization: { show_as_button: optional, assign_membership_on_login: optional }, enabled_features: [scim] }]
eventStreams: [{ name: es, status: disabled, destination: { type: webhook, configuration: { webhook_endpoint: 'https://x.example', webhook_authorization: { method: bearer, token: secret-6 } } }, subscriptions: [{ event_type: user.created }] }]
flowVaultConnections: [{ name: vault, app_id: AUTH0, environment: dev, setup: { client_id: a, client_secret: secret-7, domain: d, type: OAUTH_APP } }]
flows: [{ name: Flow, body: ./files/flow.json }]
forms: [{ name: Blank, body: ./files/form.json }]
resourceServers: [{ name: Orders, identifier: 'https://orders.example/', scopes: [{ value: read, description: Read }], skip_consent_for_verifiable_first_party_clients: true }]
clients:
  - { name: App, app_type: non_interactive, grant_types: [client_credentials], client_metadata: { a: '1' } }
  - { name: Shop, app_type: spa, callbacks: ['https://shop.example/'] }
clientGrants: [{ client_id: App, audience: 'https://orders.example/', scope: [read] }]
roles: [{ name: reader, description: Reads, permissions: [{ permission_name: read, resource_server_identifier: 'https://orders.example/' }] }]
databases: [{ name: people, strategy: auth0, enabled_clients: [Shop], options: { passwordPolicy: good } }]
connections:
  - { name: google, strategy: google-oauth2, enabled_clients: [App], options: { client_id: a, client_secret: secret-8, scope: [email] } }
  - name: okta
    strategy: okta
    enabled_clients: [Shop]
    options: { client_id: b, client_secret: secret-9, domain: acme.okta.example }
    scim_configuration: { user_id_attribute: externalId, mapping: [{ auth0: preferred_username, scim: userName }] }
  - name: workspace
    strategy: google-apps
    enabled_clients: []
    options: { client_id: c, client_secret: secret-10, domain: acme.example, tenant_domain: acme.example }
    directory_provisioning_configuration: { mapping: [{ auth0: email, idp: mail }], synchronize_automatically: true }
organizations:
  - name: acme
    display_name: Acme
    connections: [{ name: people, assign_membership_on_login: true }]
    discovery_domains: [{ domain: acme.example, status: pending, use_for_organization_discovery: true }]
actionModules: [{ name: shared, code: ./files/module.js, all_changes_published: true }]
actions:
  - { name: My first Action, code: ./files/action.js, runtime: node22, deployed: true, dependencies: [], secrets: [], supported_triggers: [{ id: post-login, version: v3 }], modules: [{ module_name: shared, module_version_number: 1 }] }
  - { name: exchange, code: ./files/exchange.js, runtime: node22, deployed: true, dependencies: [], secrets: [], supported_triggers: [{ id: credentials-exchange, version: v2 }] }
triggers:
  post-login: [{ action_name: My first Action, display_name: First }]
  credentials-exchange: [{ action_name: exchange, display_name: exchange }]
`,
  'files/page.html': '<html>{%- auth0:head -%}{%- auth0:widget -%}</html>\n',
  'files/start.liquid': '<i>start</i>\n',
  'files/rule.js': 'function (user, context, callback) { callback(null, user, context) }\n',
  'files/hook.js': 'module.exports = (client, scope, audience, context, cb) => cb(null, {})\n',
  'files/form.json': JSON.stringify({
    name: 'Blank',
    languages: { primary: 'en' },
    nodes: [],
    start: {},
    ending: {},
  }),
  'files/flow.json': JSON.stringify({ name: 'Flow', actions: [] }),
  'files/module.js': 'exports.plan = 1\n',
  'files/action.js': ACTION,
  'files/exchange.js': 'exports.onExecuteCredentialsExchange = async () => {}\n',
}

const cli = stockCli()
afterAll(() => cli.stop())

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)))
    .sort()
}

// Slow: the deploy CLI compiles its schema once.
it('lets the deploy CLI export something of every type and import that into another tenant, in both formats', {
  timeout: 400_000,
}, async () => {
  const tenant = await testTenant()
  await cli.import(tenant.access, join(await folderWith(FILES), 'tenant.yaml'))
  for (const format of ['yaml', 'directory'] as const) {
    const [first, second] = [await folderWith({}), await folderWith({})]
    await cli.export(tenant.access, first, format)
    const other = await testTenant()
    await cli.import(other.access, format === 'yaml' ? join(first, 'tenant.yaml') : first)
    await cli.export(other.access, second, format)
    const files = await filesOf(first)
    expect(files.length, format).toBeGreaterThan(format === 'yaml' ? 10 : 40)
    expect(await filesOf(second), format).toEqual(files)
  }
})
