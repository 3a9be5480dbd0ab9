import { decodeJwt } from 'jose'
import { ToolkitError } from '../../errors.ts'
import { logIn, type TokenResponse } from '../../oauth/index.ts'
import { workspaceFacts } from '../../simulator/workspace-facts.ts'
import { startTenant, type Tenant } from '../../tenant/index.ts'
import { entitiesOf, readWorkspace, type Workspace } from '../../workspace/index.ts'
import { entityId } from '../../workspace/local-ids.ts'
import { defineCommand, type OptionValues, type Terminal } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { jsonDocument } from '../json-document.ts'
import {
  type LoginTarget,
  localUser,
  loopbackCallback,
  pkceLogin,
  throughBrowser,
  usualApp,
} from '../pkce-login.ts'
import { runningTenant } from '../running-tenant.ts'
import { tenantDomain } from '../tenant-choice.ts'
import { workspaceFolder } from '../workspace-folder.ts'

const DEFAULT_SCOPE = 'openid profile email'

/** `claims login`: Authorization Code with PKCE from the terminal. */
export const loginCommand = defineCommand({
  name: 'login',
  summary: 'Log in with Authorization Code and PKCE, and show the tokens',
  flags: {
    tenant: {
      value: '<local|real|domain>',
      default: 'local',
      help: 'local (default): the one that claims dev or claims tenant runs for the workspace, else one for this login; or real with AUTH0_DOMAIN and AUTH0_CLIENT_ID',
    },
    client: { value: '<name>', help: 'name or id of an app with a loopback callback (local tenant)' },
    user: { value: '<email>', help: 'local tenant: log in as this user without a browser' },
    audience: { value: '<api>', help: 'identifier of the API (default: the first of tenant.yaml)' },
    scope: { value: '<scopes>', help: `space separated (default: "${DEFAULT_SCOPE}")` },
    org: { value: '<id>', help: 'organization to log in to' },
    redirect: {
      value: '<url>',
      help: 'real tenant: the registered loopback callback (default http://localhost:8400/callback)',
    },
    json: { help: 'print one JSON document: the payloads, never the tokens' },
  },
  async run(terminal, values) {
    const domain = tenantDomain(String(values['tenant']), terminal.env['AUTH0_DOMAIN'])
    if (domain !== undefined) return realLogin(terminal, values, domain)
    const folder = await workspaceFolder(terminal)
    const name = text(values, 'user')
    const user = async () =>
      name === undefined ? undefined : localUser((await readWorkspace(folder)).local, name)
    const running = await runningTenant(folder)
    if (running !== undefined) {
      terminal.err(`At the tenant that runs for this workspace: ${running}`)
      const target = targetIn(await readWorkspace(folder), running, values)
      return login(terminal, values, target, await user())
    }
    const tenant = await startTenant({ workspace: folder })
    try {
      return await login(terminal, values, localTarget(tenant, values), await user())
    } finally {
      await tenant.stop()
    }
  },
})

function realLogin(terminal: Terminal, values: OptionValues, domain: string): Promise<number> {
  const client_id = terminal.env['AUTH0_CLIENT_ID']
  if (client_id === undefined) {
    throw new ToolkitError('ERR_USAGE', 'AUTH0_CLIENT_ID is not set', {
      hint: 'Set it to the client id of a native application with a loopback callback.',
    })
  }
  if (values['user'] !== undefined) {
    throw new ToolkitError('ERR_USAGE', '--user works with the local tenant only', {
      hint: 'Leave it out: a browser asks for the password.',
    })
  }
  return login(terminal, values, {
    issuer: `https://${domain}/`,
    client_id,
    redirect_uri: text(values, 'redirect') ?? 'http://localhost:8400/callback',
    ...optionalAudience(text(values, 'audience') ?? terminal.env['AUTH0_AUDIENCE']),
  })
}

function localTarget({ state, issuer }: Tenant, values: OptionValues): LoginTarget {
  const [api] = state.resourceServers.values()
  return targetOf([...state.clients.values()], { issuer, audience: api?.identifier }, values)
}

/** At a tenant of another process, which has what tenant.yaml had when it was started or saved. */
function targetIn(workspace: Workspace, url: string, values: OptionValues): LoginTarget {
  const { apis } = workspaceFacts(workspace)
  const clients = entitiesOf(workspace.tenant).clients ?? []
  const apps = clients.map(({ name, callbacks, app_type, client_id = entityId('', name) }) => ({
    name,
    client_id,
    ...(callbacks !== undefined && { callbacks }),
    ...(app_type !== undefined && { app_type }),
  }))
  return targetOf(apps, { issuer: `${url}/`, audience: apis[0]?.identifier }, values)
}

interface App {
  name: string
  client_id: string
  callbacks?: readonly string[]
  app_type?: string
}

function targetOf(
  all: readonly App[],
  { issuer, audience }: { issuer: string; audience: string | undefined },
  values: OptionValues,
): LoginTarget {
  const wanted = text(values, 'client')
  const apps = all.filter((app) => loopbackCallback(app) !== undefined)
  const client =
    wanted === undefined
      ? usualApp(apps)
      : apps.find(({ name, client_id }) => name === wanted || client_id === wanted)
  if (client === undefined) {
    throw new ToolkitError(
      'ERR_USAGE',
      wanted === undefined
        ? 'no app of tenant.yaml has a callback on http://localhost'
        : `"${wanted}" is no app with a callback on http://localhost`,
      { hint: `There are: ${apps.map(({ name }) => name).join(', ') || 'none'}.` },
    )
  }
  return {
    issuer,
    client_id: client.client_id,
    redirect_uri: loopbackCallback(client)!,
    ...optionalAudience(text(values, 'audience') ?? audience),
  }
}

async function login(
  terminal: Terminal,
  values: OptionValues,
  target: LoginTarget,
  user?: { username: string; password: string },
): Promise<number> {
  const organization = text(values, 'org')
  const { tokens, idToken } = await pkceLogin(target, {
    scope: text(values, 'scope') ?? DEFAULT_SCOPE,
    ...(organization !== undefined && { organization }),
    authorize: async (url) =>
      user === undefined
        ? throughBrowser(terminal, url, target.redirect_uri)
        : (await logIn(url, target.redirect_uri, user)).callback,
  })
  show(terminal, values, tokens, idToken)
  return EXIT.clean
}

function show(
  terminal: Terminal,
  values: OptionValues,
  tokens: TokenResponse,
  idToken: Record<string, unknown> | undefined,
): void {
  const opaque = tokens.access_token.split('.').length !== 3
  const accessToken = opaque ? undefined : decodeJwt(tokens.access_token)
  const scopes = (tokens.scope ?? '').split(' ').filter((scope) => scope !== '')
  if (values['json'] === true) {
    const { expires_in } = tokens
    terminal.out(jsonDocument('login', { idToken, accessToken, scopes, expires_in }))
    return
  }
  terminal.out(`Scopes: ${scopes.join(' ')}`)
  terminal.out(`ID token (verified): ${JSON.stringify(idToken, undefined, 2)}`.split('\n'))
  terminal.out(`Access token: ${opaque ? 'opaque' : JSON.stringify(accessToken, undefined, 2)}`.split('\n'))
  terminal.out(`Refresh token: ${tokens.refresh_token === undefined ? 'none' : 'yes'}`)
}

function text(values: OptionValues, name: string): string | undefined {
  const value = values[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

function optionalAudience(audience: string | undefined): { audience?: string } {
  return audience === undefined ? {} : { audience }
}
