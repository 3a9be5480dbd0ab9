import { execFileSync } from 'node:child_process'
import { mkdir, readdir, readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { deploysToUndo, markersOf, newJournal, readJournals } from '../../lib/deploy/index.ts'
import { folderWith } from '../helpers/folder.ts'

test('a journal that would leave the workspace through a link is refused, with the link named', async () => {
  const parent = await folderWith({ 'workspace/tenant.yaml': '', 'outside/x': '' })
  const root = join(parent, 'workspace')
  await mkdir(join(root, '.auth0-claims'))
  await symlink('../../outside', join(root, '.auth0-claims/deploys'))
  const journal = newJournal(root, same, { domain: 'acme.example', state: {} as never })
  await expect(journal.begin([], [])).rejects.toThrow(
    /^".auth0-claims\/deploys" leads out of this folder through a link$/,
  )
})

const state = { actions: [], bindings: {} }
const domain = 'acme.example'
const same = markersOf(undefined, {})
const step = {
  ...{ path: '/roles/1', kind: 'document', method: 'PATCH', type: 'roles', name: 'reader' },
  ...{ change: 'update', before: {}, after: {}, published: false },
}
const journal = (number: number, more: object = {}) =>
  `${[
    {
      journal: 1,
      number,
      domain,
      date: '2026-01-01',
      state,
      finishes: [],
      steps: [step],
      calls: ['/roles/1', '/b'],
      ...more,
    },
    { call: 0 },
    { done: 0, ids: {} },
    { call: 1 },
    { end: 'deployed' },
  ]
    .map((line) => JSON.stringify(line))
    .join('\n')}\n`
const record = (number: number, more: object = {}) => {
  const changes = [{ type: 'roles', name: 'reader', change: 'update', fields: [] }]
  return JSON.stringify({
    version: 1,
    number,
    domain,
    date: '2026-01-01',
    changes,
    before: state,
    after: state,
    ...more,
  })
}
const folderOf = (files: Record<string, string>) =>
  folderWith(
    Object.fromEntries(Object.entries(files).map(([name, text]) => [`.auth0-claims/deploys/${name}`, text])),
  )
const FIRST = { '1.json': record(1), '1.journal': journal(1) }

test.each<[string, Record<string, string>, number | undefined, RegExp]>([
  ['the only one is missing', { '1.json': record(1) }, undefined, /^deploy 1 to .*1\.journal" is missing$/],
  [
    'the only one is empty',
    { ...FIRST, '1.journal': '' },
    undefined,
    /^deploy 1 to .*1\.journal" is cut short$/,
  ],
  [
    'the head of the newest is cut off',
    { ...FIRST, '2.json': record(2), '2.journal': journal(2).slice(0, 40) },
    undefined,
    /^deploy 2 to .*2\.journal" is cut short$/,
  ],
  ['the newest is missing', { ...FIRST, '2.json': record(2) }, undefined, /^deploy 2 to /],
  [
    'one in between is missing',
    { ...FIRST, '2.json': record(2), '3.journal': journal(3) },
    1,
    /^deploy 2 to /,
  ],
  ['it is of a newer version', { '1.journal': journal(1, { journal: 2 }) }, undefined, /newer version$/],
  [
    'the record is of a newer version',
    { ...FIRST, '1.json': record(1, { version: 2 }) },
    undefined,
    /newer version$/,
  ],
])('a rollback says which journal it misses where %s', async (_what, files, to, message) => {
  const root = await folderOf(files)
  await expect(
    deploysToUndo({ root, domain, markers: same, ...(to !== undefined && { to }) }),
  ).rejects.toMatchObject({ code: 'ERR_INPUT', message: expect.stringMatching(message) })
})

test.each<[string, Record<string, string>, number | undefined, number[]]>([
  ['that changed nothing', { ...FIRST, '2.json': record(2, { changes: [] }) }, undefined, [1]],
  ['to another tenant', { ...FIRST, '2.json': record(2, { domain: 'other.example' }) }, undefined, [1]],
  ['that is older than what is undone', { '1.json': record(1), '2.journal': journal(2) }, 1, [2]],
])('a rollback needs no journal of a deploy %s', async (_what, files, to, numbers) => {
  const root = await folderOf(files)
  const found = await deploysToUndo({ root, domain, markers: same, ...(to !== undefined && { to }) })
  expect(found.map(({ number }) => number)).toEqual(numbers)
})

test('a journal whose last lines are lost is that of a whole deploy where its record exists', async () => {
  const text = journal(1).split('\n').slice(0, 2).join('\n')
  const [cut] = await readJournals(await folderOf({ '1.journal': text }), domain, same)
  expect(cut).toMatchObject({ calls: { total: 2, begun: 1 } })
  expect(cut!.end).toBeUndefined()
  const [whole] = await readJournals(await folderOf({ ...FIRST, '1.journal': text }), domain, same)
  expect(whole).toMatchObject({ end: 'deployed', calls: { total: 2, begun: 2 } })
})

test('a copy under another number is another journal', async () => {
  const root = await folderOf({ ...FIRST, '7.journal': journal(1) })
  expect((await readJournals(root, domain, same)).map(({ number }) => number)).toEqual([1, 7])
})

test.skipIf(process.platform === 'win32')(
  'a journal for which there is no room says that nothing was sent, and leaves nothing behind',
  async () => {
    const root = await folderWith({ 'tenant.yaml': '' })
    const script = `
      import { newJournal } from ${JSON.stringify(join(import.meta.dirname, '../../lib/deploy/journal.ts'))}
      const same = (document) => document
      const journal = newJournal(${JSON.stringify(root)}, { maskedDocument: same, kept: same }, { domain: 'a', state: 'x'.repeat(9000) })
      await journal.begin([], []).catch(({ code, message, hint }) => console.log(JSON.stringify({ code, message, hint })))
    `
    // A limit on the size of files, as a disk with no room left.
    const told = execFileSync(
      'bash',
      [
        '-c',
        `trap '' XFSZ; ulimit -f 4; exec "$0" "$@"`,
        process.execPath,
        '--import',
        import.meta.resolve('tsx'),
        '--input-type=module',
        '-e',
        script,
      ],
      { encoding: 'utf8' },
    )
    expect(JSON.parse(told)).toEqual({
      code: 'ERR_ENVIRONMENT',
      message: 'the journal of the deploy cannot be written',
      hint: 'Make room for ".auth0-claims/deploys", and run the command again. Nothing was sent to the tenant.',
    })
    expect(await readdir(join(root, '.auth0-claims/deploys'))).toEqual([])
  },
)

test('gives back every text as it was, though it shows no value in any form', async () => {
  const root = await folderWith({ 'tenant.yaml': '' })
  const value = 'https://api.acme.example/?a=1&b=2'
  const markers = markersOf(undefined, {
    API: value,
    ENV: 'staging',
    EU: 'eu',
    LIST: '["https://one.example","https://two.example"]',
    N: '300',
  })
  const texts = [
    `var a = '${value}', b = "${value}", c = \`${value}\``,
    `${value.toUpperCase()} ${encodeURIComponent(value)} ${Buffer.from(value).toString('base64')}`,
    'STAGING staging-claims Staging ##ENV## @@API@@',
    '["https://one.example","https://two.example"] and https://two.example',
    '300',
    'eu europe EU',
    '\\0 $& $1',
  ]
  const document = { code: texts.join('\n'), list: texts, [value]: { deep: texts[0] }, number: 300 }
  const steps = [
    { ...step, kind: 'document', method: 'PATCH', change: 'update', before: document, after: document },
  ]
  const journal = newJournal(root, markers, { domain, state })
  await journal.begin(steps as never, [])
  await journal.shown({ '/roles/1': document })
  await journal.end('deployed')
  const [read] = await readJournals(root, domain, markers)
  expect(read!.steps[0]).toMatchObject({ before: document, after: document, shown: document })
  const kept = await readFile(join(root, '.auth0-claims/deploys/1.journal'), 'utf8')
  for (const form of [
    'api.acme',
    'API.ACME',
    'staging',
    'STAGING',
    'one.example',
    Buffer.from(value).toString('base64'),
  ])
    expect(kept).not.toContain(form)
})
