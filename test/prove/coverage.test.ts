import { afterAll, expect, test } from 'vitest'
import { coverageOf, covered, noteBranches } from '../../lib/prove/coverage.ts'
import { createIsolatedRuntime } from '../../lib/runtime/index.ts'
import { postLoginEvent } from '../../lib/simulator/index.ts'

const runtime = await createIsolatedRuntime({ network: 'refuse' })
afterAll(() => runtime.stop())

const CODE = `"use strict"
const sloppy = (function () { return this !== undefined })()
function named(a = 'd', { b = 1 } = {}) { return a + b }
function strict() { 'use strict'; return this === undefined }
const arrow = (x) => ({ x })
class Base { constructor(v) { this.v = v } get twice() { return this.v * 2 } }
class More extends Base { constructor(v) { super(v ?? 2) } }
exports.onExecutePostLogin = async (event, api) => {
  const out = []
  if (event.user.name) out.push('name'); else out.push('none')
  if (event.organization) if (event.stats.logins_count > 1) out.push('org'); else out.push('first')
  for (const role of event.authorization?.roles ?? []) out.push(role)
  for (let i = 0; i < 2; i++) out.push(i)
  switch (event.client.name) { case 'a': case 'Acme Shop': out.push('shop'); break; default: out.push('else') }
  try { if (event.user.app_metadata.bad) throw new Error('bad') } catch { out.push('caught') } finally { out.push('f') }
  out.push(event.user.email && named(), arrow(1), new More().twice, sloppy, strict(), (a => a || 'r')(''))
  api.idToken.setCustomClaim('https://acme.example/out', out)
}`
const action = { name: 'a', file: 'a.js', code: CODE, secrets: {} }
const run = (one: typeof action, overrides: object) =>
  runtime.run({
    action: one,
    handler: 'onExecutePostLogin',
    event: postLoginEvent(overrides),
    positions: false,
  })

test('marks change nothing of what the code does, and tell which branches were taken', async () => {
  const marked = covered(action)
  const logins = [
    {},
    { user: { name: undefined, email: undefined, app_metadata: { bad: true } } },
    {
      organization: { id: 'o', name: 'o', display_name: 'o', metadata: {} },
      authorization: { roles: ['r'] },
    },
  ]
  for (const overrides of logins) {
    const [plain, told] = [await run(action, overrides), await run(marked.action as typeof action, overrides)]
    expect(plain.error).toBeUndefined()
    expect(told.commands).toEqual(plain.commands)
    noteBranches(marked, told.logs)
  }
  const { branches, reached, missed } = coverageOf([marked])
  expect(branches).toBeGreaterThan(25)
  // The else of the inner if (first login), the default case, and `?? []`; nothing else.
  expect(missed.map(({ line }) => line)).toEqual([11, 12, 14])
  expect(reached).toBe(branches - 3)
})
