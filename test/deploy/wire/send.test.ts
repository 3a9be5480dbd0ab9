import { expect, it } from 'vitest'
import type { Call } from '../../../lib/deploy/wire/documents.ts'
import { sendCalls } from '../../../lib/deploy/wire/send.ts'

const SECRET = 'k "quoted" secret/42'

it.each([
  ['an Action', '/actions/actions/a', { secrets: [{ name: 'KEY', value: SECRET }] }],
  ['a module', '/actions/modules/m', { secrets: [{ name: 'KEY', value: SECRET }] }],
  ['a setting of rules', '/rules-configs/KEY', { value: SECRET }],
  ['secrets of a hook', '/hooks/hok_1/secrets', { KEY: SECRET }],
  ['an application', '/clients/c', { name: 'App', client_secret: SECRET }],
  ['an API', '/resource-servers/r', { signing_secret: SECRET }],
  ['a connection', '/connections/c', { options: { client_id: 'a', client_secret: SECRET } }],
  ['an e-mail provider', '/emails/provider', { credentials: { smtp_host: 'mail', smtp_pass: SECRET } }],
  ['a phone provider', '/branding/phone/providers/p', { credentials: { auth_token: SECRET } }],
  ['a vault', '/flows/vault/connections/v', { setup: { type: 'OAUTH_APP', anything: SECRET } }],
  ['a factor', '/guardian/factors/sms/providers/twilio', { sid: 'AC1', auth_token: SECRET }],
  [
    'an event stream',
    '/event-streams/e',
    { destination: { configuration: { webhook_authorization: { token: SECRET } } } },
  ],
])('shows no secret of %s that a tenant quotes when it refuses it', async (_what, path, body) => {
  const call: Call = { method: 'PATCH', path, body, document: path, purpose: 'change' }
  const quoted = [SECRET, JSON.stringify(body), encodeURIComponent(SECRET)].join(' | ')
  const upstream = async () => ({
    status: 400,
    json: { statusCode: 400, message: `refused: ${quoted}`, errorCode: quoted, details: [{ value: quoted }] },
  })
  const refused = await sendCalls(upstream, [call], new Map(), {
    domain: 'acme.eu.auth0.com',
    local: true,
    titleOf: () => ({ type: 'things', name: 'one' }),
  }).catch((error: unknown) => error)
  const { message, hint, cause } = refused as Error & { hint: string }
  const shown = [message, hint, String(cause)].join('\n')
  expect(shown).toContain('400 refused: ***')
  for (const form of [SECRET, 'quoted', 'secret/42', 'secret%2F42']) expect(shown).not.toContain(form)
})
