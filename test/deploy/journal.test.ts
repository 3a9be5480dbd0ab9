import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { newJournal } from '../../lib/deploy/index.ts'
import { folderWith } from '../helpers/folder.ts'

test('a journal that would leave the workspace through a link is refused, with the link named', async () => {
  const parent = await folderWith({ 'workspace/tenant.yaml': '', 'outside/x': '' })
  const root = join(parent, 'workspace')
  await mkdir(join(root, '.auth0-claims'))
  await symlink('../../outside', join(root, '.auth0-claims/deploys'))
  const same = <T>(document: T) => document
  const markers = { filled: same, maskedDocument: same }
  const journal = newJournal(root, markers, { domain: 'acme.example', state: {} as never })
  await expect(journal.begin([], [])).rejects.toThrow(
    /^".auth0-claims\/deploys" leads out of this folder through a link$/,
  )
})
