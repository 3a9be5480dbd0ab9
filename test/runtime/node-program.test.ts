import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createIsolatedRuntime, findNode, runtimeOf } from '../../lib/runtime/index.ts'
import { nodeFlags } from '../../lib/runtime/node-program.ts'
import { folderWith } from '../helpers/folder.ts'

const own = process.version.slice(1).split('.')[0]!

/** A program that says what Node says of itself, and is none. */
async function pretend(path: string, version: string): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true })
  await writeFile(path, `#!/bin/sh\necho ${path}\necho ${version}\n`)
  await chmod(path, 0o755)
}

it('takes this Node when it is the one that is wanted', () => {
  expect(findNode(`node${own}`, '/', {})).toEqual({ path: process.execPath, version: process.version })
})

it.each([
  ['bin/node99', { PATH: '@/bin' }],
  ['bin/node', { PATH: '@/elsewhere:@/bin' }],
  ['root/node_modules/node/bin/node', {}],
  ['home/.nvm/versions/node/v99.2.0/bin/node', {}],
  ['nvm/versions/node/v99.2.0/bin/node', { NVM_DIR: '@/nvm' }],
  ['home/.local/share/fnm/node-versions/v99.2.0/installation/bin/node', {}],
  ['home/.volta/tools/image/node/99.2.0/bin/node', {}],
  ['home/.asdf/installs/nodejs/99.2.0/bin/node', {}],
  ['home/.local/share/mise/installs/node/99.2.0/bin/node', {}],
  ['home/.nodenv/versions/99.2.0/bin/node', {}],
])('finds %s', async (path, env) => {
  const folder = await folderWith({})
  await pretend(join(folder, path), 'v99.2.0')
  const here = Object.fromEntries(
    Object.entries({ HOME: '@/home', ...env }).map(([name, value]) => [name, value.replaceAll('@', folder)]),
  )
  expect(findNode('node99', join(folder, 'root'), here)).toEqual({
    path: join(folder, path),
    version: 'v99.2.0',
  })
  expect(findNode('node98', join(folder, 'root'), here)).toBeUndefined()
})

it('takes the newest of a version manager, and nothing that does not start', async () => {
  const folder = await folderWith({})
  for (const version of ['v99.2.0', 'v99.10.1', 'v99.10.0']) {
    await pretend(join(folder, '.nvm/versions/node', version, 'bin/node'), version)
  }
  const broken = join(folder, '.nvm/versions/node/v99.11.0/bin/node')
  await pretend(broken, '')
  expect(findNode('node99', folder, { HOME: folder })?.version).toBe('v99.10.1')
})

it('reads the newest runtime of the Actions', () => {
  expect(runtimeOf([{ runtime: 'node18' }, { runtime: 'node22' }])).toBe('node22')
  expect(runtimeOf([{ runtime: 'node18-actions' }])).toBe('node18')
  expect(runtimeOf([])).toBe('node22')
})

it.each([
  ['v18.20.4', undefined],
  ['v20.20.2', '--experimental-permission'],
  ['v22.12.0', '--experimental-permission'],
  ['v22.13.0', '--permission'],
  ['v23.4.0', '--experimental-permission'],
  ['v24.0.0', '--permission'],
])('takes files and processes from Actions on Node %s by %s', (version, flag) => {
  const flags = nodeFlags({ path: 'node', version }, 64)
  expect(flags.find((one) => one.endsWith('permission'))).toBe(flag)
})

it('says which Node it runs on', async () => {
  const runtime = await createIsolatedRuntime({ node: process.execPath })
  expect(runtime.nodeVersion).toBe(process.version)
  await runtime.stop()
})
