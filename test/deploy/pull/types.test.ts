import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import {
  deployChanges,
  markersOf,
  newJournal,
  type Plan,
  type Pulled,
  planDeploy,
  pullTenant,
} from '../../../lib/deploy/index.ts'
import { writeAllWhole } from '../../../lib/files/index.ts'
import { startTenant } from '../../../lib/tenant/index.ts'
import { readWorkspace, type TenantFile } from '../../../lib/workspace/index.ts'
import { keptFolderWith } from '../../helpers/folder.ts'
import { targetOf } from '../setup.ts'

const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUeTQ\n-----END CERTIFICATE-----\n'

/** Something of every type that the local tenant keeps, with secrets, and with names that would give one file. */
const TENANT = `
resourceServers: [{ name: Orders, identifier: https://orders.example/, scopes: [{ value: read }] }]
clients:
  - { name: App, app_type: regular_web, callbacks: [https://app.example/cb], custom_login_page: ./app.html, custom_login_page_on: true }
  - { name: Job, app_type: non_interactive }
clientGrants: [{ client_id: Job, audience: https://orders.example/, scope: [read], subject_type: client }]
roles: [{ name: reader, description: reads, permissions: [{ permission_name: read, resource_server_identifier: https://orders.example/ }] }]
organizations: [{ name: acme, display_name: Acme, connections: [{ name: people, assign_membership_on_login: true }] }]
actionModules: [{ name: shared, code: ./modules/shared.js }]
actions:
  - { name: greet, code: ./actions/greet.js, runtime: node22, deployed: true, supported_triggers: [{ id: post-login, version: v3 }], secrets: [{ name: KEY, value: secret-of-greet }] }
  - { name: draft, code: ./actions/draft.js, runtime: node22, deployed: false, supported_triggers: [{ id: post-login, version: v3 }], secrets: [{ name: KEY, value: secret-of-draft }] }
triggers: { post-login: [{ action_name: greet, display_name: Says hello }] }
databases:
  - name: people
    strategy: auth0
    enabled_clients: [App]
    options:
      passwordPolicy: good
      password_dictionary: { enable: true, dictionary: [acme] }
      enabledDatabaseCustomization: true
      customScripts: { login: ./scripts/login.js, change_password: ./scripts/change_password.js }
connections:
  - { name: google, strategy: google-oauth2, enabled_clients: [App], options: { client_id: of-google, client_secret: secret-of-google, scope: [email] } }
  - { name: github, strategy: github, enabled_clients: [App], options: { client_id: of-github, client_secret: secret-of-github } }
  - { name: saml, strategy: samlp, options: { signInEndpoint: https://idp.example/, signingCert: ${Buffer.from(CERTIFICATE).toString('base64')} } }
  - { name: email, strategy: email, options: { name: email, email: { from: a@acme.example, subject: Hi, body: ./email.html, syntax: liquid } } }
tenant: { friendly_name: Acme, session_lifetime: 3.0166, flags: { enable_client_connections: false } }
branding: { colors: { primary: '#F8F8F2' }, templates: [{ template: universal_login, body: ./branding/login.html }] }
prompts:
  identifier_first: true
  customText: { en: { login: { login: { title: Welcome, passwordPlaceholder: Your password } } } }
  partials: { login: { login: { form-content-start: <p>Hello</p> } } }
attackProtection:
  breachedPasswordDetection: { enabled: true, shields: [user_notification, block], admin_notification_frequency: [], method: standard }
  bruteForceProtection: { enabled: true, shields: [user_notification, block], mode: count_per_identifier_and_ip, allowlist: [], max_attempts: 7 }
emailProvider: { name: smtp, enabled: true, default_from_address: a@acme.example, credentials: { smtp_host: mail.example, smtp_port: 25, smtp_user: u, smtp_pass: secret-of-smtp } }
emailTemplates: [{ template: verify_email, body: ./emails/verify.html, enabled: true, from: '', subject: Hi, syntax: liquid, urlLifetimeInSeconds: 3600 }]
guardianFactors: [{ name: otp, enabled: true }, { name: sms, enabled: false }]
guardianFactorTemplates: [{ name: sms, enrollment_message: enroll, verification_message: 'password: verify' }]
guardianPolicies: { policies: [all-applications] }
guardianPhoneFactorMessageTypes: { message_types: [sms] }
guardianPhoneFactorSelectedProvider: { provider: twilio }
logStreams:
  - { name: hook, type: http, isPriority: false, filters: [], sink: { httpEndpoint: 'https://x.example', httpContentType: application/json, httpContentFormat: JSONLINES, httpAuthorization: secret-of-stream } }
  - { name: hook two, type: http, isPriority: false, filters: [], sink: { httpEndpoint: 'https://y.example', httpContentType: application/json, httpContentFormat: JSONLINES, httpAuthorization: secret-of-second } }
rules:
  - { name: first rule, script: ./rules/first.js, order: 1, enabled: true, stage: login_success }
  - { name: first-rule, script: ./rules/second.js, order: 2, enabled: true, stage: login_success }
pages: [{ name: error_page, html: ./pages/error.html, url: 'https://x.example', show_log_link: false }]
customDomains: [{ domain: login.acme.example, type: auth0_managed_certs }]
networkACLs: [{ description: Allow some, active: false, priority: 1, rule: { action: { allow: true }, scope: authentication, match: { geo_country_codes: [US] } } }]
selfServiceProfiles: [{ name: ssp, description: x, allowed_strategies: [oidc], user_attributes: [{ name: email, description: mail, is_optional: false }] }]
userAttributeProfiles: [{ name: uap, user_attributes: { email: { label: Mail, description: m, profile_required: true, auth0_mapping: email } } }]
riskAssessment: { settings: { enabled: true }, new_device: { remember_for: 20 } }
eventStreams:
  - { name: es, status: disabled, destination: { type: webhook, configuration: { webhook_endpoint: 'https://x.example', webhook_authorization: { method: bearer, token: secret-of-es } } }, subscriptions: [{ event_type: user.created }] }
  - { name: et, status: disabled, destination: { type: webhook, configuration: { webhook_endpoint: 'https://y.example', webhook_authorization: { method: bearer, token: secret-of-et } } }, subscriptions: [{ event_type: user.created }] }
forms: [{ name: Blank, body: ./forms/blank.json }, { name: 'Blank ', body: ./forms/other.json }]
flows: [{ name: Flow, body: ./flows/flow.json }]
flowVaultConnections: [{ name: vault, app_id: HTTP, account_name: v, ready: true }]
phoneTemplates: [{ type: otp_verify, disabled: false, content: { syntax: liquid, body: { text: 'Code: x', voice: x } } }]
phoneProviders: [{ name: twilio, disabled: false, configuration: { sid: AC1, default_from: '+49123', delivery_methods: [text] }, credentials: { auth_token: secret-of-twilio } }]
connectionProfiles: [{ name: cp, organization: { show_as_button: optional, assign_membership_on_login: optional } }]
tokenExchangeProfiles: [{ name: tep, subject_token_type: 'urn:acme:x', action: greet, type: custom_authentication }]
`

const form = (name: string) =>
  JSON.stringify({ name, languages: { primary: 'en' }, nodes: [], start: {}, ending: {} })
const FILES = {
  'actions/greet.js': "exports.onExecutePostLogin = async () => 'greet'\n",
  'actions/draft.js': "exports.onExecutePostLogin = async () => 'draft'\n",
  'modules/shared.js': 'exports.plan = 1\n',
  'clients/app.html': '<p>log in</p>\n',
  'connections/email.html': '<p>code</p>\n',
  'scripts/login.js': 'function login(email, password, callback) { callback(null, {}) }\n',
  'scripts/change_password.js':
    'function changePassword(email, password, callback) { callback(null, true) }\n',
  'branding/login.html': '<html>{%- auth0:head -%}{%- auth0:widget -%}</html>\n',
  'emails/verify.html': '<b>verify</b>\n',
  'rules/first.js': 'function (user, context, callback) { callback(null, user, context) }\n',
  'rules/second.js': 'function (user, context, callback) { callback(null, user, context) } // second\n',
  'pages/error.html': '<i>error</i>\n',
  'forms/blank.json': form('Blank'),
  'forms/other.json': form('Blank '),
  'flows/flow.json': JSON.stringify({
    name: 'Flow',
    actions: [
      {
        id: 'a',
        type: 'HTTP',
        action: 'SEND_REQUEST',
        params: { headers: { Authorization: 'secret-of-flow' } },
      },
    ],
  }),
}
const SECRETS = [...(TENANT + JSON.stringify(FILES)).matchAll(/secret-of-\w+/g)].map(([secret]) => secret)
const TYPES = Object.keys(parse(TENANT) as object)

let pulled: Pulled
let plan: Plan
let tenantFile: TenantFile
let stop: () => Promise<void>

/** Values for the markers of the pull, as their owner knows them. */
const KNOWN: Readonly<Record<string, string>> = {
  GREET_KEY: 'secret-of-greet',
  DRAFT_KEY: 'secret-of-draft',
  CONNECTION_GOOGLE_OPTIONS_CLIENT_SECRET: 'secret-of-google',
  CONNECTION_GITHUB_OPTIONS_CLIENT_SECRET: 'secret-of-github',
  EMAIL_PROVIDER_CREDENTIALS_SMTP_USER: 'u',
  EMAIL_PROVIDER_CREDENTIALS_SMTP_PASS: 'secret-of-smtp',
  LOG_STREAM_HOOK_SINK_HTTP_AUTHORIZATION: 'secret-of-stream',
  LOG_STREAM_HOOK_TWO_SINK_HTTP_AUTHORIZATION: 'secret-of-second',
  EVENT_STREAM_ES_DESTINATION_CONFIGURATION_WEBHOOK_ENDPOINT: 'https://x.example',
  EVENT_STREAM_ET_DESTINATION_CONFIGURATION_WEBHOOK_ENDPOINT: 'https://y.example',
  EVENT_STREAM_ES_DESTINATION_CONFIGURATION_WEBHOOK_AUTHORIZATION_TOKEN: 'secret-of-es',
  EVENT_STREAM_ET_DESTINATION_CONFIGURATION_WEBHOOK_AUTHORIZATION_TOKEN: 'secret-of-et',
  FLOW_FLOW_ACTIONS_PARAMS_HEADERS_AUTHORIZATION: 'secret-of-flow',
  PHONE_PROVIDER_TWILIO_CREDENTIALS_AUTH_TOKEN: 'secret-of-twilio',
}

beforeAll(async () => {
  const tenant = await startTenant()
  stop = () => tenant.stop()
  const { access } = await targetOf(tenant)
  const root = await keptFolderWith({ 'tenant.yaml': TENANT, ...FILES })
  const options = { ...access, workspace: await readWorkspace(root), keywords: {} }
  const first = await planDeploy(options)
  const markers = markersOf(options.workspace, {})
  const journal = newJournal(root, markers, { domain: first.domain, state: first.before })
  await deployChanges({ ...options, agreed: first, journal })

  const folder = await keptFolderWith({})
  pulled = await pullTenant({ ...access, root: folder })
  await writeAllWhole([...pulled.files].map(([file, text]) => [join(folder, file), text] as const))
  tenantFile = parse(await readFile(join(folder, 'tenant.yaml'), 'utf8')) as TenantFile
  const workspace = await readWorkspace(folder)
  plan = await planDeploy({ ...access, workspace, keywords: KNOWN })
}, 120_000)

afterAll(() => stop())

describe('after a pull into an empty folder', () => {
  it.each(TYPES)('the next plan changes nothing in %s', (type) => {
    expect(Object.keys(tenantFile)).toContain(type)
    expect(plan.changes.filter((change) => change.type === type)).toEqual([])
  })

  it('no secret is in a file, and each has a marker of its own', () => {
    const text = JSON.stringify([...pulled.files])
    for (const secret of SECRETS) expect(text).not.toContain(secret)
    expect(pulled.markers).toEqual(Object.keys(KNOWN).sort())
  })
})
