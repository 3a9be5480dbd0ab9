/** The local tenant as it is installed, with one Action at each login and refresh. Says where it is, and its memory. */
import { emptyState, startTenant } from 'auth0-claims/tenant'
import { report } from './report.mjs'

const state = emptyState()
state.clients.set('bench', {
  client_id: 'bench',
  name: 'Bench',
  app_type: 'spa',
  token_endpoint_auth_method: 'none',
  grant_types: ['authorization_code', 'refresh_token'],
  callbacks: ['http://localhost:9/callback'],
  refresh_token: { rotation_type: 'rotating', expiration_type: 'expiring' },
})
state.resourceServers.set('api', {
  id: 'api',
  name: 'API',
  identifier: 'https://api.example/',
  signing_alg: 'RS256',
  allow_offline_access: true,
  scopes: [{ value: 'read' }],
})
const now = '2026-01-01T00:00:00.000Z'
const code = `exports.onExecutePostLogin = async (event, api) => {
  for (const token of [api.idToken, api.accessToken]) {
    token.setCustomClaim('https://acme.example/roles', event.authorization?.roles ?? [])
    token.setCustomClaim('https://acme.example/plan', event.user.app_metadata.plan)
  }
}`
const draft = { code, runtime: 'node22', dependencies: [], secrets: [] }
state.actions.set('claims', {
  ...draft,
  id: 'claims',
  name: 'claims',
  supported_triggers: [{ id: 'post-login', version: 'v3' }],
  status: 'built',
  created_at: now,
  updated_at: now,
  versions: [{ ...draft, id: 'v1', number: 1, status: 'built', created_at: now }],
  deployed_version_id: 'v1',
  all_changes_deployed: true,
})
state.bindings.set('post-login', [
  { id: 'b', action_id: 'claims', display_name: 'claims', created_at: now, updated_at: now },
])
const tenant = await startTenant({
  state,
  local: {
    users: [
      {
        email: 'ada@acme.example',
        password: 'local-ada',
        app_metadata: { plan: 'team' },
      },
    ],
  },
})
report({ issuer: tenant.url })
