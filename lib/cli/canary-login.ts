import { readFile } from 'node:fs/promises'
import { request } from 'node:https'
import { Readable } from 'node:stream'
import { type Contract, readContracts } from '../contract/index.ts'
import { managementReader, markersOf, type TenantAccess } from '../deploy/index.ts'
import { ToolkitError } from '../errors.ts'
import { type Fetch, logIn } from '../oauth/index.ts'
import { AccessTokenError, createVerifier } from '../verify/node.ts'
import { type ApiEntry, entitiesOf, type Workspace } from '../workspace/index.ts'
import type { Terminal } from './command.ts'
import { localUser, loopbackCallback, pkceLogin, throughBrowser, usualApp } from './pkce-login.ts'

/** A login after a deploy, to see that the tokens are what the contracts say. */
export interface Canary {
  /** E-mail address: of a user of tenant.local.yaml, or of the person at the browser. */
  user: string
  workspace: Workspace
  access: TenantAccess
  keywords: Readonly<Record<string, string>>
}

/**
 * Finds out before a deploy what a canary login needs, and returns the login itself: one for each API of tenant.yaml
 * that has a contract, else one without an API. The login looks at the ID token and the access token; it says in
 * one line who logged in where. A local tenant gets the password of tenant.local.yaml, a real one a browser.
 *
 * @throws {ToolkitError} `ERR_USAGE` when no application or no user can log in. The login: `ERR_DEPLOY` with the
 * claims at fault, never their values.
 */
export async function canaryLogin(terminal: Terminal, canary: Canary): Promise<() => Promise<string[]>> {
  const { workspace, access, keywords, user } = canary
  // What has no value yet is refused by the plan.
  const { clients = [], resourceServers = [] } = entitiesOf(
    markersOf(workspace, keywords).filled(workspace.tenant),
  )
  const apps = clients.filter((app) => loopbackCallback(app) !== undefined)
  const app = usualApp(apps)
  if (app === undefined) {
    throw new ToolkitError('ERR_USAGE', 'no application of tenant.yaml has a callback on http://localhost', {
      hint: 'Give a native application the callback http://localhost:8400/callback, or leave --canary out.',
    })
  }
  const person = access.local ? localUser(workspace.local, user) : undefined
  const contracts = await readContracts(workspace.contractFiles, (file) => readFile(file, 'utf8'), {
    root: workspace.root,
  })
  const redirect_uri = loopbackCallback(app)!
  const fetch = access.certificate === undefined ? undefined : trusting(access.certificate)

  return async () => {
    const issuer = `https://${access.domain}/`
    const client_id = await clientIdOf(access, app.name)
    const lines: string[] = []
    for (const { audience, scope } of apisOf(resourceServers, contracts)) {
      const { tokens, idToken } = await pkceLogin(
        { issuer, client_id, redirect_uri, ...(audience !== undefined && { audience }) },
        {
          scope,
          ...(fetch !== undefined && { fetch }),
          async authorize(url) {
            if (person !== undefined) {
              const options = { ...person, ...(fetch !== undefined && { fetch }) }
              return (await logIn(url, redirect_uri, options)).callback
            }
            url.searchParams.set('login_hint', user)
            return throughBrowser(terminal, url, redirect_uri)
          },
        },
      )
      const ofId = contracts.find(({ token }) => token === 'id_token')
      const faults = ofId === undefined || idToken === undefined ? [] : ofId.validate(idToken)
      if (faults.length > 0) {
        throw broken(
          'ID token',
          faults.map((fault) => `${fault.claim ?? 'the claims'} ${fault.message}`),
        )
      }
      if (audience !== undefined) {
        const contract = contracts.find((one) => one.audience === audience)!
        const verifier = createVerifier({
          issuer,
          audience,
          contract,
          ...(fetch !== undefined && { fetch: fetch as typeof globalThis.fetch }),
        })
        await verifier.verify(tokens.access_token).catch((error: unknown) => {
          throw error instanceof AccessTokenError ? broken('access token', [error.message], audience) : error
        })
      }
      const api = audience === undefined ? '' : ` for ${audience}`
      lines.push(`canary: ${user} logged in with "${app.name}"${api}, and the tokens keep their contracts`)
    }
    return lines
  }
}

function broken(token: string, reasons: readonly string[], audience?: string): ToolkitError {
  const where = audience === undefined ? '' : ` for ${audience}`
  const why = reasons.map((reason) => reason.replace(/\.$/, '')).join('; ')
  return new ToolkitError('ERR_DEPLOY', `the canary login got an ${token}${where} that is not good: ${why}`, {
    hint: 'Run claims simulate or claims prove for this user, correct the Action, and deploy again.',
  })
}

/** APIs of tenant.yaml with a contract, and all scopes of each. */
function apisOf(
  all: readonly ApiEntry[],
  contracts: readonly Contract[],
): { audience?: string; scope: string }[] {
  const profile = 'openid profile email'
  const apis = all.filter(({ identifier }) =>
    contracts.some(({ token, audience }) => token === 'access_token' && audience === identifier),
  )
  if (apis.length === 0) return [{ scope: profile }]
  return apis.map(({ identifier, scopes = [] }) => ({
    audience: identifier,
    scope: [profile, ...scopes.map(({ value }) => value)].join(' '),
  }))
}

async function clientIdOf(access: TenantAccess, name: string): Promise<string> {
  const clients = await managementReader(access).list('/clients?include_totals=true', 'clients')
  const client = clients.find((one) => one['name'] === name)
  if (client !== undefined) return String(client['client_id'])
  throw new ToolkitError('ERR_DEPLOY', `"${access.domain}" has no application "${name}"`, {
    hint: 'Look at what was deployed with claims plan.',
  })
}

/** `fetch` cannot be given a certificate. Follows no redirect, as the callers want it. */
function trusting(certificate: string): Fetch {
  return async (url, init) => {
    // `Request` adds the headers that belong to a body.
    const wanted = new Request(url, init)
    const headers = Object.fromEntries(wanted.headers)
    const body = await wanted.text()
    return new Promise((resolve, reject) => {
      const options = { method: wanted.method, headers, ca: certificate, agent: false as const }
      const call = request(url, options, (answer) => {
        const { statusCode: status = 500, rawHeaders } = answer
        const pairs = rawHeaders.flatMap((name, index): [string, string][] =>
          index % 2 === 0 ? [[name, rawHeaders[index + 1]!]] : [],
        )
        const text = status === 204 || status === 304 ? null : (Readable.toWeb(answer) as ReadableStream)
        resolve(new Response(text, { status, headers: pairs }))
      })
      call.once('error', reject)
      wanted.signal.addEventListener('abort', () => call.destroy(new Error('aborted')), { once: true })
      call.end(body)
    })
  }
}
