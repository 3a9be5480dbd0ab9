import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { ToolkitError } from '../errors.ts'
import type { TenantFile } from '../workspace/types.ts'
import { selectedEntities } from './entities.ts'
import { isLoopbackDomain } from './loopback.ts'
import { cleaned, codeToSend, resolvedTenant } from './markers.ts'
import { codeHash, readBack } from './read-back.ts'
import { unreachable } from './transport.ts'
import type { DeployOptions, DeployReport, ReadBack } from './types.ts'

const LAUNCHER = fileURLToPath(new URL('./launcher.mjs', import.meta.url))

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

/**
 * Deploys the workspace's tenant.yaml and built Actions with the real auth0-deploy-cli, in a process of its own that
 * inherits no `AUTH0_*` variable, and then reads back what the tenant has. Writes everything in tenant.yaml, or what
 * `only` names; deletes nothing. Does not build, check or ask.
 *
 * @throws {ToolkitError} `ERR_INPUT` for a marker without a value or an Action that is not built, before anything is
 * sent; `ERR_ENVIRONMENT` when the tenant is not reachable; `ERR_DEPLOY` when it refuses, or when what is read back
 * differs from what was sent.
 */
export async function deployWithCli(options: DeployOptions): Promise<DeployReport> {
  const { workspace, domain, keywords } = options
  if (options.local && !isLoopbackDomain(domain)) {
    throw new ToolkitError('ERR_DEPLOY', `"${domain}" is not on this machine, and this is a local deploy`, {
      hint: 'Name the real tenant explicitly.',
    })
  }
  const tenant = selectedEntities(resolvedTenant(workspace, keywords), options.only)
  const codes = await codeToSend(workspace, keywords)
  const begin = performance.now()
  await runLauncher(options, tenant)
  const milliseconds = Math.round(performance.now() - begin)
  const triggers = Object.keys(workspace.tenant.triggers ?? { 'post-login': [] })
  const state = await readBack(options, triggers)
  const differences = differencesTo(options, tenant, codes, state)
  if (differences.length > 0) {
    throw new ToolkitError(
      'ERR_DEPLOY',
      `"${domain}" does not have what was sent: ${differences.join('; ')}`,
      {
        hint: 'Somebody else may have written at the same time. Run the deploy again.',
      },
    )
  }
  return { domain, milliseconds, ...state }
}

function differencesTo(
  { workspace }: DeployOptions,
  sent: TenantFile,
  codes: ReadonlyMap<string, string>,
  state: ReadBack,
): string[] {
  const differences: string[] = []
  for (const entry of sent.actions ?? []) {
    const name = String(entry['name'])
    const action = workspace.actions.find((candidate) => candidate.name === name)
    const deployed = state.actions.find((candidate) => candidate.name === name)
    if (action === undefined) continue
    if (deployed === undefined) {
      differences.push(`the Action "${name}" is missing`)
      continue
    }
    if (action.deployed && !deployed.deployed) differences.push(`"${name}" is not deployed`)
    if (action.deployed && !deployed.allChangesDeployed)
      differences.push(`the draft of "${name}" is not what is deployed`)
    if (codeHash(codes.get(name) ?? '') !== deployed.codeHash)
      differences.push(`the code of "${name}" differs`)
    if (action.runtime !== deployed.runtime)
      differences.push(`the runtime of "${name}" is ${deployed.runtime}`)
    const secrets = action.secrets.map((secret) => secret.name).sort()
    if (secrets.join() !== deployed.secrets.join()) differences.push(`the secrets of "${name}" differ`)
  }
  for (const [trigger, bindings] of Object.entries(sent.triggers ?? {})) {
    const wanted = bindings.map((binding) => binding.action_name)
    const actual = state.bindings[trigger] ?? []
    if (JSON.stringify(wanted) !== JSON.stringify(actual)) {
      differences.push(
        `${trigger} runs ${actual.join(', ') || 'nothing'} instead of ${wanted.join(', ') || 'nothing'}`,
      )
    }
  }
  return differences
}

async function runLauncher(options: DeployOptions, assets: TenantFile): Promise<void> {
  const { domain, credentials, certificate, keywords, onLine, workspace } = options
  const folder = await mkdtemp(join(tmpdir(), 'auth0-claims-deploy-'))
  const pem = join(folder, 'certificate.pem')
  if (certificate !== undefined) await writeFile(pem, certificate, { mode: 0o600 })
  const secrets = 'accessToken' in credentials ? [credentials.accessToken] : [credentials.clientSecret]
  const clean = (text: string) => cleaned(text, keywords, secrets)
  try {
    const child = spawn(process.execPath, [LAUNCHER], {
      // A clean environment: the CLI prefers AUTH0_* variables to its configuration.
      env: { AUTH0_LOG: 'info', ...(certificate === undefined ? {} : { NODE_EXTRA_CA_CERTS: pem }) },
      stdio: ['pipe', 'pipe', 'pipe', 'ipc'],
      cwd: workspace.root,
    })
    let outcome: Outcome | undefined
    let ended: 'timeout' | 'abort' | undefined
    child.on('message', (message) => {
      outcome = message as Outcome
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
        basePath: workspace.root,
        prune: !('prompts' in assets),
        assets,
        config: {
          AUTH0_DOMAIN: domain,
          AUTH0_KEYWORD_REPLACE_MAPPINGS: keywords,
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
    options.signal?.removeEventListener('abort', abort)
    if (outcome?.ok === true) return
    if (ended !== undefined) {
      throw new ToolkitError(
        'ERR_DEPLOY',
        `the deploy to "${domain}" was ended ${ended === 'abort' ? 'on request' : 'after its time'}`,
        {
          hint: `What was written stays written. Last line: ${last.at(-1) ?? 'none'}`,
        },
      )
    }
    throw failure(
      domain,
      outcome?.errors ?? [{ message: last.join(' ') || 'the deploy CLI ended without a word' }],
      clean,
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function failure(
  domain: string,
  errors: readonly ErrorLink[],
  clean: (text: string) => string,
): ToolkitError {
  const network = errors.find(
    ({ code }) => code !== undefined && /^(E[A-Z]+|.*CERT.*|.*SIGNATURE.*|ERR_TLS.*)$/.test(code),
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
      const line = clean(text).replaceAll(/\s+/g, ' ').trim()
      if (line !== '' && !messages.some((known) => known.includes(line))) messages.push(line)
    }
  }
  const status = errors.find(({ statusCode }) => statusCode !== undefined)?.statusCode
  const type = errors.find((link) => link.type !== undefined)?.type
  return new ToolkitError(
    'ERR_DEPLOY',
    `the deploy to "${domain}" failed${type === undefined ? '' : ` at ${type}`}: ${messages.join(': ')}`,
    { hint: hintFor(status) },
  )
}

function hintFor(status: number | undefined): string {
  if (status === 401) return 'The credentials are not acceptable to this tenant.'
  if (status === 403) return 'Give the application the scope that the message names.'
  if (status === 429) return 'The tenant limits the rate of calls. Wait a minute and deploy again.'
  if (status !== undefined && status >= 500)
    return 'The tenant failed. Deploy again; what was written is written again.'
  return 'Correct what the message names and deploy again.'
}
