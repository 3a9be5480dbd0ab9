import { existsSync } from 'node:fs'
import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createIsolatedRuntime, findNode, runtimeOf } from '../../lib/runtime/index.ts'
import { nodeFlags } from '../../lib/runtime/node-program.ts'
import { folderWith } from '../helpers/folder.ts'

const own = process.version.slice(1).split('.')[0]!

/** A program that says what Node says of itself, and is none. */
async function pretend(path: string, version: string, also = ''): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true })
  await writeFile(path, `#!/bin/sh\n${also}\necho ${path}\necho ${version}\n`)
  await chmod(path, 0o755)
}

it('takes this Node when it is the one that is wanted', () => {
  expect(findNode(`node${own}`, '/', {})).toEqual({ path: process.execPath, version: process.version })
})

it.each([
  ['bin/node99', { PATH: '@/bin' }],
  ['bin/node', { PATH: '@/elsewhere:@/bin' }],
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

it.each([
  ['the package of the workspace', 'root/node_modules/node/bin/node', {}],
  ['a folder of the workspace on the PATH', 'root/bin/node', { PATH: '@/root/bin' }],
  ['what npm puts onto the PATH', 'other/node_modules/.bin/node', { PATH: '@/other/node_modules/.bin' }],
  [
    'a version manager in the workspace',
    'root/nvm/versions/node/v99.2.0/bin/node',
    { NVM_DIR: '@/root/nvm' },
  ],
  ['a relative folder on the PATH', 'root/bin/node', { PATH: './root/bin' }],
])('does not start a Node that the workspace brings: %s', async (_what, path, env) => {
  const folder = await folderWith({})
  await pretend(join(folder, path), 'v99.2.0', `touch ${folder}/started`)
  const here = Object.fromEntries(
    Object.entries({ HOME: '@/home', ...env }).map(([name, value]) => [name, value.replaceAll('@', folder)]),
  )
  expect(findNode('node99', join(folder, 'root'), here)).toBeUndefined()
  expect(existsSync(join(folder, 'started'))).toBe(false)
})

it('does not start what a link outside the workspace leads to inside', async () => {
  const folder = await folderWith({})
  await pretend(join(folder, 'root/tools/node'), 'v99.2.0', `touch ${folder}/started`)
  await mkdir(join(folder, 'bin'))
  await symlink(join(folder, 'root/tools/node'), join(folder, 'bin/node'))
  expect(findNode('node99', join(folder, 'root'), { PATH: join(folder, 'bin') })).toBeUndefined()
  expect(existsSync(join(folder, 'started'))).toBe(false)
})

it('starts a Node without the environment of this process', async () => {
  const folder = await folderWith({})
  await pretend(join(folder, 'bin/node'), 'v99.2.0', `env > ${folder}/environment`)
  process.env['AUTH0_CLIENT_SECRET'] = 'of-the-user'
  try {
    expect(findNode('node99', '/nowhere', { PATH: join(folder, 'bin') })?.version).toBe('v99.2.0')
  } finally {
    delete process.env['AUTH0_CLIENT_SECRET']
  }
  expect(await readFile(join(folder, 'environment'), 'utf8')).not.toContain('of-the-user')
})

it('takes the newest of a version manager, and nothing that does not start', async () => {
  const folder = await folderWith({})
  for (const version of ['v99.2.0', 'v99.10.1', 'v99.10.0']) {
    await pretend(join(folder, '.nvm/versions/node', version, 'bin/node'), version)
  }
  const broken = join(folder, '.nvm/versions/node/v99.11.0/bin/node')
  await pretend(broken, '')
  expect(findNode('node99', join(folder, 'root'), { HOME: folder })?.version).toBe('v99.10.1')
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
