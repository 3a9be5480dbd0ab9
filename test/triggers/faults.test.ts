import { expect, it } from 'vitest'
import { postLoginEvent, situation } from '../../lib/simulator/index.ts'
import { postLogin } from '../../lib/triggers/index.ts'
import type { Given } from '../../lib/triggers/method.ts'
import { methodsByPath } from '../../lib/triggers/trigger.ts'
import { outcomeOf } from '../simulator/reference/row.ts'

const ARGUMENTS = [
  ...[
    '',
    ' ',
    'a',
    'a b',
    'a.b',
    'persistent',
    'nonpersistent',
    '/terms',
    'https://acme.example/',
    'x'.repeat(300),
  ],
  ...[undefined, null, 0, 1, -1, true, false, Number.NaN],
  ...[{}, { a: 1 }, [], ['a'], [1]],
]

/** As the check sees an argument that stands in the source. */
const givenOf = (value: unknown): Given =>
  typeof value === 'object' && value !== null ? { object: true } : { value }

const named = [...methodsByPath(postLogin)].filter(([, { fault }]) => fault !== undefined)

it.each(named)('what the check says of the arguments of %s throws when it runs', async (path, method) => {
  const [area, name] = path.split('.') as [string, string]
  let faults = 0
  for (const event of [postLoginEvent(), situation('refresh', { session: { id: 's' } })]) {
    for (const first of ARGUMENTS) {
      for (const second of method.parameters.length > 1 ? ARGUMENTS : [undefined]) {
        if (method.fault!(givenOf(first), givenOf(second)) === undefined) continue
        faults++
        const { outcome } = await outcomeOf((api) => api[area][name](first, second), { event })
        expect([first, second, outcome]).toEqual([first, second, expect.any(Error)])
      }
    }
  }
  expect(faults).toBeGreaterThan(0)
})
