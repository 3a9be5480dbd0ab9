import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import {
  deployChanges,
  markersOf,
  newJournal,
  planDeploy,
  readBack,
  readJournals,
  rollBack,
  sentBefore,
} from '../../lib/deploy/index.ts'
import { startTenant } from '../../lib/tenant/index.ts'
import { readWorkspace } from '../../lib/workspace/index.ts'
import { folderWith } from '../helpers/folder.ts'
import { targetOf } from './setup.ts'

/** Types that the local tenant keeps and does not act on: lists, settings, texts, files, and secrets of each kind. */
const TENANT = `
tenant: { friendly_name: Acme, session_lifetime: 3.0166, flags: { enable_client_connections: false } }
branding: { colors: { primary: '#F8F8F2' }, templates: [{ template: universal_login, body: ./branding/login.html }] }
prompts: { identifier_first: true, customText: { en: { login: { login: { title: Welcome } } } } }
attackProtection:
  breachedPasswordDetection: { enabled: true, shields: [block], admin_notification_frequency: [], method: standard }
  bruteForceProtection: { enabled: true, shields: [block], mode: count_per_identifier_and_ip, allowlist: [], max_attempts: 7 }
emailProvider: { name: smtp, enabled: true, default_from_address: a@acme.example, credentials: { smtp_host: mail, smtp_port: 25, smtp_user: u, smtp_pass: secret-1 } }
emailTemplates: [{ template: verify_email, body: ./emails/verify.html, enabled: true, from: '', subject: Hi, syntax: liquid, urlLifetimeInSeconds: 3600 }]
guardianFactors: [{ name: otp, enabled: true }, { name: sms, enabled: false }]
guardianPolicies: { policies: [all-applications] }
guardianPhoneFactorMessageTypes: { message_types: [sms] }
logStreams: [{ name: hook, type: http, isPriority: false, filters: [], sink: { httpEndpoint: 'https://x.example', httpContentType: application/json, httpContentFormat: JSONLINES } }]
rules: [{ name: first rule, script: ./rules/first.js, order: 1, enabled: true, stage: login_success }]
rulesConfigs: [{ key: KEY, value: secret-2 }]
pages: [{ name: error_page, html: ./pages/error.html, url: 'https://x.example' }]
customDomains: [{ domain: login.acme.example, type: auth0_managed_certs }]
networkACLs: [{ description: Allow some, active: false, priority: 1, rule: { action: { allow: true }, scope: authentication, match: { geo_country_codes: [US] } } }]
selfServiceProfiles: [{ name: ssp, description: x, allowed_strategies: [oidc], user_attributes: [{ name: email, description: mail, is_optional: false }] }]
userAttributeProfiles: [{ name: uap, user_attributes: { email: { label: Mail, description: m, profile_required: true, auth0_mapping: email } } }]
riskAssessment: { settings: { enabled: true }, new_device: { remember_for: 20 } }
eventStreams: [{ name: es, status: disabled, destination: { type: webhook, configuration: { webhook_endpoint: 'https://x.example', webhook_authorization: { method: bearer, token: secret-3 } } }, subscriptions: [{ event_type: user.created }] }]
forms: [{ name: Blank, body: ./forms/blank.json }]
`

it('plans, deploys and takes back every other type of tenant.yaml, and keeps no secret', async () => {
  const tenant = await startTenant()
  onTestFinished(() => tenant.stop())
  const { access } = await targetOf(tenant)
  const root = await folderWith({
    'tenant.yaml': TENANT,
    'branding/login.html': '<html>{%- auth0:head -%}{%- auth0:widget -%}</html>\n',
    'emails/verify.html': '<b>verify</b>\n',
    'rules/first.js': 'function (user, context, callback) { callback(null, user, context) }\n',
    'pages/error.html': '<i>error</i>\n',
    'forms/blank.json': JSON.stringify({
      name: 'Blank',
      languages: { primary: 'en' },
      nodes: [],
      start: {},
      ending: {},
    }),
  })
  const workspace = await readWorkspace(root)
  const options = { ...access, workspace, keywords: {} }
  const markers = markersOf(workspace, {})
  const first = await planDeploy(options)
  expect(new Set(first.changes.map(({ type }) => type)).size).toBeGreaterThan(17)
  expect(first.changes.map(({ change }) => change)).not.toContain('uncompared')
  await deployChanges({
    ...options,
    agreed: first,
    journal: newJournal(root, markers, { domain: first.domain, state: first.before }),
  })
  expect(await readFile(join(root, '.auth0-claims/deploys/1.journal'), 'utf8')).not.toMatch(/secret-\d/)
  // The value of a rule's configuration is never shown: that it was sent is told by the journal only.
  const sent = sentBefore(await readJournals(root, first.domain, markers))
  expect((await planDeploy({ ...options, sent })).changes).toEqual([])
  expect((await planDeploy(options)).changes).toMatchObject([{ type: 'rulesConfigs', change: 'uncompared' }])

  const { left } = await rollBack({ ...access, root, markers }, await readBack(access))
  expect(left).toEqual([])
  expect((await planDeploy(options)).changes).toEqual(first.changes)
})
