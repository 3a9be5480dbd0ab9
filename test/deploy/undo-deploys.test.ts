import { expect, it } from 'vitest'
import type { Journal } from '../../lib/deploy/index.ts'
import { stepsTogether } from '../../lib/deploy/undo-deploys.ts'
import type { Step } from '../../lib/deploy/wire/steps.ts'

function journals(...deploys: Partial<Step>[][]): Journal[] {
  return deploys.map((steps, index) => ({
    number: index + 1,
    domain: 'acme.example',
    date: '2026-01-01',
    state: { actions: [], bindings: {} },
    steps: steps.map((step) => ({
      path: '/roles/old',
      kind: 'document',
      method: 'PATCH',
      type: 'roles',
      name: 'reader',
      change: 'update',
      published: false,
      ...step,
    })),
    calls: { total: 1, begun: 1 },
    touched: new Set(),
    ids: new Map(),
    end: 'deployed',
    finishes: [],
  }))
}
const text = (description: string) => ({ description })

it.each<[string, Partial<Step>[][], Partial<Step>[]]>([
  [
    'what one added and the next took away is not there before, nor after',
    [[{ before: {}, after: text('a') }], [{ before: text('a'), after: {} }]],
    [{ change: 'update', before: {}, after: {} }],
  ],
  [
    'the oldest tells what was, the newest what is',
    [[{ before: text('a'), after: text('b') }], [{ before: { description: 'b', x: 1 }, after: { x: 2 } }]],
    [{ before: { description: 'a', x: 1 }, after: { x: 2 } }],
  ],
  [
    'made and taken away is nothing',
    [[{ change: 'create', after: text('a') }], [{ change: 'delete', before: text('a'), after: null }]],
    [],
  ],
  [
    'made, taken away and made again is made',
    [
      [{ change: 'create', after: text('a') }],
      [{ change: 'delete', before: text('a'), after: null }],
      [{ path: '/roles/new', change: 'create', after: text('b') }],
    ],
    [{ path: '/roles/new', change: 'create', after: text('b') }],
  ],
  [
    'taken away and made again under another id is changed, with its parts',
    [
      [
        { change: 'delete', before: text('a'), after: null },
        { path: '/roles/old/permissions', kind: 'members', before: ['p'], after: [] },
      ],
      [
        { path: '/roles/new', change: 'create', after: text('b') },
        { path: '/roles/new/permissions', kind: 'members', before: [], after: ['q'] },
      ],
    ],
    [
      { path: '/roles/new', change: 'update', before: text('a'), after: text('b') },
      { path: '/roles/new/permissions', change: 'update', before: ['p'], after: ['q'] },
    ],
  ],
  [
    'taken away and made again in its place is changed',
    [[{ change: 'delete', before: text('a'), after: null }], [{ change: 'create', after: text('b') }]],
    [{ change: 'update', before: text('a'), after: text('b') }],
  ],
  [
    'what another thing of the name was is not what was made',
    [
      [{ change: 'delete', before: text('a'), after: null }],
      [{ path: '/clients/new', type: 'clients', change: 'create', after: text('b') }],
    ],
    [{ change: 'delete' }, { path: '/clients/new', change: 'create' }],
  ],
])('of several deploys, %s', (_what, deploys, expected) => {
  const steps = stepsTogether(journals(...deploys))
  expect(steps).toHaveLength(expected.length)
  for (const [index, step] of expected.entries())
    for (const [name, value] of Object.entries(step)) expect(steps[index]).toHaveProperty(name, value)
})
