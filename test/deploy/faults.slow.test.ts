import { beforeAll, describe, expect, it } from 'vitest'
import { type DeployChangesOptions, deployChanges, planDeploy } from '../../lib/deploy/index.ts'
import type { Fault, ManagementCall } from '../../lib/tenant/management/index.ts'
import { readWorkspace, type Workspace } from '../../lib/workspace/index.ts'
import { folderWith } from '../helpers/folder.ts'
import { AFTER, everyType, SOURCES } from './every-type.ts'
import { everything, KEYWORDS, type TestTenant } from './setup.ts'

let target: TestTenant
let workspace: Workspace
let atStart: TestTenant['tenant']['state']
let before: string

beforeAll(async () => {
  const all = await everyType()
  ;({ target, workspace, atStart, before } = all)
  return () => all.stop()
})

/** One deploy from the same state. What it threw, if anything, and the calls that it made. */
async function deploy(
  inject: (call: ManagementCall, writes: number) => Fault | undefined,
  options: Partial<DeployChangesOptions> = {},
): Promise<{ error?: Error; calls: ManagementCall[]; after: string }> {
  Object.assign(target.tenant.state, structuredClone(atStart))
  const calls: ManagementCall[] = []
  let writes = 0
  target.faults.inject = (call) => {
    calls.push(call)
    if (call.method !== 'GET') writes++
    return inject({ ...call, number: calls.length }, writes)
  }
  const error = await deployChanges({ ...target.access, workspace, keywords: KEYWORDS, ...options }).then(
    () => undefined,
    (thrown: Error) => thrown,
  )
  return { ...(error === undefined ? {} : { error }), calls, after: everything(target) }
}

describe('a deploy of every type', () => {
  const KINDS: Fault[] = [
    { kind: 'status', status: 500 },
    { kind: 'status', status: 401 },
    { kind: 'drop' },
    { kind: 'status', status: 403 },
    { kind: 'status', status: 429, retryAfterSeconds: 1 },
    { kind: 'status', status: 409 },
    { kind: 'slow', milliseconds: 50 },
  ]
  const LOST: Fault = { kind: 'drop', afterEffect: true }
  // One fault at some of the calls. CLAIMS_FAULTS=all has one at each, and all of them at each write, for ten minutes.
  const all = process.env['CLAIMS_FAULTS'] === 'all'

  it('leaves the state before or the state after, whatever goes wrong at any call', {
    timeout: 3_600_000,
  }, async () => {
    const clean = await deploy(() => undefined)
    expect(clean.error).toBeUndefined()
    expect(clean.after).not.toBe(before)
    const outcomes = { restored: 0, deployed: 0 }
    let writes = 0
    for (const [index, { method, path }] of clean.calls.entries()) {
      const isWrite = method !== 'GET'
      if (isWrite) writes++
      if (!all && (isWrite ? writes % 3 : index % 9) !== 0) continue
      const kind = KINDS[(isWrite ? writes : index) % KINDS.length]!
      // At every other write it is the answer that is lost, not the call.
      const faults = isWrite && all ? [...KINDS, LOST] : [isWrite && writes % 2 === 0 ? LOST : kind]
      for (const fault of faults) {
        const { error, after } = await deploy(({ number }) => (number === index + 1 ? fault : undefined))
        const what = `${JSON.stringify(fault)} at ${index + 1}, ${method} ${path}: ${error?.message}`
        if (error === undefined) expect(after, what).toBe(clean.after)
        else {
          expect(error, what).toMatchObject({ code: expect.stringMatching(/^ERR_(DEPLOY|ENVIRONMENT)$/) })
          expect(error.message).not.toContain(KEYWORDS.API_KEY)
          expect(after, what).toBe(before)
        }
        outcomes[error === undefined ? 'deployed' : 'restored']++
      }
    }
    expect(outcomes.restored).toBeGreaterThan(all ? 20 : 5)
    expect(outcomes.deployed).toBeGreaterThan(all ? 5 : 1)
  })

  it('finds nothing to change afterwards, and then writes nothing', async () => {
    expect((await deploy(() => undefined)).error).toBeUndefined()
    const options = { ...target.access, workspace, keywords: KEYWORDS }
    expect((await planDeploy(options)).changes).toEqual([])
    const methods: string[] = []
    target.faults.inject = ({ method }) => {
      methods.push(method)
      return undefined
    }
    expect((await deployChanges(options)).deployed).toBeUndefined()
    expect(new Set(methods)).toEqual(new Set(['GET']))
  })

  it.each([
    ['fails', 'failed', / 400 The build of the action "third" has failed\. Undone: /],
    ['does not end', 'pending', /must be in the 'built' state/],
  ] as const)('leaves the state before when a build %s', async (_, third, message) => {
    target.faults.builds = { third }
    const { error, after } = await deploy(() => undefined)
    target.faults.builds = {}
    expect(error?.message).toMatch(message)
    expect(after).toBe(before)
  })

  it('leaves the state before when an answer does not come in time', async () => {
    const { error, after } = await deploy(
      ({ path }) =>
        path === '/connections-directory-provisionings' ? { kind: 'slow', milliseconds: 60_000 } : undefined,
      { timeoutMilliseconds: 6_000 },
    )
    expect(error?.message).toContain('was ended after its time')
    expect(after).toBe(before)
  })

  it('deletes a connection again, and puts options back as they were', async () => {
    const folder = await folderWith({
      'tenant.yaml': `${AFTER}
databases: []
connections:
  - { name: google, strategy: google-oauth2, enabled_clients: [App], options: { scope: [profile], client_secret: new } }
  - { name: hub, strategy: github, enabled_clients: [App], options: { scope: [user] } }
`.replace(/^databases: \[\{.*\n|^connections:\n(?: {2}- .*\n)(?=actionModules)/gm, ''),
      ...SOURCES,
    })
    const { error } = await deploy(
      ({ method, path }) =>
        method === 'PATCH' && path.endsWith('/bindings') ? { kind: 'status', status: 403 } : undefined,
      { workspace: await readWorkspace(folder) },
    )
    expect(error?.message).toContain('connections "hub" is deleted again')
    expect(error?.message).toContain('connections "google" has its old options again')
    const google = [...target.tenant.state.connections.values()].find(({ name }) => name === 'google')
    expect(google?.['options']).toEqual({ scope: ['email'] })
    expect([...target.tenant.state.connections.values()].map(({ name }) => name)).not.toContain('hub')
  })

  it('brings back what it wrote, and leaves alone what somebody else writes meanwhile', async () => {
    const { state } = target.tenant
    const { error } = await deploy(({ method, path }) => {
      if (method !== 'PATCH' || !path.endsWith('/bindings')) return undefined
      const app = [...state.clients.values()].find(({ name }) => name === 'App')!
      app.callbacks = ['http://localhost/theirs']
      const first = [...state.actions.values()].find(({ name }) => name === 'first')!
      first.code = '// theirs'
      return { kind: 'status', status: 403 }
    })
    expect(error?.message).toMatch(/Left as it is: clients "App": "callbacks" was changed by somebody else/)
    expect(error?.message).toMatch(/Left as it is: .*"first" was changed by somebody else/)
    expect(error?.message).toMatch(
      /Undone: .*resourceServers "https:\/\/orders.example\/" has its old scopes again/,
    )
    const now = everything(target)
    expect(now).toContain('http://localhost/theirs')
    expect(now).toContain('first: // theirs')
    expect(now).not.toContain('bills.example')
    expect(now).not.toContain('"Shop"')
  })

  it('writes nothing when the tenant changes after the plan was agreed to', async () => {
    Object.assign(target.tenant.state, structuredClone(atStart))
    const agreed = await planDeploy({ ...target.access, workspace, keywords: KEYWORDS })
    let first = true
    const { error, calls } = await deploy(
      () => {
        if (first) [...target.tenant.state.organizations.values()][0]!.display_name = 'Theirs'
        first = false
        return undefined
      },
      { agreed },
    )
    expect(error?.message).toContain('was changed since the plan was shown')
    expect(calls.every(({ method }) => method === 'GET')).toBe(true)
  })
})
