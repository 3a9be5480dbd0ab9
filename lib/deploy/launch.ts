import { type ChildProcess, fork } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { ToolkitError } from '../errors.ts'
import type { TenantFile, Workspace } from '../workspace/types.ts'
import { cliFailure, type ErrorLink } from './cli-failure.ts'
import { markersOf } from './markers.ts'
import type { TenantAccess } from './types.ts'
import type { WireAnswer, WireRequest } from './wire/reads.ts'

const LAUNCHER = fileURLToPath(new URL('./launcher.mjs', import.meta.url))

/** Milliseconds for the last lines of the CLI after its outcome. */
const GRACE = 500

/** What the deploy CLI would write into a folder. */
export interface Exported {
  /** tenant.yaml. In paths stands `=<hexadecimal>=` for each name. */
  assets: TenantFile
  files: [file: string, content: string][]
  /** Types that it could not read (`load`) or not write (`dump`). */
  failed: { type: string; stage: 'load' | 'dump'; errors: ErrorLink[] }[]
}

type Outcome = { ok: true; exported?: Exported } | { ok: false; errors: ErrorLink[] }

/** What the deploy CLI is to do. */
export type CliJob =
  | { mode: 'import'; basePath: string; assets: TenantFile }
  | { mode: 'export'; outputFolder: string }

export interface RunCliOptions extends TenantAccess {
  job: CliJob
  /** A process that {@link withStartedCli} has started. @defaultValue one is started now */
  cli?: StartedCli | undefined
  /**
   * Returns the response to each call of the CLI, which has no network of its own. What it throws is thrown by the run.
   */
  answer: (request: WireRequest) => Promise<WireAnswer>
  /** Working folder of the process. */
  folder: string
  /** The CLI's configuration besides domain and credentials. */
  config: Readonly<Record<string, unknown>>
  /** Values that must not appear in any line or message, and what they were filled into. */
  keywords: Readonly<Record<string, string>>
  workspace?: Pick<Workspace, 'tenant'> & Partial<Pick<Workspace, 'positionOf'>>
  onLine?: (line: string) => void
  signal?: AbortSignal
  timeoutMilliseconds?: number
}

/** A process that loads the deploy CLI, and waits for its one job. */
export interface StartedCli {
  take(): ChildProcess
}

/** Loading the deploy CLI takes half a second: it can begin before the job is known. Nothing is left running. */
export async function withStartedCli<T>(use: (cli: StartedCli) => Promise<T>): Promise<T> {
  let waiting: ChildProcess | undefined = start()
  // The caller that takes it gets the error.
  waiting.on('error', () => {})
  try {
    return await use({
      take() {
        const child = waiting?.exitCode === null && waiting.signalCode === null ? waiting : start()
        waiting = undefined
        return child
      },
    })
  } finally {
    waiting?.kill('SIGKILL')
  }
}

function start(): ChildProcess {
  const child = fork(LAUNCHER, [createRequire(import.meta.url).resolve('auth0-deploy-cli')], {
    // Not those of this process: a loader or an inspector of ours is not for the deploy CLI.
    execArgv: [],
    // A clean environment: the CLI prefers AUTH0_* variables to its configuration.
    env: { AUTH0_LOG: 'info' },
    stdio: ['pipe', 'pipe', 'pipe', 'ipc'],
    cwd: dirname(LAUNCHER),
  })
  child.stdin!.on('error', () => {})
  return child
}

/**
 * Runs the deploy CLI once, in a process of its own with a clean environment and without a network. Returns what an
 * export gives.
 *
 * @throws {ToolkitError} what `answer` throws; `ERR_DEPLOY` for everything else.
 */
export async function runCli(options: RunCliOptions): Promise<Exported | undefined> {
  const { domain, credentials, keywords, onLine } = options
  const secrets = 'accessToken' in credentials ? [credentials.accessToken] : [credentials.clientSecret]
  const { masked } = markersOf(options.workspace, keywords, { plain: [domain], secrets })
  const clean = (text: string) => masked(stripVTControlCharacters(text))
  const child = (options.cli?.take ?? start)()
  let outcome: Outcome | undefined
  let ended: 'timeout' | 'abort' | undefined
  let grace: NodeJS.Timeout | undefined
  let failed: unknown
  const respond = async ({ call, ...request }: WireRequest & { call: number }) => {
    const answer = await options.answer(request).catch((error: unknown) => {
      failed ??= error
      return { error: 'no answer' }
    })
    if (child.connected) child.send({ call, ...answer }, () => {})
  }
  child.on('message', (message: Outcome | (WireRequest & { call: number })) => {
    if ('call' in message) {
      void respond(message)
      return
    }
    outcome = message
    // It ends by itself; this is for what keeps it alive.
    grace = setTimeout(() => child.kill('SIGKILL'), GRACE)
  })
  const stop = (why: 'timeout' | 'abort') => {
    ended = why
    child.kill('SIGKILL')
  }
  const timer = setTimeout(() => stop('timeout'), options.timeoutMilliseconds ?? 180_000)
  const abort = () => stop('abort')
  options.signal?.addEventListener('abort', abort, { once: true })
  if (options.signal?.aborted === true) abort()
  const last: string[] = []
  for (const stream of [child.stdout!, child.stderr!]) {
    createInterface({ input: stream }).on('line', (line) => {
      const plain = clean(line)
      last.push(plain)
      if (last.length > 20) last.shift()
      onLine?.(plain)
    })
  }
  child.stdin!.end(
    JSON.stringify({
      domain,
      folder: options.folder,
      quiet: onLine === undefined,
      ...options.job,
      config: {
        ...options.config,
        AUTH0_DOMAIN: domain,
        // Whoever answers has tried again already. As text: the number 0 means 10.
        AUTH0_API_MAX_RETRIES: '0',
        // The real credentials stay in this process. The CLI leaves the application alone whose credentials it has.
        AUTH0_ACCESS_TOKEN: 'none',
        ...('clientId' in credentials && { AUTH0_CLIENT_ID: credentials.clientId }),
      },
    }),
  )
  await new Promise<void>((resolve, reject) => {
    child.once('close', () => resolve())
    child.once('error', reject)
    // It may have ended before there was a job.
    if (child.exitCode !== null || child.signalCode !== null) resolve()
  })
  clearTimeout(timer)
  clearTimeout(grace)
  options.signal?.removeEventListener('abort', abort)
  if (failed !== undefined) throw failed
  if (outcome?.ok === true) return outcome.exported
  if (ended !== undefined) {
    throw new ToolkitError(
      'ERR_DEPLOY',
      `the deploy CLI was ended ${ended === 'abort' ? 'on request' : 'after its time'}`,
      {
        hint: `Nothing was written. Last line: ${last.at(-1) ?? 'none'}`,
      },
    )
  }
  throw cliFailure(
    options,
    outcome?.errors ?? [{ message: last.join(' ') || 'the deploy CLI ended without a word' }],
    clean,
  )
}
