import { randomBytes } from 'node:crypto'
import { ToolkitError } from '../errors.ts'
import type { Runtime } from '../runtime/types.ts'
import { createKeyRing, opaqueTokens } from '../tokens/index.ts'
import { entityId } from '../workspace/local-ids.ts'
import { isolatedRuntime } from './actions-runtime.ts'
import { Store } from './authentication/store.ts'
import { shortened } from './bounds.ts'
import { type Certificate, loopbackCertificate } from './certificate.ts'
import type { TenantContext } from './context.ts'
import { invite } from './invite.ts'
import { issueTokens } from './issue-tokens.ts'
import { keepNewest, type TenantLogEntry } from './log.ts'
import { isBruteForceProtection, LoginAttempts } from './login-attempts.ts'
import { assertOptions, type StartTenantOptions } from './options.ts'
import { managementScopes, tenantRoutes } from './routes.ts'
import { type Handler, type Listener, listen } from './server.ts'
import { emptyState, randomToken, type TenantState } from './state.ts'
import { readStateFile, StateSaver, writeStateFile } from './state-file.ts'
import { lockStateFile } from './state-lock.ts'
import type { Tenant } from './types.ts'
import { importLocalFile } from './users.ts'

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
  const unlock = stateFile === undefined ? () => {} : await lockStateFile(stateFile)
  try {
    return await start(options, unlock)
  } catch (error) {
    unlock()
    throw error
  }
}

/** @param unlock gives the state file back, when the tenant has stopped */
async function start(options: StartTenantOptions, unlock: () => void): Promise<Tenant> {
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

  setBruteForceProtection(state, options.bruteForceProtection)

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

  const app = tenantRoutes(context, store)
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
      unlock()
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

function setBruteForceProtection(
  state: TenantState,
  protection: StartTenantOptions['bruteForceProtection'],
): void {
  if (protection === undefined) return
  const sent = typeof protection === 'boolean' ? { enabled: protection } : protection
  if (!isBruteForceProtection(sent as Record<string, unknown>)) {
    throw new ToolkitError('ERR_USAGE', 'the settings in "bruteForceProtection" are not valid', {
      hint: 'Give true, false, or enabled, shields, allowlist, mode and max_attempts (1 to 100) as Auth0 has them.',
    })
  }
  state.settings.brute_force_protection = { ...state.settings.brute_force_protection, ...sent }
}
