import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { withoutFormerValues } from '../../lib/deploy/former-values.ts'
import {
  deployChanges,
  markersOf,
  newJournal,
  planDeploy,
  readBack,
  rollBack,
} from '../../lib/deploy/index.ts'
import { readWorkspace, type TenantFile } from '../../lib/workspace/index.ts'
import { folderWith } from '../helpers/folder.ts'
import { testTenant } from './setup.ts'

const tenant = { clients: [{ description: 'pw ##KEY## x' }] } as unknown as TenantFile
const keep = (before: unknown, after: unknown, kind = 'document' as const) =>
  JSON.stringify(
    withoutFormerValues(
      { kind, change: 'update', before, after },
      markersOf({ tenant }, { KEY: 'new-value', LIST: '["https://new.example","https://b.example"]' }),
    ),
  )

it.each([
  [{ description: 'pw old-value x' }, { description: 'pw new-value x' }],
  [{ a: { b: 'old-value' } }, { a: { b: 'new-value' } }],
  [
    { callbacks: ['https://old-value', 'https://b.example'] },
    { callbacks: ['https://new-value', 'https://b.example'] },
  ],
  [{ callbacks: ['https://b.example', 'https://old-value'] }, { callbacks: ['https://new-value'] }],
  [
    { scopes: [{ value: 'a', description: 'old-value' }] },
    { scopes: [{ value: 'a', description: 'new-value' }] },
  ],
  [{ list: ['old-value'] }, { list: 'new-value' }],
  [{ list: ['old-value', 'https://b.example'] }, { list: ['https://new.example', 'https://b.example'] }],
])('keeps no earlier value where a marker is now: %j', (before, after) => {
  expect(keep(before, after)).not.toContain('old-value')
  expect(keep(before, after)).toContain('$digest')
})

it.each([
  [
    { description: 'pw new-value x', name: 'a' },
    { description: 'pw new-value x', name: 'b' },
  ],
  [
    { description: 'old', name: 'a' },
    { description: 'new', other: 'new-value' },
  ],
  [{ callbacks: ['https://a.example', 'https://new-value'] }, { callbacks: ['https://new-value'] }],
  [{ code: 'old-value' }, { code: 'new-value' }],
])('keeps what no marker has filled, and what one fills now: %j', (before, after) => {
  const kept = keep(before, after)
  if ('callbacks' in before) expect(kept).toContain('https://new-value')
  else expect(kept).toBe(JSON.stringify(before))
})

it.each([
  [{ html: '<p>NEW-VALUE new-value one</p>' }, { html: '<p>new-value two</p>' }],
  [{ callbacks: ['https://new-value/a', 'https://new-value/b'] }, { callbacks: ['https://new-value/c'] }],
])('keeps what has the value of now, of a text that changes beside it: %j', (before, after) => {
  expect(keep(before, after)).toBe(JSON.stringify(before))
})

it('rotates a value without a trace of the old one, and says that a rollback cannot bring it back', async () => {
  const target = await testTenant()
  const root = await folderWith({
    'tenant.yaml': `
clients:
  - name: Shop
    app_type: regular_web
    callbacks: ['https://shop.example/##PATH##']
    description: 'x ##TEXT## y'
    client_metadata: { region: '##REGION##', plan: gold }
roles:
  - name: reader
    description: 'reads ##TEXT##'
`,
  })
  const workspace = await readWorkspace(root)
  const deploy = async (round: string) => {
    const keywords = Object.fromEntries(
      ['PATH', 'TEXT', 'REGION'].map((name) => [name, `${round}-${name}-value`]),
    )
    const options = { ...target.access, workspace, keywords, built: [] }
    const plan = await planDeploy(options)
    const markers = markersOf(workspace, keywords)
    const journal = newJournal(root, markers, { domain: plan.domain, state: plan.before })
    await deployChanges({ ...options, agreed: plan, journal })
    return markers
  }
  await deploy('first')
  const markers = await deploy('second')
  for (const number of [1, 2]) {
    const text = await readFile(join(root, `.auth0-claims/deploys/${number}.journal`), 'utf8')
    expect(text).not.toMatch(/(?:first|second)-\w+-value/)
    expect(text).toContain('##TEXT##')
  }
  const { left } = await rollBack({ ...target.access, root, markers }, await readBack(target.access))
  expect(left).toEqual([
    'clients "Shop": its old secrets cannot be read, so its callbacks stay',
    'clients "Shop": its old secrets cannot be read, so its description stay',
    'clients "Shop": its old secrets cannot be read, so its client_metadata stay',
    'roles "reader": its old secrets cannot be read, so its description stay',
  ])
})
