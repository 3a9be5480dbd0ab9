import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { packageFolders } from '../../lib/runtime/package-folders.ts'
import { folderWith } from '../helpers/folder.ts'

it('names the folders of the declared packages and of what they need, and no other', async () => {
  const folder = await folderWith({
    'node_modules/a/package.json':
      '{"dependencies":{"b":"1"},"peerDependencies":{"c":"1"},"optionalDependencies":{"absent":"1"}}',
    'node_modules/a/node_modules/b/package.json': '{}',
    'node_modules/b/package.json': '{}',
    'node_modules/c/package.json': '{"dependencies":{"a":"1"}}',
    'node_modules/@scope/d/package.json': 'no JSON',
    'node_modules/other/package.json': '{}',
  })
  const found = (names: string[], from = folder) =>
    packageFolders(names, from)
      .map((path) => path.slice(folder.length + '/node_modules/'.length))
      .sort()
  expect(found(['a', '@scope/d', 'absent'])).toEqual(['@scope/d', 'a', 'a/node_modules/b', 'c'])
  expect(found(['b'], join(folder, 'actions/deep'))).toEqual(['b'])
  expect(found([])).toEqual([])
})

it('follows links to where packages really are', async () => {
  const folder = await folderWith({
    'store/a/node_modules/a/package.json': '{"dependencies":{"b":"1"}}',
    'store/b/node_modules/b/package.json': '{}',
    'app/node_modules/.keep': '',
  })
  await symlink(join(folder, 'store/a/node_modules/a'), join(folder, 'app/node_modules/a'))
  await symlink(join(folder, 'store/b/node_modules/b'), join(folder, 'store/a/node_modules/b'))
  expect(
    packageFolders(['a'], join(folder, 'app'))
      .map((path) => path.slice(folder.length))
      .sort(),
  ).toEqual([
    '/app/node_modules/a',
    '/store/a/node_modules/a',
    '/store/a/node_modules/b',
    '/store/b/node_modules/b',
  ])
})

it.each([
  ['a path', '../secrets'],
  ['the folder above', '..'],
  ['an absolute path', '/etc'],
  ['a path in a scope', '@a/../../secrets'],
  ['a folder of a package', 'a/lib'],
  ['all', '*'],
])('takes no name that is %s', async (_what, name) => {
  const folder = await folderWith({
    'secrets/package.json': '{}',
    'package.json': '{}',
    'node_modules/a/lib/package.json': '{}',
    'node_modules/*/package.json': '{}',
  })
  expect(packageFolders([name], folder)).toEqual([])
})

it('never gives the workspace itself, to which a package may be linked', async () => {
  const folder = await folderWith({ 'package.json': '{}', 'tenant.local.yaml': '' })
  await mkdir(join(folder, 'node_modules'))
  await symlink('..', join(folder, 'node_modules/self'))
  expect(packageFolders(['self'], folder)).toEqual([])
})
