import { expect, it } from 'vitest'
import { digestOf } from '../../../lib/deploy/wire/digests.ts'
import { merged } from '../../../lib/deploy/wire/json.ts'
import type { WireRequest } from '../../../lib/deploy/wire/reads.ts'
import type { Step } from '../../../lib/deploy/wire/steps.ts'
import { undoSteps } from '../../../lib/deploy/wire/undo.ts'

const PATH = '/tenants/settings'

/** Undoes a change of the tenant's settings; the tenant refuses `null` where it says so. */
async function undone(was: object, sent: object, now: object, refuses: readonly string[] = []) {
  let settings: unknown = now
  const bodies: unknown[] = []
  const upstream = async ({ method, body }: WireRequest) => {
    if (method === 'GET') return { status: 200, json: settings }
    bodies.push(body)
    if (refuses.some((name) => JSON.stringify(body).includes(`"${name}":null`)))
      return { status: 400, json: { message: 'Payload validation error' } }
    settings = merged(settings, body)
    return { status: 200, json: settings }
  }
  const step: Step = {
    path: PATH,
    kind: 'document',
    method: 'PATCH',
    type: 'tenant',
    name: 'tenant',
    change: 'update',
    before: was,
    after: sent,
    published: false,
  }
  const { left } = await undoSteps(upstream, [step], {
    domain: 'tenant.example',
    local: false,
    isNew: () => false,
  })
  return { settings, bodies, left }
}

it.each([
  ['false', { flags: {} }, { flags: { a: false } }],
  ['empty text', {}, { friendly_name: '' }],
  ['an empty object', { support_email: 'a@b' }, { support_email: 'a@b', session_cookie: {} }],
  ['false, beside a change', { flags: { b: true } }, { flags: { a: false, b: false } }],
])('takes away what it wrote where nothing was: %s', async (_, was, sent) => {
  expect(await undone(was, sent, sent)).toMatchObject({ settings: was, left: [] })
  expect((await undone(was, sent, sent)).settings).toEqual(was)
})

it('writes what is equal to nothing where a tenant does not let a member be taken away', async () => {
  const sent = { flags: { a: true }, friendly_name: 'Acme', support_email: 'new@acme.example' }
  const was = { support_email: 'old@acme.example' }
  const { settings, bodies, left } = await undone(was, sent, sent, ['flags', 'friendly_name'])
  expect(left).toEqual([])
  expect(bodies).toHaveLength(2)
  expect(settings).toEqual({ ...was, flags: { a: false }, friendly_name: '' })
})

it('leaves what a tenant shows as false without having been told', async () => {
  const { bodies } = await undone({ a: 1 }, { a: 2 }, { a: 1, sso: false, flags: { b: false } })
  expect(bodies).toEqual([])
})

it('leaves a provider whole where its old credentials cannot be read', async () => {
  const was = { name: 'smtp', from: 'a@b.example', credentials: { smtp_pass: digestOf('old') } }
  const sent = { name: 'sendgrid', from: 'c@b.example', credentials: { api_key: digestOf('new') } }
  const { bodies, left } = await undone(was, sent, { name: 'sendgrid', from: 'c@b.example', credentials: {} })
  expect(bodies).toEqual([])
  expect(left).toEqual(['tenant "tenant": its old secrets cannot be read, so it stays'])
  // The same credentials as before are no reason to.
  const kept = { smtp_pass: digestOf('same') }
  const now = { from: 'c@b.example', credentials: { smtp_pass: 'same' } }
  const again = await undone({ from: 'a@b.example', credentials: kept }, { ...now, credentials: kept }, now)
  expect(again.bodies).toEqual([{ from: 'a@b.example' }])
})
