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
