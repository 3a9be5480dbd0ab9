import { type Finding, type Position, type RuleTable, reporter } from '../../finding.ts'
import { TRIGGERS } from '../../triggers/index.ts'
import { type ClientEntry, entitiesOf, type Workspace } from '../../workspace/index.ts'

const PKCE =
  'https://auth0.com/docs/get-started/authentication-and-authorization-flow/authorization-code-flow-with-pkce/call-your-api-using-the-authorization-code-flow-with-pkce'
const ROTATION = 'https://auth0.com/docs/secure/tokens/refresh-tokens/use-refresh-token-rotation'
const CREDENTIALS = 'https://auth0.com/docs/get-started/applications/credentials'
const VERSIONS = 'https://auth0.com/docs/customize/actions/manage-versions'

export const tenantRules = {
  'tenant/no-callback': {
    severity: 'error',
    evidence: 'documentation',
    source: PKCE,
    summary: 'A public client lists the addresses that it answers at.',
    why: 'The redirect address of a login must be among the callbacks; with none, every login ends on an error page.',
    example: { before: 'callbacks: []', after: 'callbacks: [https://app.acme.example/callback]' },
  },
  'tenant/missing-grant': {
    severity: 'warning',
    evidence: 'documentation',
    source: PKCE,
    summary: 'A public client may use the grants that it needs.',
    why: 'Authorization Code with PKCE is the flow for public clients, and refresh_token the grant that goes on from it; without the grant the token request is refused.',
    example: {
      before: 'grant_types: [refresh_token]',
      after: 'grant_types: [authorization_code, refresh_token]',
    },
  },
  'tenant/public-client-secret': {
    severity: 'warning',
    evidence: 'documentation',
    source: CREDENTIALS,
    summary: 'A public client uses no secret.',
    why: 'Whoever has the app has the secret.',
    example: {
      before: 'token_endpoint_auth_method: client_secret_post',
      after: 'token_endpoint_auth_method: none',
    },
  },
  'tenant/app-type': {
    severity: 'warning',
    evidence: 'documentation',
    source: CREDENTIALS,
    summary: 'A client without a secret is native or a single page app.',
    why: 'The type decides about defaults such as grants and cross-origin use; a client with a callback and no secret that is neither gets those of a server.',
    example: { before: 'app_type: regular_web', after: 'app_type: spa' },
  },
  'tenant/no-rotation': {
    severity: 'warning',
    evidence: 'documentation',
    source: ROTATION,
    summary: 'Refresh tokens of a public client rotate.',
    why: 'A rotated token that is used again ends its family, so a theft is noticed. Single page apps get no other kind.',
    example: { before: 'rotation_type: non-rotating', after: 'rotation_type: rotating' },
  },
  'tenant/no-offline-access': {
    severity: 'warning',
    evidence: 'documentation',
    source: 'https://auth0.com/docs/get-started/apis/api-settings',
    summary: 'An API allows offline access where clients refresh.',
    why: 'The scope offline_access is left out of a login for an API that does not allow it, and there is no refresh token.',
    example: { before: 'allow_offline_access: false', after: 'allow_offline_access: true' },
  },
  'tenant/not-deployed': {
    severity: 'error',
    evidence: 'documentation',
    source: VERSIONS,
    summary: 'A bound Action is deployed.',
    why: 'Auth0 refuses to bind an Action that was never deployed.',
    example: { before: 'deployed: false', after: 'deployed: true' },
  },
  'tenant/unbound': {
    severity: 'info',
    evidence: 'documentation',
    source: VERSIONS,
    summary: 'An Action is bound to its trigger.',
    why: 'An Action that no trigger names never runs.',
    example: {
      before: 'triggers: { post-login: [] }',
      after: 'triggers: { post-login: [{ action_name: enrich-claims }] }',
    },
  },
  'tenant/shared-code': {
    severity: 'warning',
    evidence: 'inference',
    source: 'https://github.com/auth0/auth0-deploy-cli/blob/master/src/context/yaml/handlers/actions.ts',
    summary: 'Every Action has a code file of its own.',
    why: 'An export by auth0-deploy-cli names the file after the Action without its special characters, so that of two names that are alike one overwrites the code of the other, and a deploy gives both the same; a build can write the bundle of one only. Names that differ in capitals alone are one file on many machines.',
    example: {
      before: '[{ name: a/b, code: ./actions/a-b/code.js }, { name: a-b, code: ./actions/a-b/code.js }]',
      after: '[{ name: a/b, code: ./actions/a-slash-b/code.js }, { name: a-b, code: ./actions/a-b/code.js }]',
    },
  },
} as const satisfies RuleTable

const report = reporter(tenantRules)

type Path = (string | number)[]

/**
 * What tenant.yaml must say so that the bound Actions run and the tutorial's flow works: deployed Actions with a code
 * file each, and for each public client (native or single page) callbacks, grants, authentication and rotation.
 */
export function* tenantFindings(workspace: Workspace): Generator<Finding> {
  yield* actionFindings(workspace)
  const { clients = [], resourceServers: apis = [] } = entitiesOf(workspace.tenant)
  const at = workspace.positionOf
  const refreshing: number[] = []
  for (const [index, client] of clients.entries()) {
    const { app_type: type, grant_types: grants, name, refresh_token, unread } = client
    if (unread.has('app_type')) continue
    if (type !== 'spa' && type !== 'native') {
      yield* appTypeFindings(client, at(['clients', index, 'app_type']))
      continue
    }
    // Without the key Auth0 gives a public client both grants.
    const refreshes = grants === undefined || grants.includes('refresh_token')
    if (refreshes && !unread.has('grant_types')) refreshing.push(index)
    const path: Path = ['clients', index]
    if (!hasCallback(client)) {
      yield report('tenant/no-callback', at([...path, 'callbacks']), {
        message: `The client "${name}" has no callback: every login ends on an error page.`,
        hint: 'List the exact addresses that the app answers at under "callbacks".',
      })
    }
    if (grants !== undefined && !grants.includes('authorization_code')) {
      yield report('tenant/missing-grant', at([...path, 'grant_types']), {
        message: `The client "${name}" may not use the grant authorization_code.`,
        hint: 'Add authorization_code to "grant_types".',
      })
    }
    if (grants !== undefined && !refreshes && (refresh_token !== undefined || unread.has('refresh_token'))) {
      yield report('tenant/missing-grant', at([...path, 'grant_types']), {
        message: `The client "${name}" configures refresh tokens, and may not use the grant refresh_token.`,
        hint: 'Add refresh_token to "grant_types", or take "refresh_token" out.',
      })
    }
    const method = client.token_endpoint_auth_method
    if (method !== undefined && method !== 'none') {
      yield report('tenant/public-client-secret', at([...path, 'token_endpoint_auth_method']), {
        message: `The ${type === 'spa' ? 'single page' : 'native'} client "${name}" is told to use a secret, which it cannot keep.`,
        hint: 'Set token_endpoint_auth_method: none.',
      })
    }
    const rotates = refresh_token?.rotation_type === 'rotating' || unread.has('refresh_token')
    if (refreshes && grants !== undefined && !rotates) {
      yield report('tenant/no-rotation', at([...path, 'refresh_token']), {
        message:
          type === 'spa'
            ? `The client "${name}" gets no refresh token: a single page app needs rotation.`
            : `The refresh tokens of "${name}" do not rotate, so a stolen one is not noticed.`,
        hint: 'Set refresh_token.rotation_type: rotating and expiration_type: expiring.',
      })
    }
  }
  const mayAllow = apis.some(
    ({ allow_offline_access, unread }) => allow_offline_access === true || unread.has('allow_offline_access'),
  )
  if (refreshing.length > 0 && apis.length > 0 && !mayAllow) {
    yield report('tenant/no-offline-access', at(['resourceServers', 0, 'allow_offline_access']), {
      message: 'Clients may refresh, and no API allows offline access: no login gets a refresh token.',
      hint: 'Set allow_offline_access: true on the API.',
    })
  }
}

/** A client that keeps no secret, yet is not said to be public. */
function* appTypeFindings(client: ClientEntry, at: Position): Generator<Finding> {
  if (client.token_endpoint_auth_method !== 'none' || !hasCallback(client)) return
  yield report('tenant/app-type', at, {
    message: `The client "${client.name}" has no secret and is neither native nor a single page app.`,
    hint: 'Set app_type: native or app_type: spa.',
  })
}

function* actionFindings(workspace: Workspace): Generator<Finding> {
  const at = workspace.positionOf
  const owners = new Map<string, string>()
  for (const [index, action] of workspace.actions.entries()) {
    const file = action.builtFile.toLowerCase()
    const owner = owners.get(file)
    if (owner === undefined) owners.set(file, action.name)
    else {
      yield report('tenant/shared-code', at(['actions', index, 'code']), {
        message: `"${action.name}" has the same code file as "${owner}".`,
        hint: 'Give each Action a file of its own under "code". After an export, take the other one’s code from the dashboard.',
      })
    }
    const bound = Object.values(workspace.bound).some((names) => names.includes(action.name))
    if (bound && !action.deployed) {
      yield report('tenant/not-deployed', at(['actions', index, 'deployed']), {
        message: `"${action.name}" is bound and not deployed: Auth0 refuses the binding.`,
        hint: 'Set deployed: true.',
      })
    }
    const trigger = TRIGGERS.find(({ id }) => action.triggers.includes(id))
    if (!bound && trigger !== undefined) {
      yield report('tenant/unbound', at(['actions', index, 'name']), {
        message: `"${action.name}" is bound to no trigger: it never runs.`,
        hint: `Add it to triggers.${trigger.id}, where its place is its turn.`,
      })
    }
  }
}

/** A marker in their place has a value that is not known here. */
function hasCallback({ callbacks = [], unread }: ClientEntry): boolean {
  return callbacks.length > 0 || unread.has('callbacks')
}
