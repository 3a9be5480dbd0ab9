import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Call } from '../../../lib/deploy/wire/documents.ts'
import { sendCalls } from '../../../lib/deploy/wire/send.ts'
import type { Step } from '../../../lib/deploy/wire/steps.ts'
import { undoSteps } from '../../../lib/deploy/wire/undo.ts'
import { upstreamOf } from '../../../lib/deploy/wire/upstream.ts'
import { startTenant } from '../../../lib/tenant/index.ts'
import type { Fault } from '../../../lib/tenant/management/index.ts'
import { type TestTenant, targetOf } from '../setup.ts'

let target: TestTenant
beforeAll(async () => {
  target = await targetOf(await startTenant())
})
afterAll(() => target.tenant.stop())
beforeEach(() => {
  delete target.faults.inject
  target.faults.calls.length = 0
})

const failed = (status: 408 | 429 | 500 | 502 | 503 | 504, more: Partial<Fault> = {}): Fault =>
  ({ kind: 'status', status, ...more }) as Fault

/** Lets the first calls of a method to a path go wrong. */
function failing(method: string, path: string, faults: readonly Fault[]): void {
  const left = [...faults]
  target.faults.inject = (call) => (call.method === method && call.path === path ? left.shift() : undefined)
}

const made = (method: string, path: string) =>
  target.faults.calls.filter((call) => call.method === method && call.path === path).length

function sent(call: Partial<Call> & Pick<Call, 'method' | 'path' | 'document' | 'purpose'>, ids = new Map()) {
  const { domain } = target.access
  return sendCalls(upstreamOf(target.access), [call], ids, {
    domain,
    local: true,
    titleOf: () => ({ type: 'roles', name: 'reader' }),
  })
}

describe('a tenant that fails or limits calls', () => {
  it.each([
    ['a limit without a time', failed(429)],
    ['a limit by Retry-After', failed(429, { retryAfterSeconds: 0.3 })],
    ['a limit by a date', failed(429, { headers: { 'retry-after': new Date(0).toUTCString() } })],
    ['a failure', failed(500)],
    ['no answer of what stands behind a gateway', failed(502)],
    ['maintenance', failed(503, { retryAfterSeconds: 0.1 })],
    ['a gateway that has waited too long', failed(504)],
    ['a request that took too long', failed(408)],
  ])('is asked again after %s, for a read and for a write', async (_what, fault) => {
    const { roles } = target.tenant.state
    roles.set('rol_a', { id: 'rol_a', name: 'a', description: 'old', permissions: [] } as never)
    const upstream = upstreamOf(target.access)
    failing('GET', '/roles/rol_a', [fault, fault])
    expect(await upstream({ method: 'GET', path: '/roles/rol_a' })).toMatchObject({ status: 200 })
    failing('PATCH', '/roles/rol_a', [fault])
    const body = { description: 'new' }
    expect((await upstream({ method: 'PATCH', path: '/roles/rol_a', body })).status).toBe(200)
    expect(roles.get('rol_a')?.description).toBe('new')
    failing('DELETE', '/roles/rol_a', [{ ...fault, afterEffect: true } as Fault])
    expect((await upstream({ method: 'DELETE', path: '/roles/rol_a' })).status).toBe(204)
    expect([made('GET', '/roles/rol_a'), made('PATCH', '/roles/rol_a')]).toEqual([3, 2])
  })

  it.each([
    ['Retry-After', { 'retry-after': '1' }],
    ['X-RateLimit-Reset, by the clock of the tenant', {}],
  ])('waits as long as %s says', async (_what, headers) => {
    const now = Date.parse('2020-01-01T00:00:00Z')
    const byReset = { date: new Date(now).toUTCString(), 'x-ratelimit-reset': String(now / 1000 + 1) }
    failing('GET', '/roles', [
      failed(429, { headers: Object.keys(headers).length === 0 ? byReset : headers }),
    ])
    const begin = performance.now()
    expect(await upstreamOf(target.access)({ method: 'GET', path: '/roles' })).toMatchObject({ status: 200 })
    expect(performance.now() - begin).toBeGreaterThan(950)
  })

  it('is not waited for longer than a minute, and ends where it fails for ever', async () => {
    const begin = performance.now()
    failing('GET', '/roles', [failed(429, { retryAfterSeconds: 3600 })])
    expect(await upstreamOf(target.access)({ method: 'GET', path: '/roles' })).toMatchObject({ status: 429 })
    expect(made('GET', '/roles')).toBe(1)
    const reset = { headers: { 'x-ratelimit-reset': String(Date.now() / 1000 + 30) } }
    failing(
      'GET',
      '/clients',
      Array.from({ length: 20 }, () => failed(503, reset)),
    )
    expect(await upstreamOf(target.access)({ method: 'GET', path: '/clients' })).toMatchObject({
      status: 503,
    })
    expect(made('GET', '/clients')).toBe(4)
    expect(performance.now() - begin).toBeLessThan(20_000)
  })

  it.each([true, false])('is not asked twice to make a thing (made by then: %s)', async (afterEffect) => {
    const { roles } = target.tenant.state
    roles.clear()
    const ids = new Map()
    failing('POST', '/roles', [failed(500, { afterEffect })])
    await sent(
      {
        method: 'POST',
        path: '/roles',
        document: '/roles/auth0-claims-new-0-1x',
        makes: 'auth0-claims-new-0-1x',
        purpose: 'create',
        body: { name: 'reader', description: 'reads' },
      },
      ids,
    )
    expect([...roles.values()].map(({ name }) => name)).toEqual(['reader'])
    expect(made('POST', '/roles')).toBe(afterEffect ? 1 : 2)
    expect([...ids.values()]).toEqual([...roles.keys()])
  })
})

describe('undoing at a tenant that refuses', () => {
  const step = (id: string): Step => ({
    path: `/roles/${id}`,
    kind: 'document',
    method: 'PATCH',
    type: 'roles',
    name: id,
    change: 'update',
    before: { description: 'old' },
    after: { description: 'new' },
    published: false,
  })
  const undone = () =>
    undoSteps(upstreamOf(target.access), ['one', 'two', 'three'].map(step), {
      domain: target.access.domain,
      local: true,
      isNew: () => false,
    })
  beforeEach(() => {
    const { roles } = target.tenant.state
    roles.clear()
    for (const id of ['one', 'two', 'three'])
      roles.set(id, { id, name: id, description: 'new', permissions: [] } as never)
  })

  it('goes on with the other things when one of them fails', async () => {
    target.faults.inject = ({ method, path }) =>
      method === 'PATCH' && path === '/roles/two' ? failed(500) : undefined
    const { done, left, fault } = await undone()
    expect(done).toEqual(['one', 'three'].map((name) => `roles "${name}" has its old description again`))
    expect(left).toEqual([expect.stringMatching(/^roles "two": .* answered 500 to PATCH \/roles\/two: /)])
    expect(fault?.code).toBe('ERR_DEPLOY')
  })

  it('lists all that stays once the credentials are refused, for a read as for a write', async () => {
    for (const refused of ['GET', 'PATCH']) {
      let calls = 0
      target.faults.inject = ({ method }) =>
        method === refused && ++calls > (refused === 'PATCH' ? 1 : 0)
          ? { kind: 'status', status: 401 }
          : undefined
      const { left, done } = await undone()
      const all = [...done, ...left].join('\n')
      for (const name of ['one', 'two', 'three']) expect(all).toContain(`roles "${name}"`)
      expect(left.at(-1)).toBe('roles "three" was not looked at any more')
      expect(all).not.toContain('is gone')
    }
  })
})

describe('a tenant that quotes secrets', () => {
  it('shows none of its headers, of an earlier call or of tenant.yaml, for a read, a write or what undoes one', async () => {
    const credentials = { accessToken: 'ey-the-token' }
    const upstream = upstreamOf({ ...target.access, credentials, secrets: ['of-the-file+1'] })
    target.faults.inject = () => ({
      kind: 'status',
      status: 403,
      message: 'no: Bearer ey-the-token, of-the-file+1, of-the-file%2B1, sent-before',
    })
    const body = { client_secret: 'sent-before' }
    for (const request of [
      { method: 'PATCH', path: '/clients/a', body },
      { method: 'GET', path: '/clients/a' },
      { method: 'DELETE', path: '/clients/a' },
    ]) {
      expect(await upstream(request)).toMatchObject({
        status: 403,
        json: { message: 'no: Bearer ***, ***, ***, ***' },
      })
    }
    const path = '/clients/a'
    const { left } = await undoSteps(
      upstream,
      [
        {
          path,
          kind: 'document',
          method: 'PATCH',
          type: 'clients',
          name: 'App',
          change: 'delete',
          published: false,
          after: null,
        },
      ],
      { domain: 'acme', local: true, isNew: () => false },
    )
    expect(left.join()).not.toMatch(/token|of-the-file|sent-before/)
  })
})
