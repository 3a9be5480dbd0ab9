import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, posix } from 'node:path'
import { ToolkitError } from '../errors.ts'
import { isDirectoryFormatPath, namedFiles, type TenantFile, tenantText } from '../workspace/index.ts'
import { git } from './git.ts'
import { namedCommit } from './git-commit.ts'

/**
 * Writes the files of a folder, as they were at a git commit, into another folder. Leaves the repository alone.
 * Only what is under `root` is written, and no submodules.
 *
 * @throws ToolkitError `ERR_USAGE` when git does not know `ref`, or `root` is in no repository.
 */
export async function checkOut(root: string, ref: string, folder: string): Promise<void> {
  const answer = async (...args: string[]) => {
    try {
      return await git(root, args)
    } catch (cause) {
      throw new ToolkitError('ERR_USAGE', `git cannot read the workspace of "${ref}"`, {
        hint: 'Look at what git says of the repository.',
        cause,
      })
    }
  }
  const commit = await namedCommit(root, ref)
  const names = (await answer('ls-tree', '-r', '-z', '--name-only', commit, '.')).toString().split('\0')
  const write = async (wanted: (name: string) => boolean) => {
    for (const name of names.filter(wanted)) {
      const file = join(folder, name)
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, await answer('show', `${commit}:./${name}`))
    }
  }
  const yaml = ['tenant.yaml', 'tenant.yml'].find((name) => names.includes(name))
  await write(
    (name) =>
      /^(actions|schemas)\/|^tenant\.local\.yaml$|^package\.json$/.test(name) ||
      (yaml === undefined ? isDirectoryFormatPath(name) : name === yaml),
  )
  const tenant = ((await tenantText(folder))?.value ?? {}) as TenantFile
  const named = new Set(namedFiles(tenant).map(({ name }) => posix.normalize(name)))
  await write((name) => named.has(name))
}
