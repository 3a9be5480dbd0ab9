import { rm } from 'node:fs/promises'
import fc from 'fast-check'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { boundActions } from '../../lib/cli/bound-actions.ts'
import { authorizationUrl, codeChallenge, createCodeVerifier, logIn } from '../../lib/oauth/index.ts'
import { createIsolatedRuntime, type Runtime } from '../../lib/runtime/index.ts'
import { loginFor, type Simulation, simulateLogin } from '../../lib/simulator/index.ts'
import { startTenant, type Tenant } from '../../lib/tenant/index.ts'
import { createKeyRing, type KeyRing } from '../../lib/tokens/index.ts'
import { readWorkspace, type Workspace } from '../../lib/workspace/index.ts'
import { keptFolderWith } from '../helpers/folder.ts'
import { ACTION, filesOf, type GeneratedLogin, login, NOW, world } from './worlds.ts'

const SEED = Number(process.env['SEED'] ?? 1)
const WORLDS = 8
const LOGINS = 50
const LOGINS_OF_A_KIND = 40

const CALLBACK = 'http://localhost:5173/callback'

let runtime: Runtime
let keys: KeyRing
beforeAll(async () => {
  ;[runtime, keys] = await Promise.all([createIsolatedRuntime(), createKeyRing()])
})
afterAll(() => runtime.stop())

/** What an application sees of a login or a refresh. */
type Seen = { error: string; description: string } | { scope: string; id: unknown; access: unknown }

/** What was tried: logins with tokens, refreshes with tokens, and refusals. */
const tried = { logins: 0, refreshes: 0, refusals: 0 }
function count([first, second]: Seen[]): void {
  tried[first === undefined || 'error' in first ? 'refusals' : 'logins']++
  if (second !== undefined) tried['error' in second ? 'refusals' : 'refreshes']++
}

describe('simulator and tenant, with the same workspace, users and clock', () => {
  for (const [index, one] of fc.sample(world, { seed: SEED, numRuns: WORLDS }).entries()) {
    it(`give equal tokens, scopes and errors in world ${index} of seed ${SEED}`, async () => {
      const folder = await keptFolderWith({ ...filesOf(one), 'actions/act.js': ACTION })
      const workspace = await readWorkspace(folder)
      const actions = await boundActions(workspace)
      const tenant = await startTenant({ workspace: folder, runtime, keys, clock: () => new Date(NOW) })
      const begin = stateOf(tenant)
      try {
        await fc.assert(
          fc.asyncProperty(login, async (given) => {
            begin(given)
            const expected = await atTenant(tenant, given)
            const simulated = await inSimulator(withUser(workspace, given), given, actions)
            count(expected)
            expect(simulated).toEqual(expected)
          }),
          { seed: SEED + index, numRuns: LOGINS },
        )
      } finally {
        await tenant.stop()
        await rm(folder, { recursive: true, force: true })
      }
    })
  }

  it('were held against each other in logins, refreshes and refusals, a hundred of each', () => {
    expect(Math.min(...Object.values(tried))).toBeGreaterThan(LOGINS_OF_A_KIND)
  })
})

/** Puts users, memberships and consents back to how the tenant began, and gives the user what the Action reads. */
function stateOf({ state }: Tenant): (given: GeneratedLogin) => void {
  const users = structuredClone([...state.users.values()])
  const memberships = structuredClone(state.memberships)
  return ({ user, does }) => {
    state.memberships = structuredClone(memberships)
    for (const one of structuredClone(users)) {
      // The simulator's users have logged in before.
      state.users.set(one.user_id, { ...one, logins_count: one.email === user ? 11 : 12 })
      if (one.email === user) state.users.get(one.user_id)!.user_metadata = { does }
    }
  }
}

function withUser(workspace: Workspace, { user, does }: GeneratedLogin): Workspace {
  const users = workspace.local!.users.map((one) =>
    one.email === user ? { ...one, user_metadata: { does } } : one,
  )
  return { ...workspace, local: { ...workspace.local!, users } }
}

async function inSimulator(
  workspace: Workspace,
  { does: _, scope, organization, ...names }: GeneratedLogin,
  actions: Awaited<ReturnType<typeof boundActions>>,
): Promise<Seen[]> {
  const named = {
    ...names,
    scope: scope.join(' '),
    ...(organization !== undefined && { organization }),
  }
  const simulated = loginFor(workspace, named)
  const first = await simulateLogin(simulated, { actions, runtime })
  const seen = [seenIn(first)]
  if ('error' in seen[0]!) return seen
  if (!simulated.contextAfter(first.pipeline).scopes.includes('offline_access')) return seen
  const second = await simulateLogin(simulated.refreshAfter(first.pipeline), { actions, runtime })
  return [...seen, seenIn(second)]
}

function seenIn({ pipeline, tokens }: Simulation): Seen {
  if (tokens.error !== undefined) {
    return { error: tokens.error, description: tokens.failure ?? pipeline.reason ?? '' }
  }
  return {
    scope: tokens.scopes.join(' '),
    id: normal(tokens.idToken),
    access: normal(tokens.accessToken),
  }
}

async function atTenant(tenant: Tenant, given: GeneratedLogin): Promise<Seen[]> {
  const client = [...tenant.state.clients.values()].find(({ name }) => name === given.client)!
  const organization = [...tenant.state.organizations.values()].find(
    ({ name }) => name === given.organization,
  )
  const code_verifier = createCodeVerifier()
  const url = authorizationUrl({
    issuer: tenant.issuer,
    client_id: client.client_id,
    redirect_uri: CALLBACK,
    scope: given.scope.join(' '),
    state: 's',
    code_challenge: codeChallenge(code_verifier),
    ...(given.audience !== '' && { audience: given.audience }),
  })
  if (given.scope.length === 0) url.searchParams.delete('scope')
  if (organization !== undefined) url.searchParams.set('organization', organization.id)
  // The simulator asks nobody for an organization; the tenant has a page for that.
  let asked = false
  const watch: typeof fetch = async (input, init) => {
    asked ||= new URL(String(input)).pathname === '/u/organization'
    if (asked) throw new Error('the user is asked')
    return fetch(input, init)
  }
  const options = { username: given.user, password: 'local-password', fetch: watch }
  const callback = await logIn(url, CALLBACK, options).then(
    (done) => done.callback,
    (error: unknown) => {
      if (!asked) throw error
      return url
    },
  )
  if (asked) return [{ error: 'interaction_required', description: 'Organization required' }]
  const { code, error, error_description: description = '' } = Object.fromEntries(callback.searchParams)
  if (code === undefined) return [{ error: String(error), description }]
  const app = {
    client_id: client.client_id,
    ...(client.token_endpoint_auth_method !== 'none' && { client_secret: client.client_secret! }),
  }
  const first = await exchange(tenant, {
    ...app,
    grant_type: 'authorization_code',
    code,
    code_verifier,
    redirect_uri: CALLBACK,
  })
  const { refresh_token } = first
  if (refresh_token === undefined) return [seenOf(first)]
  return [
    seenOf(first),
    seenOf(await exchange(tenant, { ...app, grant_type: 'refresh_token', refresh_token })),
  ]
}

async function exchange({ url }: Tenant, fields: Record<string, string>): Promise<Record<string, string>> {
  const response = await fetch(new URL('/oauth/token', url), {
    method: 'POST',
    body: new URLSearchParams(fields),
  })
  return (await response.json()) as Record<string, string>
}

function seenOf({ error, error_description, scope, id_token, access_token }: Record<string, string>): Seen {
  if (error !== undefined) return { error, description: error_description ?? '' }
  const isJwt = access_token!.split('.').length === 3
  return {
    scope: scope ?? '',
    id: id_token === undefined ? undefined : normal(decodeJwt(id_token)),
    access: isJwt ? normal(decodeJwt(access_token!)) : undefined,
  }
}

/** Without what is drawn by lot, and with one name for the tenant. */
function normal(payload: Record<string, unknown> | undefined): unknown {
  if (payload === undefined) return undefined
  const { sid, jti, iss, ...rest } = payload
  const text = JSON.stringify({ ...rest, sid: typeof sid, jti: typeof jti })
  return JSON.parse(text.replaceAll(`${String(iss)}userinfo`, 'https://tenant/userinfo'))
}
