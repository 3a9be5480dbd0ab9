import type { Finding, Severity } from '../finding.ts'
import type { Workspace } from '../workspace/index.ts'

const PKCE =
  'https://auth0.com/docs/get-started/authentication-and-authorization-flow/authorization-code-flow-with-pkce/call-your-api-using-the-authorization-code-flow-with-pkce'
const ROTATION = 'https://auth0.com/docs/secure/tokens/refresh-tokens/use-refresh-token-rotation'
const CREDENTIALS = 'https://auth0.com/docs/get-started/applications/credentials'
const VERSIONS = 'https://auth0.com/docs/customize/actions/manage-versions'

type Path = (string | number)[]

/**
 * What tenant.yaml must say so that the bound Actions run and the tutorial's flow works: deployed Actions, and
 * for each public client (native or single page) callbacks, grants, authentication and rotation.
 */
export function* tenantFindings(workspace: Workspace): Generator<Finding> {
  yield* actionFindings(workspace)
  const { tenant } = workspace
  const refreshing: number[] = []
  for (const [index, client] of (tenant.clients ?? []).entries()) {
    const type = client['app_type']
    if (type !== 'spa' && type !== 'native') continue
    const grants = list(client['grant_types'])
    // Without the key Auth0 gives a public client both grants.
    const refreshes = grants === undefined || grants.includes('refresh_token')
    if (refreshes) refreshing.push(index)
    const name = String(client['name'])
    const path: Path = ['clients', index]
    if ((list(client['callbacks'])?.length ?? 0) === 0) {
      yield finding(workspace, 'tenant/no-callback', 'error', [...path, 'callbacks'], PKCE, {
        message: `The client "${name}" has no callback: every login ends on an error page.`,
        hint: 'List the exact addresses that the app answers at under "callbacks".',
      })
    }
    if (grants !== undefined && !grants.includes('authorization_code')) {
      yield finding(workspace, 'tenant/missing-grant', 'warning', [...path, 'grant_types'], PKCE, {
        message: `The client "${name}" may not use the grant authorization_code.`,
        hint: 'Add authorization_code to "grant_types".',
      })
    }
    const method = client['token_endpoint_auth_method']
    if (method !== undefined && method !== 'none') {
      yield finding(
        workspace,
        'tenant/public-client-secret',
        'warning',
        [...path, 'token_endpoint_auth_method'],
        CREDENTIALS,
        {
          message: `The ${type === 'spa' ? 'single page' : 'native'} client "${name}" is told to use a secret, which it cannot keep.`,
          hint: 'Set token_endpoint_auth_method: none.',
        },
      )
    }
    const rotation = (client['refresh_token'] as Record<string, unknown> | undefined)?.['rotation_type']
    if (refreshes && grants !== undefined && rotation !== 'rotating') {
      yield finding(workspace, 'tenant/no-rotation', 'warning', [...path, 'refresh_token'], ROTATION, {
        message:
          type === 'spa'
            ? `The client "${name}" gets no refresh token: a single page app needs rotation.`
            : `The refresh tokens of "${name}" do not rotate, so a stolen one is not noticed.`,
        hint: 'Set refresh_token.rotation_type: rotating and expiration_type: expiring.',
      })
    }
  }
  const apis = tenant.resourceServers ?? []
  if (refreshing.length > 0 && apis.length > 0 && !apis.some((api) => api['allow_offline_access'] === true)) {
    yield finding(
      workspace,
      'tenant/no-offline-access',
      'warning',
      ['resourceServers', 0, 'allow_offline_access'],
      'https://auth0.com/docs/get-started/apis/api-settings',
      {
        message: 'Clients may refresh, and no API allows offline access: no login gets a refresh token.',
        hint: 'Set allow_offline_access: true on the API.',
      },
    )
  }
}

function* actionFindings(workspace: Workspace): Generator<Finding> {
  for (const [index, action] of workspace.actions.entries()) {
    const bound = workspace.bound.includes(action.name)
    if (bound && !action.deployed) {
      yield finding(workspace, 'tenant/not-deployed', 'error', ['actions', index, 'deployed'], VERSIONS, {
        message: `"${action.name}" is bound and not deployed: Auth0 refuses the binding.`,
        hint: 'Set deployed: true.',
      })
    }
    if (!bound && action.triggers.includes('post-login')) {
      yield finding(workspace, 'tenant/unbound', 'info', ['actions', index, 'name'], VERSIONS, {
        message: `"${action.name}" is bound to no trigger: it never runs.`,
        hint: 'Add it to triggers.post-login, where its place is its turn.',
      })
    }
  }
}

function finding(
  { positionOf }: Workspace,
  rule: string,
  severity: Severity,
  path: Path,
  source: string,
  text: { message: string; hint: string },
): Finding {
  return { rule, severity, ...text, ...positionOf(path), source }
}

function list(value: unknown): unknown[] | undefined {
  return Array.isArray(value) ? value : undefined
}
