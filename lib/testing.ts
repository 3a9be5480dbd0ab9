/**
 * For test suites of Actions: run them on an event and look at the tokens. Works in any test runner.
 * The entry point `auth0-claims/testing`.
 */

import { ToolkitError } from './errors.ts'
import { copyJson } from './json.ts'
import { createInProcessRuntime, type Handlers } from './runtime/in-process.ts'
import { type EachOnce, eachOnce, type MockResponse, type Network } from './runtime/network.ts'
import { runnableAction } from './runtime/runnable-action.ts'
import type { RunnableAction, Runtime } from './runtime/types.ts'
import {
  type LoginOptions,
  loginFor,
  type PipelineResult,
  runTrigger,
  type SettledTokens,
  type SimulatedEvent,
  type Suspension,
  settleTokens,
  type TracedScope,
  tokenContextOf,
  traceScopes,
  withTargetScopes,
} from './simulator/index.ts'
import type { ModuleFile } from './simulator/modules-to-run.ts'
import { assertLoginOptions, assertSimulateOptions } from './testing-options.ts'
import type { TokenContext } from './tokens/types.ts'
import { postLogin } from './triggers/index.ts'
import { merge } from './triggers/post-login/ordinary-login.ts'
import type { ServedTestIssuer, ServedTestIssuerOptions } from './verify/node-test-issuer.ts'
import type { TestIssuer, TestIssuerOptions } from './verify/test-issuer.ts'

export type { Handlers } from './runtime/in-process.ts'
export type { Answer, MockResponse, Network } from './runtime/network.ts'
export {
  type ClaimMatchers,
  claimMatchers,
  type DeepPartial,
  type LoginOptions,
  postLoginEvent,
  SITUATIONS,
  type SimulatedEvent,
  type Situation,
  situation,
} from './simulator/index.ts'
export type { ModuleFile } from './simulator/modules-to-run.ts'

export type { RequestTrick } from './verify/bad-requests.ts'
export type { BadToken } from './verify/bad-tokens.ts'
export type { ServedTestIssuer, ServedTestIssuerOptions } from './verify/node-test-issuer.ts'
export type { TestIssuer, TestIssuerOptions, TestTokenOptions } from './verify/test-issuer.ts'

/**
 * The event of a login of a workspace: its users, applications, APIs, roles and organizations, from tenant.yaml and
 * tenant.local.yaml in the folder `root`. With `protocol`, that of a refresh or a password grant.
 *
 * @throws ToolkitError `ERR_INPUT` for a workspace that cannot be read, `ERR_USAGE` for a name that it does not have.
 */
export async function eventFor(login: LoginOptions = {}, root = '.'): Promise<SimulatedEvent> {
  assertLoginOptions(login)
  const { readWorkspace } = await import('./workspace/index.ts')
  return loginFor(await readWorkspace(root).catch(forSuites), login).event
}

/** The error for a folder that is no workspace, with a hint for suites, which have no flags. */
function forSuites(error: unknown): never {
  if (!(error instanceof ToolkitError) || error.hint?.includes('--workspace') !== true) throw error
  throw new ToolkitError(error.code, error.message, {
    hint: 'Name the folder of the workspace: eventFor(login, root).',
  })
}

/** As `createTestIssuer` of `verify/test-issuer.ts`; loaded when it is called, since most suites need no keys. */
export async function createTestIssuer(options: TestIssuerOptions = {}): Promise<TestIssuer> {
  const issuer = await import('./verify/test-issuer.ts')
  return issuer.createTestIssuer(options)
}

/** As `serveTestIssuer` of `verify/node-test-issuer.ts`. */
export async function serveTestIssuer(options: ServedTestIssuerOptions = {}): Promise<ServedTestIssuer> {
  const issuer = await import('./verify/node-test-issuer.ts')
  return issuer.serveTestIssuer(options)
}

/** An Action: the exports that the test imported, or the path of its file, run in a child process. */
export type ActionUnderTest = Handlers | string

export interface SimulateOptions {
  /** In binding order. Either all exports or all paths. */
  actions: readonly ActionUnderTest[]
  /**
   * A complete event: from {@link postLoginEvent}, or made for Auth0's own test harness. A `secrets` member is what
   * every Action sees as its secrets.
   */
  event: object
  /** What the tenant decides about the tokens. @defaultValue the event's scopes granted, an API with defaults */
  context?: Partial<TokenContext>
  /** Results of `api.roles`, `api.groups` and `api.rules`, and `now` in milliseconds since the epoch. */
  facts?: Readonly<Record<string, unknown>>
  /**
   * What becomes of requests that the Actions send out. With imported exports, mocks of the suite (of `fetch`, nock,
   * msw) answer in any case. @defaultValue `'refuse'`
   */
  network?: Network
  /**
   * Actions Modules, for `require('actions:NAME')` in Actions given by path: the file by name, with what it sees as
   * `actions.secrets`. @defaultValue those that a tenant.yaml in `root` has under `actionModules`
   */
  modules?: Readonly<Record<string, ModuleFile>>
  /**
   * Continue after a redirect: `suspension` of an earlier result. Members of `event` replace those of the event before
   * the redirect; metadata that was written before stays.
   */
  resume?: Suspension
  /** Milliseconds. @defaultValue 20 000 */
  timeoutMilliseconds?: number
  /** Folder that paths are relative to, also those in positions, and where packages are looked up. @defaultValue the working directory */
  root?: string
}

/** What the Actions did, and the tokens as Auth0 would build them. */
export type SimulationResult = Omit<PipelineResult, 'scopes' | 'writes' | 'state'> &
  SettledTokens & {
    /** Scopes that Actions forced onto, or took from, the access token. `scopes` is what came of it. */
    forcedScopes: PipelineResult['scopes']
    /** Each scope that was asked for, added or removed, with its verdict. */
    scopeTrace: TracedScope[]
    /** Of `network.responses` those that answered no request; absent without such a list. */
    unusedResponses?: readonly MockResponse[]
  }

/**
 * Runs Actions as one execution of the post-login trigger and builds both tokens' payloads. With imported exports
 * it runs in this process (breakpoints, coverage); with file paths in a child process, as `claims simulate` does.
 *
 * Does not sign tokens and does not check a contract. A denied login is a result, not an error.
 *
 * @throws ToolkitError `ERR_USAGE` for options that it does not take, and for a mix of exports and paths, `ERR_INPUT` for an event without user, application
 * or request and for a file that cannot be read, `ERR_BUNDLE` for one that cannot be bundled.
 */
export async function simulatePostLogin(options: SimulateOptions): Promise<SimulationResult> {
  assertSimulateOptions(options)
  const { actions, root, modules } = options
  const network = networkOf(options.network)
  const { secrets = {}, ...rest } = options.event as { secrets?: Readonly<Record<string, string>> }
  const event = complete(rest)
  const paths = actions.filter((action) => typeof action === 'string')
  if (paths.length === 0 && modules !== undefined) {
    throw new ToolkitError('ERR_USAGE', 'modules are for Actions given by path', {
      hint: 'An imported Action loads its own: let the test runner find "actions:NAME" (in vitest with resolve.alias).',
    })
  }
  const left = typeof network === 'function' && 'left' in network ? (network as EachOnce).left : undefined
  const unused = left !== undefined && { unusedResponses: left }
  if (paths.length === 0) {
    return { ...(await simulate(event, importedActions(actions, secrets, network), options)), ...unused }
  }
  if (paths.length < actions.length) {
    throw new ToolkitError('ERR_USAGE', 'actions must be all imported exports or all file paths', {
      hint: 'Import the handlers of every Action, or name the file of every Action.',
    })
  }
  const { filesToRun } = await import('./simulator/files-to-run.ts')
  const files = await filesToRun(paths, {
    network,
    secrets,
    ...(root !== undefined && { root }),
    ...(modules !== undefined && { modules }),
  })
  try {
    return { ...(await simulate(event, files, options)), ...unused }
  } finally {
    await files.runtime.stop()
  }
}

function networkOf(given: Network = 'refuse'): Network {
  if (given === 'allow' || given === 'refuse' || typeof given === 'function') return given
  const responses: unknown = (given as { responses?: unknown } | null)?.responses
  if (!Array.isArray(responses) || responses.some((one) => typeof one !== 'object' || one === null)) {
    throw new ToolkitError('ERR_USAGE', 'network is none of the ways to answer requests', {
      hint: "Give 'refuse', 'allow', { responses: [{ url, status, body }] }, or a function of the request.",
    })
  }
  return eachOnce(responses as MockResponse[])
}

interface Runnable {
  actions: RunnableAction[]
  runtime: Runtime
}

async function simulate(
  event: SimulatedEvent,
  { actions, runtime }: Runnable,
  { facts, timeoutMilliseconds, resume, context: given }: SimulateOptions,
): Promise<SimulationResult> {
  const pipeline = await runTrigger(postLogin, {
    actions,
    event,
    runtime,
    ...(facts !== undefined && { facts }),
    ...(timeoutMilliseconds !== undefined && { timeoutMilliseconds }),
    ...(resume !== undefined && { resume: { ...resume, event: merge(copyJson(resume.event), event) } }),
  })
  const context = tokenContextOf(event)
  const decided = { ...withTargetScopes(context, pipeline.targetScopes), ...given }
  const tokens = settleTokens(pipeline, decided)
  const scopeTrace = traceScopes(pipeline, decided, { event, tokens })
  const { scopes: forced, writes: _, state: _state, ...result } = pipeline
  const failed = tokens.failure === undefined ? {} : { outcome: 'error' as const, reason: tokens.failure }
  return { ...result, ...tokens, scopeTrace, forcedScopes: forced, ...failed }
}

function importedActions(
  actions: SimulateOptions['actions'],
  secrets: Readonly<Record<string, string>>,
  network: Network,
): Runnable {
  const handlers: Record<string, Handlers> = {}
  const named = actions.map((action, index) => {
    const name = `action-${index + 1}`
    handlers[name] = action as Handlers
    return runnableAction({ name, code: '', file: name, secrets })
  })
  return { actions: named, runtime: createInProcessRuntime(handlers, { network }) }
}

/** Members without which there is no token, or no event. */
const NEEDED = ['user.user_id', 'client.client_id', 'request.query', 'request.body']

function complete(event: object): SimulatedEvent {
  for (const path of NEEDED) {
    let value: unknown = event
    for (const name of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[name]
    if (value !== undefined) continue
    throw new ToolkitError('ERR_INPUT', `the event has no ${path}`, {
      hint: 'Make a complete one: postLoginEvent({ user: { email: "ada@acme.example" } }).',
    })
  }
  return event as SimulatedEvent
}
