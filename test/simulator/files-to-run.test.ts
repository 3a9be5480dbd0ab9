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
