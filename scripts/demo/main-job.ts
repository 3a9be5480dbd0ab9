/**
 * The main job, once, on real parts: from an Action's TypeScript source to an API that accepts the enriched
 * token. Each step prints one block; what fails stops the job with an error that says what to do.
 */
import { readFile } from 'node:fs/promises'
import { relative } from 'node:path'
import { type BuiltAction, tryBundleActions } from '../../lib/bundle/index.ts'
import { readConfiguration } from '../../lib/check/configuration.ts'
import { checkWorkspace } from '../../lib/check/index.ts'
import { claimTable } from '../../lib/cli/claim-table.ts'
import { type Contract, readContracts } from '../../lib/contract/index.ts'
import {
  deployWithCli,
  managementReader,
  markerNames,
  markerValues,
  type TenantAccess,
} from '../../lib/deploy/index.ts'
import { ToolkitError } from '../../lib/errors.ts'
import type { Finding } from '../../lib/finding.ts'
import {
  authorizationUrl,
  codeChallenge,
  createCodeVerifier,
  discover,
  exchangeCode,
  listenOnLoopback,
  logIn,
  OAuthClientError,
  randomValue,
  readCallback,
  refresh,
  type TokenResponse,
  type UserAgentStep,
  verifyIdToken,
} from '../../lib/oauth/index.ts'
import { countFindings, formatFindings, table } from '../../lib/report/index.ts'
import { startTenant, type Tenant } from '../../lib/tenant/index.ts'
import { createVerifier } from '../../lib/verify/index.ts'
import { type LocalFile, readWorkspace, type Workspace } from '../../lib/workspace/index.ts'
import type { OrdersAccessToken } from '../../schemas/claims/types.ts'
import type { DemoOptions } from './options.ts'
import { type OrdersApi, startOrdersApi } from './orders-api.ts'
import { type Printer, type StepResult, shortened } from './printer.ts'

const CLIENT = 'Acme CLI'
const REDIRECT_URI = 'http://localhost:8400/callback'
const AUDIENCE = 'https://orders.acme.example/'
/** For who gives the demonstration a workspace that is not its copy. */
const OWN_WORKSPACE =
  'In a workspace of your own: claims tenant keeps its tenant running, claims login shows the tokens of a user, claims prove searches for a login that breaks something.'
/** delete:orders is asked for, and no role of the example grants it. */
const SCOPE = 'openid profile email offline_access read:orders write:orders delete:orders'
const REDUCED_SCOPE = 'openid offline_access read:orders'

/** The job stops, and what is wrong are findings in the user's files. */
export class FindingsError extends Error {
  readonly findings: readonly Finding[]

  constructor(findings: readonly Finding[]) {
    super('the check found errors')
    this.findings = findings
  }
}

/** Where the Actions go, and how users log in there. */
interface Target {
  access: TenantAccess
  issuer: string
  /** Values for the ##KEY## markers of tenant.yaml. */
  keywords: Readonly<Record<string, string>>
  /** Brings the callback that the tenant sends the browser to. */
  authorize(url: URL): Promise<{ callback: URL; lines: string[] }>
  /** Name of the organization to log in to. */
  organization?: string
  /** The embedded tenant; it also knows what the Actions did. */
  local?: Tenant
}

/**
 * Runs all steps in order.
 *
 * @throws {FindingsError} when the check finds an error.
 * @throws {ToolkitError} for everything else that is wrong.
 */
export async function runMainJob(
  options: DemoOptions,
  env: Readonly<Record<string, string | undefined>>,
  output: Printer,
): Promise<void> {
  const cleanUp: (() => Promise<void>)[] = []
  try {
    await steps(options, env, output, cleanUp)
  } finally {
    for (const stop of cleanUp.reverse()) await stop()
  }
}

async function steps(
  options: DemoOptions,
  env: Readonly<Record<string, string | undefined>>,
  output: Printer,
  cleanUp: (() => Promise<void>)[],
): Promise<void> {
  const { workspace, built } = await output.step('Build the Actions', () => build(options.workspace))
  const { contract } = await output.step('Check claim names and contracts', () => check(workspace, built))
  const { target } = await output.step(
    options.domain === undefined ? 'Start the local tenant' : 'Reach the tenant',
    () =>
      options.domain === undefined
        ? startLocal(options, workspace, built, cleanUp)
        : reachReal(options.domain, workspace, env),
  )
  await output.step('Deploy with auth0-deploy-cli', () => deploy(workspace, built, target))

  const verifier = createCodeVerifier()
  await output.step('Make the code verifier', async () => ({
    facts: [['code_verifier', shortened(verifier)]],
  }))
  const challenge = codeChallenge(verifier)
  await output.step('Make the code challenge', async () => ({
    facts: [
      ['code_challenge', challenge],
      ['method', 'S256: BASE64URL(SHA-256(code_verifier))'],
    ],
  }))
  const client = await output.step('Authorize', () => authorize(target, challenge))
  const { tokens } = await output.step('Request tokens', () => requestTokens(target, client, verifier))
  await output.step('See what the Actions did', async () => actionsDid(target, tokens))

  const api = await startOrdersApi(
    createVerifier<OrdersAccessToken>({ issuer: target.issuer, audience: AUDIENCE, contract }),
  )
  cleanUp.push(() => api.stop())
  await output.step('Call the API', () => callApi(api, tokens.access_token))
  await output.step('Refresh', () => refreshTokens(target, client.client_id, tokens, api))

  const total = output.times.reduce((sum, { milliseconds }) => sum + milliseconds, 0)
  await output.step('Summary', async () => ({
    lines: [
      'Proved: what was deployed is what ran at login; every claim of the contract arrived in the token;',
      'the API accepts it, and refuses tampered, missing, under-scoped and replayed credentials.',
      '',
      ...output.times.map(
        ({ title, milliseconds }) => `${(milliseconds / 1000).toFixed(2).padStart(6)} s  ${title}`,
      ),
      `${(total / 1000).toFixed(2).padStart(6)} s  in all`,
      '',
      'Next:  npx claims check              which claims will not arrive, and why',
      '       npx claims simulate           run the Actions for one login, without a tenant',
      '       npx claims tenant             keep the local tenant running for your app',
    ],
  }))
}

async function build(folder: string) {
  const workspace = await readWorkspace(folder)
  const { built, findings } = await tryBundleActions(workspace.actions, { root: workspace.root })
  if (countFindings(findings).errors > 0) throw new FindingsError(findings)
  return {
    workspace,
    built,
    facts: built.map(
      ({ name, sourceFile, bytes, exports }) =>
        [
          name,
          `${relative(workspace.root, sourceFile)}, ${bytes} bytes bundled, exports ${exports.join(', ')}`,
        ] as const,
    ),
  }
}

async function check(workspace: Workspace, built: readonly BuiltAction[]) {
  const contracts = await readContracts(workspace.contractFiles, (file) => readFile(file, 'utf8'), {
    root: workspace.root,
  })
  const findings = await checkWorkspace(workspace, built)
  const { errors, warnings } = countFindings(findings)
  if (errors > 0) throw new FindingsError(findings)
  return {
    contract: contractFor(contracts),
    facts: [
      ['contracts', contracts.map(({ title, claims }) => `${title} (${claims.length} claims)`).join(', ')],
      ['findings', `${errors} errors, ${warnings} warnings`],
    ] as const,
    lines: findings.length === 0 ? [] : formatFindings(findings).split('\n'),
  }
}

function contractFor(contracts: readonly Contract[]): Contract {
  const contract = contracts.find(({ audience }) => audience === AUDIENCE)
  if (contract !== undefined) return contract
  throw new ToolkitError('ERR_CONTRACT', `there is no contract for the audience "${AUDIENCE}"`, {
    hint: `npm start shows the example of this repository and its API. ${OWN_WORKSPACE}`,
  })
}

async function startLocal(
  options: DemoOptions,
  workspace: Workspace,
  built: readonly BuiltAction[],
  cleanUp: (() => Promise<void>)[],
): Promise<StepResult & { target: Target }> {
  const { local } = workspace
  const user =
    options.user === ''
      ? (local?.users.find(({ email }) => organizationWithRole(local, email) !== undefined) ??
        local?.users[0])
      : local?.users.find(({ email }) => email === options.user)
  if (local === undefined || user === undefined) {
    throw new ToolkitError(
      local === undefined ? 'ERR_INPUT' : 'ERR_USAGE',
      local === undefined
        ? 'there is no tenant.local.yaml'
        : `tenant.local.yaml has no user "${options.user}"`,
      { hint: 'The local tenant takes its users from tenant.local.yaml.' },
    )
  }
  const maps = new Map(built.map(({ code, sourceMap }) => [code, sourceMap]))
  const tenant = await startTenant({ local, port: options.port, sourceMapFor: (code) => maps.get(code) })
  cleanUp.push(() => tenant.stop())
  const { url, certificate, client } = await tenant.management()
  const target: Target = {
    access: {
      domain: new URL(url).host,
      credentials: { clientId: client.client_id, clientSecret: client.client_secret },
      certificate,
      local: true,
    },
    issuer: tenant.issuer,
    keywords: local.keywords ?? {},
    local: tenant,
    ...organizationOf(local, user),
    async authorize(url) {
      const { callback, steps: pages } = await logIn(url, REDIRECT_URI, {
        username: user.email,
        password: options.password ?? user.password,
      })
      return { callback, lines: pages.map(pageLine) }
    },
  }
  return {
    target,
    facts: [
      ['apps', tenant.url],
      ['management', url],
      [
        'users',
        local.users.map(({ email, roles }) => `${email} (${roles?.join(', ') || 'no role'})`).join(', '),
      ],
      [
        'members',
        (local.organizations ?? [])
          .map(
            ({ name, members }) =>
              `${name}: ${members.map(({ user, roles }) => `${user} (${roles?.join(', ') || 'no role'})`).join(', ')}`,
          )
          .join('; ') || 'none',
      ],
    ] as const,
  }
}

/** Only the roles of the membership count in an organization: one where the user has a role goes before others. */
function organizationOf(
  local: LocalFile,
  { email, roles = [] }: LocalFile['users'][number],
): Pick<Target, 'organization'> {
  const joined = local.organizations?.find(({ members }) => members.some(({ user }) => user === email))
  const name = organizationWithRole(local, email) ?? (roles.length === 0 ? joined?.name : undefined)
  return name === undefined ? {} : { organization: name }
}

function organizationWithRole({ organizations = [] }: LocalFile, email: string): string | undefined {
  return organizations.find(({ members }) =>
    members.some(({ user, roles = [] }) => user === email && roles.length > 0),
  )?.name
}

async function reachReal(
  domain: string,
  workspace: Workspace,
  env: Readonly<Record<string, string | undefined>>,
): Promise<StepResult & { target: Target }> {
  const accessToken = env['AUTH0_ACCESS_TOKEN']
  const clientId = env['AUTH0_CLIENT_ID']
  const clientSecret = env['AUTH0_CLIENT_SECRET']
  if (!accessToken && !(clientId && clientSecret)) {
    throw new ToolkitError('ERR_USAGE', `there are no credentials for "${domain}"`, {
      hint: 'Set AUTH0_CLIENT_ID and AUTH0_CLIENT_SECRET, or AUTH0_ACCESS_TOKEN.',
    })
  }
  const issuer = `https://${domain}/`
  await discover(issuer)
  const { markers: declared } = await readConfiguration(workspace.root)
  const keywords = markerValues({ names: markerNames(workspace), declared, environment: env })
  const target: Target = {
    access: {
      domain,
      credentials: accessToken ? { accessToken } : { clientId: clientId!, clientSecret: clientSecret! },
      local: false,
    },
    issuer,
    keywords,
    async authorize(url) {
      const listener = await listenOnLoopback(REDIRECT_URI)
      try {
        // The one line that cannot wait for the end of its step: the user must act on it.
        process.stderr.write(`Open this address in a browser and log in:\n${url}\n`)
        return { callback: await listener.callback, lines: ['logged in with a browser'] }
      } finally {
        await listener.stop()
      }
    },
  }
  return {
    target,
    facts: [
      ['issuer', issuer],
      ['keywords', Object.keys(keywords).join(', ') || 'none'],
    ] as const,
  }
}

async function deploy(workspace: Workspace, built: readonly BuiltAction[], { access, keywords }: Target) {
  const { actions, bindings, milliseconds } = await deployWithCli({ workspace, built, keywords, ...access })
  return {
    facts: [
      ['domain', access.domain],
      ...actions.map(
        ({ name, version, codeHash }) =>
          [name, `version ${version} deployed, SHA-256 ${codeHash.slice(0, 12)}…`] as const,
      ),
      ['post-login', (bindings['post-login'] ?? []).join(' → ')],
      ['read back', `equal to what was sent, after ${(milliseconds / 1000).toFixed(1)} s`],
    ] as const,
  }
}

async function authorize(target: Target, challenge: string) {
  const tenant = managementReader(target.access)
  const clients = await tenant.list('/clients?is_global=false', 'clients')
  const client_id = clients.find(({ name }) => name === CLIENT)?.['client_id']
  if (typeof client_id !== 'string') {
    throw new ToolkitError('ERR_INPUT', `the tenant has no client "${CLIENT}"`, {
      hint: `npm start logs in as the client "${CLIENT}" of the example. ${OWN_WORKSPACE}`,
    })
  }
  const organization =
    target.organization === undefined
      ? {}
      : {
          organization: String(
            ((await tenant.get(`/organizations/name/${target.organization}`)) as { id: string }).id,
          ),
        }
  const state = randomValue()
  const nonce = randomValue()
  const url = authorizationUrl({
    issuer: target.issuer,
    client_id,
    redirect_uri: REDIRECT_URI,
    scope: SCOPE,
    audience: AUDIENCE,
    state,
    nonce,
    code_challenge: challenge,
    ...organization,
  })
  const { callback, lines } = await target.authorize(url)
  const { code } = readCallback(callback, { state })
  return {
    client_id,
    nonce,
    code,
    facts: [
      ['GET', `${url.origin}${url.pathname}`],
      ...[...url.searchParams].map(([name, value]) => [`  ${name}`, value] as const),
      ['callback', `${callback.origin}${callback.pathname}?code=${shortened(code)}&state=${state}`],
      ['state', 'is the one that was sent'],
    ] as const,
    lines,
  }
}

function pageLine({ method, url, status, title, location }: UserAgentStep): string {
  const path = new URL(url).pathname
  const what =
    location === undefined ? `"${title ?? ''}"` : `→ ${new URL(location).host}${new URL(location).pathname}`
  return `${method.padEnd(4)} ${path}  ${status}  ${what}`
}

async function requestTokens(
  target: Target,
  { client_id, code, nonce }: { client_id: string; code: string; nonce: string },
  code_verifier: string,
) {
  const { issuer } = target
  const tokens = await exchangeCode({ issuer, client_id, code, code_verifier, redirect_uri: REDIRECT_URI })
  if (tokens.id_token === undefined || tokens.refresh_token === undefined) {
    throw new ToolkitError('ERR_OAUTH', 'the tenant gave no ID token or no refresh token', {
      hint: 'The API must allow offline access, and the client needs the grant refresh_token with rotation.',
    })
  }
  const idToken = await verifyIdToken(tokens.id_token, { issuer, client_id, nonce })
  const accessToken = await createVerifier({ issuer, audience: AUDIENCE }).verify(tokens.access_token)
  return {
    tokens: { ...tokens, id_token: tokens.id_token, refresh_token: tokens.refresh_token },
    facts: [
      ['access_token', shortened(tokens.access_token)],
      ['id_token', shortened(tokens.id_token)],
      ['refresh_token', shortened(tokens.refresh_token)],
      ['token_type', tokens.token_type],
      ['expires_in', `${tokens.expires_in} s`],
      ['scope', tokens.scope ?? 'as requested'],
      ['id_token', `signature, issuer, audience and nonce verified for ${idToken.sub}`],
      ['access_token', `signature, issuer and audience verified for ${accessToken.sub}`],
    ] as const,
  }
}

function actionsDid({ local }: Target, tokens: TokenResponse) {
  const execution = local?.executions.at(-1)
  if (execution?.tokens === undefined) {
    const claims = Object.entries(payloadOf(tokens.access_token)).filter(([name]) => name.includes('://'))
    return {
      lines: [
        ...table([
          ['claim', 'value in the access token'],
          ...claims.map(([name, value]) => [name, JSON.stringify(value)]),
        ]),
        'Which Action and line set a claim is known on the local tenant only.',
      ],
    }
  }
  const { writes } = execution.tokens
  const { add, remove } = execution.pipeline.scopes
  return {
    lines: [
      ...claimTable(writes),
      ...add.map((scope) => `scope ${scope} added`),
      ...remove.map((scope) => `scope ${scope} removed`),
    ],
  }
}

/** For display only: nothing is verified. */
function payloadOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))
}

async function callApi(api: OrdersApi, accessToken: string) {
  const rows = [
    await expectStatus(api, 'GET', '/orders', 200, 'the token', accessToken),
    await expectStatus(api, 'GET', '/orders/export', 200, 'a scope that an Action added', accessToken),
    await expectStatus(api, 'GET', '/orders', 401, 'no token'),
    await expectStatus(api, 'GET', '/orders', 401, 'a tampered token', tampered(accessToken)),
    await expectStatus(api, 'DELETE', '/orders', 403, 'a scope that was not granted', accessToken),
  ]
  return { facts: [['Orders API', api.url]] as const, lines: rows.flat() }
}

/** One call; anything but the expected status fails the job. */
async function expectStatus(
  api: OrdersApi,
  method: string,
  path: string,
  expected: number,
  what: string,
  token?: string,
): Promise<string[]> {
  const response = await fetch(`${api.url}${path}`, {
    method,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  })
  await response.body?.cancel()
  const challenge = response.headers.get('www-authenticate')
  if (response.status !== expected) {
    throw new ToolkitError(
      'ERR_OAUTH',
      `the API answered ${response.status} to ${method} ${path} with ${what}, not ${expected}`,
      {
        hint: challenge === null ? 'See the output above.' : `It says: ${challenge}`,
      },
    )
  }
  const line = `${response.status}  ${method.padEnd(6)} ${path.padEnd(15)} with ${what}`
  return challenge === null ? [line] : [line, `     WWW-Authenticate: ${challenge}`]
}

/** The token with a scope written into its payload, under the signature of the original. */
function tampered(token: string): string {
  const [header = '', , signature = ''] = token.split('.')
  const payload = { ...payloadOf(token), scope: 'read:orders write:orders delete:orders' }
  return [header, Buffer.from(JSON.stringify(payload)).toString('base64url'), signature].join('.')
}

async function refreshTokens(
  { issuer, local }: Target,
  client_id: string,
  tokens: TokenResponse & { refresh_token: string },
  api: OrdersApi,
) {
  const runsBefore = local?.executions.length ?? 0
  const renewed = await refresh({
    issuer,
    client_id,
    refresh_token: tokens.refresh_token,
    scope: REDUCED_SCOPE,
  })
  if (renewed.refresh_token === undefined || renewed.refresh_token === tokens.refresh_token) {
    throw new ToolkitError('ERR_OAUTH', 'the refresh token was not rotated', {
      hint: 'Set rotation_type: rotating in the client’s refresh_token settings.',
    })
  }
  if (local !== undefined && local.executions.length !== runsBefore + 1) {
    throw new ToolkitError('ERR_OAUTH', 'the Actions did not run on the refresh')
  }
  const accepted = await expectStatus(api, 'GET', '/orders', 200, 'the new token', renewed.access_token)
  const reduced = await expectStatus(
    api,
    'POST',
    '/orders',
    403,
    'a scope that the refresh gave up',
    renewed.access_token,
  )
  const refused = await refresh({ issuer, client_id, refresh_token: tokens.refresh_token }).then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof OAuthClientError && error.error === 'invalid_grant') return error
      throw error
    },
  )
  if (refused === undefined) throw new ToolkitError('ERR_OAUTH', 'the old refresh token was accepted again')
  return {
    facts: [
      ['access_token', shortened(renewed.access_token)],
      ['refresh_token', `${shortened(renewed.refresh_token)}, a new one`],
      ['scope', `${renewed.scope ?? ''}`],
      ['Actions', local === undefined ? 'ran at the tenant' : 'ran again'],
      ['old token', `refused: ${refused.error}, ${refused.error_description ?? ''}`],
    ] as const,
    lines: [...accepted, ...reduced],
  }
}
