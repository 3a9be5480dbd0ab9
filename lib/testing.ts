/**
 * For test suites of Actions: run them on an event and look at the tokens. Works in any test runner.
 * The entry point `auth0-claims/testing`.
 */
import { bundleActions } from './bundle/index.ts'
import { ToolkitError } from './errors.ts'
import {
  createInProcessRuntime,
  createIsolatedRuntime,
  type Handlers,
  type Network,
} from './runtime/index.ts'
import type { RunnableAction } from './runtime/types.ts'
import {
  type PipelineResult,
  runPostLogin,
  type SettledTokens,
  type SimulatedEvent,
  type Suspension,
  settleTokens,
  tokenContextOf,
} from './simulator/index.ts'
import type { TokenContext } from './tokens/types.ts'

export type { Handlers, MockResponse, Network } from './runtime/index.ts'
export {
  type ClaimMatchers,
  claimMatchers,
  type DeepPartial,
  postLoginEvent,
  SITUATIONS,
  type SimulatedEvent,
  type Situation,
  situation,
} from './simulator/index.ts'

export type { BadToken } from './verify/bad-tokens.ts'
export { createTestIssuer, type TestIssuer, type TestTokenOptions } from './verify/test-issuer.ts'

/** An Action: the exports that the test imported, or the absolute path of its file, run in a child process. */
export type ActionUnderTest = Handlers | string

export interface SimulateOptions {
  /** In binding order. Either all exports or all paths. */
  actions: readonly ActionUnderTest[]
  /** A complete event; a `secrets` member is what every Action sees as its secrets. */
  event: SimulatedEvent & { secrets?: Readonly<Record<string, string>> }
  /** What the tenant decides about the tokens. @defaultValue the event's scopes granted, an API with defaults */
  context?: Partial<TokenContext>
  /** Answers of `api.roles`, `api.groups`, `api.rules`, and `now` in milliseconds since the epoch. */
  facts?: Readonly<Record<string, unknown>>
  /** Only for paths. @defaultValue `'refuse'` */
  network?: Network
  /** Continue after a redirect: `suspension` of an earlier result. Its event is replaced by `event`. */
  resume?: Suspension
  /** Milliseconds. @defaultValue 20 000 */
  timeoutMilliseconds?: number
  /** Folder that paths in positions are relative to, and where packages are looked up, absolute; for paths only. */
  root?: string
}

/** What the Actions did, and the tokens as Auth0 would build them. */
export type SimulationResult = Omit<PipelineResult, 'scopes' | 'writes'> &
  SettledTokens & {
    /** Scopes that Actions forced onto, or took from, the access token. `scopes` is what came of it. */
    forcedScopes: PipelineResult['scopes']
  }

/**
 * Runs Actions as one execution of the post-login trigger and builds both tokens' payloads. With imported exports
 * it runs in this process (breakpoints, coverage); with file paths in a child process, as `claims simulate` does.
 *
 * Does not sign tokens and does not check a contract. A denied login is a result, not an error.
 *
 * @throws ToolkitError `ERR_USAGE` for a mix of exports and paths, `ERR_BUNDLE` for a file that cannot be bundled.
 */
export async function simulatePostLogin(options: SimulateOptions): Promise<SimulationResult> {
  const { secrets = {}, ...event } = options.event
  const paths = options.actions.filter((action) => typeof action === 'string')
  if (paths.length > 0 && paths.length < options.actions.length) {
    throw new ToolkitError('ERR_USAGE', 'actions must be all imported exports or all file paths', {
      hint: 'Import the handlers of every Action, or name the file of every Action.',
    })
  }
  const isolated = paths.length > 0
  const root = options.root ?? '/'
  const actions = isolated ? await fromFiles(paths, root, secrets) : imported(options.actions.length, secrets)
  const runtime = isolated
    ? await createIsolatedRuntime({
        network: options.network ?? 'refuse',
        ...(options.root !== undefined && { resolveFrom: options.root }),
      })
    : createInProcessRuntime(
        Object.fromEntries(actions.map(({ name }, index) => [name, options.actions[index] as Handlers])),
      )
  try {
    const pipeline = await runPostLogin({
      actions,
      event,
      runtime,
      ...(options.facts !== undefined && { facts: options.facts }),
      ...(options.timeoutMilliseconds !== undefined && { timeoutMilliseconds: options.timeoutMilliseconds }),
      ...(options.resume !== undefined && { resume: { ...options.resume, event } }),
    })
    const context = tokenContextOf(event)
    const scopes = pipeline.targetScopes ?? context.scopes
    const tokens = settleTokens(pipeline, { ...context, scopes, ...options.context })
    const { scopes: forced, writes: _, ...rest } = pipeline
    const failed = tokens.failure === undefined ? {} : { outcome: 'error' as const, reason: tokens.failure }
    return { ...rest, ...tokens, forcedScopes: forced, ...failed }
  } finally {
    await runtime.stop()
  }
}

async function fromFiles(
  paths: readonly string[],
  root: string,
  secrets: Readonly<Record<string, string>>,
): Promise<RunnableAction[]> {
  const sources = paths.map((sourceFile, index) => ({
    name: nameOf(sourceFile, index),
    sourceFile,
    builtFile: sourceFile.replace(/\.[cm]?[jt]s$/, '.bundle.js'),
  }))
  const built = await bundleActions(sources, { root })
  const prefix = root.endsWith('/') ? root : `${root}/`
  return built.map(({ name, code, sourceMap, builtFile }) => ({
    name,
    code,
    sourceMap,
    file: builtFile.startsWith(prefix) && root !== '/' ? builtFile.slice(prefix.length) : builtFile,
    secrets,
  }))
}

function nameOf(path: string, index: number): string {
  return /([^/\\]+?)\.[^.]*$/.exec(path)?.[1] ?? `action-${index + 1}`
}

function imported(count: number, secrets: Readonly<Record<string, string>>): RunnableAction[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `action-${index + 1}`
    return { name, code: '', file: name, secrets }
  })
}
