import { fork } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { ToolkitError } from '../errors.ts'
import type { TenantFile, Workspace } from '../workspace/types.ts'
import { markersOf } from './markers.ts'
import { hintFor, unreachable } from './transport.ts'
import type { TenantAccess } from './types.ts'

const LAUNCHER = fileURLToPath(new URL('./launcher.mjs', import.meta.url))

/** Milliseconds for the last lines of the CLI after its outcome. */
const GRACE = 500

/** One link of the CLI's chain of errors. */
interface ErrorLink {
  message: string
  code?: string
  statusCode?: number
  stage?: string
  type?: string
  answer?: string
}

type Outcome = { ok: true } | { ok: false; errors: ErrorLink[] }

/** What the deploy CLI is to do. */
export type CliJob =
  | { mode: 'import'; basePath: string; assets: TenantFile }
  | { mode: 'export'; outputFolder: string }

export interface RunCliOptions extends TenantAccess {
  job: CliJob
  /** Working folder of the process: a temporary one, since a certificate is put there too. */
  folder: string
  /** The CLI's configuration besides domain and credentials. */
  config: Readonly<Record<string, unknown>>
  /** Values that must not appear in any line or message, and what they were filled into. */
  keywords: Readonly<Record<string, string>>
  workspace?: Pick<Workspace, 'tenant'>
  onLine?: (line: string) => void
  signal?: AbortSignal
  timeoutMilliseconds?: number
}

/**
 * Runs the deploy CLI once, in a process of its own with a clean environment.
 *
 * @throws {ToolkitError} `ERR_ENVIRONMENT` when the tenant is not reachable, `ERR_DEPLOY` for everything else.
 */
export async function runCli(options: RunCliOptions): Promise<void> {
  const { domain, credentials, certificate, keywords, onLine } = options
  const pem = join(options.folder, 'certificate.pem')
  if (certificate !== undefined) await writeFile(pem, certificate, { mode: 0o600 })
  const secrets = 'accessToken' in credentials ? [credentials.accessToken] : [credentials.clientSecret]
  const { masked } = markersOf(options.workspace, keywords, { plain: [domain], secrets })
  const clean = (text: string) => masked(stripVTControlCharacters(text))
  try {
    const child = fork(LAUNCHER, [], {
      // Not those of this process: a loader or an inspector of ours is not for the deploy CLI.
      execArgv: [],
      // A clean environment: the CLI prefers AUTH0_* variables to its configuration.
      env: { AUTH0_LOG: 'info', ...wayToTenant(certificate === undefined ? undefined : pem) },
      stdio: ['pipe', 'pipe', 'pipe', 'ipc'],
      cwd: options.folder,
    })
    let outcome: Outcome | undefined
    let ended: 'timeout' | 'abort' | undefined
    let grace: NodeJS.Timeout | undefined
    child.on('message', (message) => {
      outcome = message as Outcome
      // A connection that broke can keep the process for minutes after all is said.
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
    child.stdin!.on('error', () => {})
    child.stdin!.end(
      JSON.stringify({
        domain,
        local: options.local,
        cli: createRequire(import.meta.url).resolve('auth0-deploy-cli'),
        ...options.job,
        config: {
          ...options.config,
          AUTH0_DOMAIN: domain,
          // As text: the number 0 means 10.
          ...(options.local ? { AUTH0_API_MAX_RETRIES: '0' } : { AUTH0_API_MAX_RETRIES: '3' }),
          ...('accessToken' in credentials
            ? { AUTH0_ACCESS_TOKEN: credentials.accessToken }
            : { AUTH0_CLIENT_ID: credentials.clientId, AUTH0_CLIENT_SECRET: credentials.clientSecret }),
        },
      }),
    )
    await new Promise<void>((resolve, reject) => {
      child.once('close', () => resolve())
      child.once('error', reject)
    })
    clearTimeout(timer)
    clearTimeout(grace)
    options.signal?.removeEventListener('abort', abort)
    if (outcome?.ok === true) return
    if (ended !== undefined) {
      throw new ToolkitError(
        'ERR_DEPLOY',
        `the deploy CLI was ended ${ended === 'abort' ? 'on request' : 'after its time'}`,
        {
          hint: `What was written stays written. Last line: ${last.at(-1) ?? 'none'}`,
        },
      )
    }
    throw failure(
      options,
      outcome?.errors ?? [{ message: last.join(' ') || 'the deploy CLI ended without a word' }],
      clean,
    )
  } finally {
    await rm(pem, { force: true })
  }
}

/** What of our environment says how the network is reached. Everything else stays out. */
const NETWORK = [
  'HTTPS_PROXY',
  'https_proxy',
  'NO_PROXY',
  'no_proxy',
  'NODE_USE_ENV_PROXY',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
]

function wayToTenant(pem: string | undefined): Record<string, string> {
  // The local tenant's own certificate is all that it takes, and no proxy is on the way to it.
  if (pem !== undefined) return { NODE_EXTRA_CA_CERTS: pem }
  const names = ['NODE_EXTRA_CA_CERTS', ...NETWORK]
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])))
}

function failure(
  { domain, job }: RunCliOptions,
  errors: readonly ErrorLink[],
  clean: (text: string) => string,
): ToolkitError {
  const network = errors.find(
    ({ code }) => code !== undefined && /^E[A-Z]+$|CERT|SIGNATURE|^ERR_TLS/.test(code),
  )
  if (
    network !== undefined &&
    /^(ECONN|ENOTFOUND|EAI_|ETIMEDOUT|EPIPE|EHOST)|CERT|SIGNATURE|TLS/.test(network.code!)
  ) {
    return unreachable(domain, Object.assign(new Error(clean(network.message)), { code: network.code }))
  }
  const messages: string[] = []
  for (const { message, answer } of errors) {
    for (const text of [message, answer]) {
      if (text === undefined) continue
      const line = withoutJson(clean(text).replaceAll(/\s+/g, ' ').trim())
      if (line !== '' && !messages.some((known) => known.includes(line))) messages.push(line)
    }
  }
  const told = /Status code: (\d{3})/.exec(errors.map(({ message }) => message).join(' '))?.[1]
  const status =
    errors.find(({ statusCode }) => statusCode !== undefined)?.statusCode ??
    (told === undefined ? undefined : Number(told))
  const type = errors.find((link) => link.type !== undefined)?.type
  return new ToolkitError(
    'ERR_DEPLOY',
    `the ${job.mode === 'import' ? 'deploy to' : 'export of'} "${domain}" failed${type === undefined ? '' : ` at ${type}`}: ${messages.join(': ')}`,
    { hint: hintFor(status) },
  )
}

/** What the tenant said, instead of the whole answer that the CLI puts into its messages. */
function withoutJson(line: string): string {
  const answer = /Status code: (\d{3}) Body: (?=\{)/.exec(line)
  if (answer === null) return line
  const start = answer.index + answer[0].length
  const end = line.lastIndexOf('}') + 1
  try {
    const { message } = JSON.parse(line.slice(start, end)) as { message: string }
    return `${withoutErrorNames(line.slice(0, answer.index))}${answer[1]} ${message}${line.slice(end)}`
  } catch {
    return line
  }
}

/** Without `APIError: Error: ` and the like at its end. */
function withoutErrorNames(text: string): string {
  let rest = text
  for (;;) {
    const name = /\b\w{0,60}Error:? $/.exec(rest.slice(-70))
    if (name === null) return rest
    rest = rest.slice(0, -name[0].length)
  }
}
