import { randomBytes } from 'node:crypto'
import { Hono } from 'hono'
import { ToolkitError } from '../errors.ts'
import type { Runtime } from '../runtime/types.ts'
import { createKeyRing, opaqueTokens } from '../tokens/index.ts'
import { entityId } from '../workspace/local-ids.ts'
import type { Workspace } from '../workspace/types.ts'
import { authenticationRoutes } from './authentication/routes.ts'
import { Store, secret } from './authentication/store.ts'
import { shortened } from './bounds.ts'
import { type Certificate, loopbackCertificate } from './certificate.ts'
import type { Execution, ManagementClient, TenantContext } from './context.ts'
import { type IssuedTokens, type IssueTokensOptions, issueTokens } from './issue-tokens.ts'
import { internalError, keepNewest, type TenantLogEntry } from './log.ts'
import { isBruteForceProtection, LoginAttempts } from './login-attempts.ts'
import { assertOptions, type StartTenantOptions } from './options.ts'
import { ownToken } from './own-tokens.ts'
import { type Handler, type Listener, listen } from './server.ts'
import { emptyState, randomToken, type TenantState } from './state.ts'
import { readStateFile, StateSaver, writeStateFile } from './state-file.ts'
import { lockStateFile } from './state-lock.ts'
import { importLocalFile, isEmailAddress } from './users.ts'

export type { StartTenantOptions } from './options.ts'

/** Where the deploy CLI reaches a local tenant, and as whom. */
export interface ManagementAccess {
  /** Always https, as the deploy CLI asks for it; e.g. `https://localhost:4430`. */
  url: string
  /** PEM of the certificate behind `url`. */
  certificate: string
  client: ManagementClient
}

/** A local tenant that is listening. */
export interface Tenant {
  /** For apps, e.g. `http://localhost:4000`. */
  url: string
  /** With the final slash: the `iss` of its tokens. */
  issuer: string
  /** Listens for the deploy CLI from the first call on: a certificate takes as long to make as the whole start. */
  management(): Promise<ManagementAccess>
  state: TenantState
  /** What Auth0's tenant log would show, newest last; at most about a thousand entries. */
  log: TenantLogEntry[]
  /** What the Actions did at each login and refresh, newest last. */
  executions: Execution[]
  context: TenantContext
  /** Tokens without browser and password, by e-mail address, user name or user id; see {@link issueTokens}. */
  issueTokens(user: string, options?: IssueTokensOptions): Promise<IssuedTokens>
  /**
   * Invites somebody to an organization, as the Management API does: answers the two parameters that the app sends
   * on to `/authorize`. Sends no mail. Lives for seven days.
   *
   * @param organization Its id or name.
   * @param roles Names of roles of the tenant.
   * @throws {ToolkitError} `ERR_USAGE` for an organization or a role that does not exist, and for what is no address.
   */
  invite(
    organization: string,
    email: string,
    roles?: readonly string[],
  ): { invitation: string; organization: string }
  stop(): Promise<void>
}

/**
 * Starts a tenant of Auth0's shape in this process: Authentication API for apps over http and, when asked for, the
 * Management API for the deploy CLI over https, both on the loopback addresses only. Everything is in memory.
 *
 * Does not do other flows than Authorization Code with PKCE, refresh and client credentials; other connections
 * than one database; multi-factor authentication.
 *
 * @throws {ToolkitError} `ERR_USAGE` for an option that is none, or is not what it must be; `ERR_ENVIRONMENT` when the
 * port or the state file is taken; `ERR_INPUT` or `ERR_BUNDLE` for a workspace that cannot be used.
 */
export async function startTenant(options: StartTenantOptions = {}): Promise<Tenant> {
  assertOptions(options)
  const { stateFile } = options
  const unlock = stateFile === undefined ? async () => {} : await lockStateFile(stateFile)
  try {
    return await start(options, unlock)
  } catch (error) {
    await unlock()
    throw error
  }
}

/** @param unlock gives the state file back, when the tenant has stopped */
async function start(options: StartTenantOptions, unlock: () => Promise<void>): Promise<Tenant> {
  const clock = options.clock ?? (() => new Date())
  const state = options.state ?? emptyState()
  const store = new Store(clock)
  const restored = options.stateFile === undefined ? undefined : await readStateFile(options.stateFile)
  restored?.apply(state, store)
  const { workspace } = options
  // Loaded only when needed: a tenant without a workspace has no use for a bundler.
  const content =
    workspace === undefined
      ? undefined
      : await import('./workspace-content.ts').then((module) => module.workspaceContent(workspace))
  await content?.importInto({ state, clock })
  if (content?.workspace.local !== undefined) await importLocalFile(state, content.workspace.local, clock())
  if (options.local !== undefined) await importLocalFile(state, options.local, clock())

  const protection = options.bruteForceProtection
  if (protection !== undefined) {
    const sent = typeof protection === 'boolean' ? { enabled: protection } : protection
    if (!isBruteForceProtection(sent as Record<string, unknown>)) {
      throw new ToolkitError('ERR_USAGE', 'the settings in "bruteForceProtection" are not valid', {
        hint: 'Give true, false, or enabled, shields, allowlist, mode and max_attempts (1 to 100) as Auth0 has them.',
      })
    }
    state.settings.brute_force_protection = { ...state.settings.brute_force_protection, ...sent }
  }

  let runtime: Promise<Runtime> | undefined
  const log: TenantLogEntry[] = []
  const given = options.keys ?? restored?.keys
  // Not before the tenant listens: making keys takes more of the machine than the whole start.
  let makeKeys = () => {}
  const keys =
    given === undefined
      ? new Promise<void>((resolve) => {
          makeKeys = resolve
        }).then(createKeyRing)
      : Promise.resolve(given)
  const opaqueKey = restored?.opaqueKey ?? randomBytes(32)
  const { stateFile } = options
  const saver =
    stateFile === undefined
      ? undefined
      : new StateSaver(async () => writeStateFile(stateFile, { keys: await keys, opaqueKey, state, store }))
  // Awaited where it is needed; an early failure must not count as unhandled meanwhile.
  keys.catch(() => {})
  const context: TenantContext = {
    state,
    clock,
    keys,
    opaque: opaqueTokens(opaqueKey),
    managementClient: { client_id: entityId('', 'auth0-deploy-cli'), client_secret: randomToken(48) },
    runtime() {
      runtime ??=
        options.runtime === undefined ? isolatedRuntime(content?.workspace) : Promise.resolve(options.runtime)
      return runtime
    },
    sourceMapFor: options.sourceMapFor ?? content?.sourceMapFor ?? (() => undefined),
    loginAttempts: new LoginAttempts(state, clock),
    log,
    executions: [],
    record(entry) {
      keepNewest(log, { date: clock().toISOString(), ...entry, description: shortened(entry.description) })
      saver?.changed()
    },
    managementScopes: (authorization, origin) => managementScopes(context, authorization, origin),
  }

  const app = new Hono()
  let management: Promise<Hono> | undefined
  app.all('/api/v2/*', async (c) => {
    management ??= managementApp(context)
    return (await management).fetch(c.req.raw, c.env)
  })
  app.route('/', authenticationRoutes(context, store))
  app.onError((error, c) => {
    context.record(internalError(error))
    return c.json({ error: 'server_error', error_description: 'Internal error' }, 500, {
      'cache-control': 'no-store',
    })
  })
  app.notFound((c) => c.json({ error: 'not_found', error_description: 'Not found' }, 404))
  const handler: Handler = (request, env) => app.fetch(request, env)

  const listeners: Listener[] = []
  let ready = false
  let stopped: Promise<void> | undefined
  const shutDown = async () => {
    await Promise.all(listeners.map((listener) => listener.stop()))
    if (options.runtime === undefined) await (await runtime)?.stop()
    try {
      if (ready) await saver?.finish()
    } finally {
      await unlock()
    }
  }
  const stop = () => {
    stopped ??= shutDown()
    return stopped
  }
  try {
    const own = options.https === true ? await loopbackCertificate(new Date()) : undefined
    const apps = await listen(handler, {
      ...(options.port !== undefined && { port: options.port }),
      ...(own !== undefined && { tls: own }),
    })
    listeners.push(apps)
    const listenSecurely = async (): Promise<[Listener, Certificate]> => {
      if (own !== undefined) return [apps, own]
      const certificate = await loopbackCertificate(new Date())
      const secure = await listen(handler, { tls: certificate })
      listeners.push(secure)
      if (stopped !== undefined) await secure.stop()
      return [secure, certificate]
    }
    let secured: ReturnType<typeof listenSecurely> | undefined
    makeKeys()
    // At once, so that a file that cannot be written is known before anything is lost.
    await saver?.finish()
    ready = true
    return {
      url: apps.origin,
      issuer: `${apps.origin}/`,
      async management() {
        secured ??= listenSecurely()
        const [{ origin }, { cert }] = await secured
        return { url: origin, certificate: cert, client: context.managementClient }
      },
      state,
      log,
      executions: context.executions,
      context,
      issueTokens: (user, wanted) =>
        issueTokens({ context, store, handler, origin: apps.origin }, user, wanted),
      invite: (name, email, roles = []) => invite(context, store, name, email, roles),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

// What not every tenant needs is loaded when it is: the tenant is ready sooner.
/** The Actions run on the Node they are deployed to, if this machine has it, with the packages of the workspace. */
async function isolatedRuntime(workspace: Workspace | undefined): Promise<Runtime> {
  const { createIsolatedRuntime, findNode, runtimeOf } = await import('../runtime/index.ts')
  if (workspace === undefined) return createIsolatedRuntime()
  const { root, actions } = workspace
  const node = findNode(runtimeOf(actions), root)
  const packages = actions.flatMap(({ dependencies }) => dependencies.map(({ name }) => name))
  return createIsolatedRuntime({ resolveFrom: root, packages, ...(node !== undefined && { node }) })
}

async function managementApp(context: TenantContext): Promise<Hono> {
  const { managementRoutes } = await import('./management/routes.ts')
  return new Hono().route('/api/v2', managementRoutes(context))
}

const WEEK = 7 * 24 * 60 * 60 * 1000

function invite(
  { state, clock }: TenantContext,
  store: Store,
  name: string,
  email: string,
  roles: readonly string[],
): { invitation: string; organization: string } {
  const organization = [...state.organizations.values()].find((one) => one.id === name || one.name === name)
  if (organization === undefined) {
    throw new ToolkitError('ERR_USAGE', `the tenant has no organization "${name}"`)
  }
  if (!isEmailAddress(email)) throw new ToolkitError('ERR_USAGE', `"${email}" is no e-mail address`)
  const known = new Set([...state.roles.values()].map((role) => role.name))
  const missing = roles.find((role) => !known.has(role))
  if (missing !== undefined) throw new ToolkitError('ERR_USAGE', `the tenant has no role "${missing}"`)
  const invitation = secret()
  const entry = { organization: organization.name, email, roles: [...roles], used: false }
  store.invitations.set(invitation, entry, clock().getTime() + WEEK)
  return { invitation, organization: organization.id }
}

async function managementScopes(
  context: TenantContext,
  authorization: string | undefined,
  origin: string,
): Promise<ReadonlySet<string> | undefined> {
  const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
  if (token === undefined) return undefined
  const payload = await ownToken(context, token, {
    issuer: `${origin}/`,
    audience: `${origin}/api/v2/`,
    requiredClaims: ['exp', 'scope'],
  })
  // A user's token for this audience cannot exist, and must not count if it did.
  if (payload?.['azp'] !== context.managementClient.client_id) return undefined
  return new Set(String(payload['scope']).split(' '))
}
