import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { installedSandboxes } from '../../lib/runtime/sandbox.ts'
import { filesToRun } from '../../lib/simulator/files-to-run.ts'
import { folderWith } from '../helpers/folder.ts'

const ACTION = "exports.onExecutePostLogin = async (event, api) => { api.access.deny('ran') }"

it.each([
  ['of the folder', 'own/action.js', false],
  ['from outside', 'elsewhere/action.js', true],
  ['that a link of the folder leads to outside', 'own/link.js', true],
])('runs a file %s in a sandbox only when it may be somebody else’s', async (_which, file, foreign) => {
  const folder = await folderWith({ 'own/action.js': ACTION, 'elsewhere/action.js': ACTION })
  await symlink(join(folder, 'elsewhere/action.js'), join(folder, 'own/link.js'))
  const root = join(folder, 'own')
  const { actions, runtime } = await filesToRun([join(folder, file)], {
    root,
    network: 'refuse',
    secrets: {},
  })
  try {
    expect(runtime.sandbox !== undefined).toBe(foreign && installedSandboxes().length > 0)
    const { commands } = await runtime.run({ action: actions[0]!, handler: 'onExecutePostLogin', event: {} })
    expect(commands[0]?.args).toEqual(['ran'])
  } finally {
    await runtime.stop()
  }
})

it('gives a CommonJS file the installed packages that it loads, and no others', async () => {
  const root = await folderWith({
    'node_modules/@acme/plans/package.json': '{"name":"@acme/plans","dependencies":{"inner":"1"}}',
    'node_modules/@acme/plans/lib/names.js': "module.exports = require('inner').name",
    'node_modules/inner/package.json': '{"name":"inner"}',
    'node_modules/inner/index.js': "exports.name = 'team'",
    'node_modules/esm/package.json': '{"name":"esm","exports":"./index.js","type":"module"}',
    'node_modules/esm/index.js': "export const name = 'esm'",
    'node_modules/other/package.json': '{"name":"other"}',
    'node_modules/other/index.js': '',
    'action.js': `// require('other')
const plan = require('@acme/plans/lib/names.js')
exports.onExecutePostLogin = async (event, api) => {
  const { name } = await import('esm')
  const other = ['o', 'ther'].join('')
  let reached = 'kept'
  try { require(other); reached = 'loaded' } catch {}
  api.access.deny([plan, name, reached].join())
}`,
  })
  const { actions, runtime } = await filesToRun(['action.js'], { root, network: 'refuse', secrets: {} })
  try {
    const { commands, error } = await runtime.run({
      action: actions[0]!,
      handler: 'onExecutePostLogin',
      event: {},
    })
    expect(error).toBeUndefined()
    expect(commands[0]?.args).toEqual(['team,esm,kept'])
  } finally {
    await runtime.stop()
  }
})

it.each([
  ['beside the file, in a repository of several packages', 'packages/login/actions/a.js', 'packages/login'],
  ['in the folder of all', 'packages/login/actions/a.js', '.'],
  ['by a link, as some package managers do', 'a.js', 'linked'],
])('finds a package that is installed %s, required or imported', async (_where, file, installed) => {
  const plans = {
    'package.json': '{"name":"plans"}',
    'index.js': "exports.plan = require('./data.json').plan",
    'data.json': '{"plan":"team"}',
  }
  const folder = installed === 'linked' ? 'store/plans' : join(installed, 'node_modules/plans')
  const esm = file.replace('.js', '.mjs')
  const root = await folderWith({
    'node_modules/keep': '',
    ...Object.fromEntries(Object.entries(plans).map(([name, text]) => [join(folder, name), text])),
    [file]: `/* the plans */ const { plan } = require(\`plans\`)
exports.onExecutePostLogin = async (event, api) => { api.access.deny(plan) }`,
    [esm]: `import { plan } from 'plans'
export const onExecutePostLogin = async (event, api) => { api.access.deny(plan) }`,
  })
  if (installed === 'linked') await symlink('../store/plans', join(root, 'node_modules/plans'))
  const { actions, runtime } = await filesToRun([file, esm], { root, network: 'refuse', secrets: {} })
  try {
    for (const action of actions) {
      const { commands, error } = await runtime.run({ action, handler: 'onExecutePostLogin', event: {} })
      expect(error).toBeUndefined()
      expect(commands[0]?.args).toEqual(['team'])
    }
  } finally {
    await runtime.stop()
  }
})

it('gives two Actions the version of a package that each has beside it', async () => {
  const version = (folder: string, text: string) => ({
    [`${folder}/node_modules/plans/package.json`]: '{"name":"plans"}',
    [`${folder}/node_modules/plans/index.js`]: `module.exports = '${text}'`,
    [`${folder}/a.js`]:
      "exports.onExecutePostLogin = async (event, api) => { api.access.deny(require('plans')) }",
  })
  const root = await folderWith({ ...version('one', 'first'), ...version('two', 'second') })
  const { actions, runtime } = await filesToRun(['one/a.js', 'two/a.js'], {
    root,
    network: 'refuse',
    secrets: {},
  })
  try {
    const runs = await Promise.all(
      actions.map((action) => runtime.run({ action, handler: 'onExecutePostLogin', event: {} })),
    )
    expect(runs.map(({ commands }) => commands[0]?.args)).toEqual([['first'], ['second']])
  } finally {
    await runtime.stop()
  }
})

it.each([
  ['JSON by import', 'elsewhere/a.ts', "import data from '../home/keys.json'", /outside its folder/],
  ['text by require', 'elsewhere/a.js', "const data = require('../home/keys.txt')", /outside its folder/],
  ['JSON beside it', 'elsewhere/a.ts', "import data from './own.json'", undefined],
  ['JSON, of an Action of the folder', 'own/a.ts', "import data from '../home/keys.json'", undefined],
])('takes %s into a bundle only where the file may be read', async (_what, file, line, refused) => {
  const folder = await folderWith({
    'own/keep': '',
    'home/keys.json': '{"key":1}',
    'home/keys.txt': 'key',
    'elsewhere/own.json': '{"key":1}',
    [file]: `${line}\nexports.onExecutePostLogin = async (event, api) => { api.access.deny(typeof data) }`,
  })
  const running = filesToRun([join(folder, file)], {
    root: join(folder, 'own'),
    network: 'refuse',
    secrets: {},
  })
  if (refused !== undefined) await expect(running).rejects.toThrow(refused)
  else await (await running).runtime.stop()
})
