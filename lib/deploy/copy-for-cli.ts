import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { extname, join, resolve } from 'node:path'
import type { BuiltAction } from '../bundle/index.ts'
import { ToolkitError } from '../errors.ts'
import { isInside } from '../files/index.ts'
import { namedFiles, type TenantFile, type Workspace } from '../workspace/index.ts'

/**
 * Puts the files that a tenant file names into another folder, for the deploy CLI: of an Action its bundle, of all
 * others a copy. Returns the tenant file as it is to be read there. The workspace is only read.
 *
 * @throws {ToolkitError} `ERR_INPUT` for a file that is missing, cannot be read, or is outside of the workspace.
 */
export async function copyForCli(
  { workspace, built }: { workspace: Workspace; built: readonly Pick<BuiltAction, 'name' | 'code'>[] },
  tenant: TenantFile,
  folder: string,
): Promise<TenantFile> {
  const copy = structuredClone(tenant)
  const codes = new Map(built.map(({ name, code }) => [name, code]))
  const files = namedFiles(copy)
  const folders = new Set<string>()
  for (const [index, { name, path, optional }] of files.entries()) {
    const [type] = path
    const entity = type === 'actions' ? copy.actions?.[Number(path[1])] : undefined
    // By the name as it is written: here its markers are filled.
    const written = workspace.actions[Number(path[1])]?.name
    const code = entity === undefined ? undefined : codes.get(written ?? '')
    // The CLI adds the folder of these types itself, and keeps the text where there is no such file.
    const below = type === 'clients' || type === 'connections' ? `${String(type)}/` : ''
    const place = `${below}${index}${extname(name)}`
    if (!folders.has(below)) await mkdir(join(folder, below), { recursive: true })
    folders.add(below)
    if (code !== undefined) await writeFile(join(folder, place), code)
    else {
      const from = resolve(workspace.root, name)
      try {
        if (!(await isInside(workspace.root, from))) throw new Error('outside of the workspace')
        await copyFile(from, join(folder, place))
      } catch (cause) {
        if (optional) continue
        // Old exports have the text itself where the name of its file belongs.
        const isText = name.length > 255 || name.includes('\n')
        const key = String(path.at(-1))
        throw new ToolkitError(
          'ERR_INPUT',
          isText ? `"${key}" must name a file, and holds a text` : `"${name}" cannot be read`,
          {
            hint: isText
              ? 'Put the text into a file of the workspace, and name that.'
              : 'Correct its name, or write the file.',
            ...workspace.positionOf(path),
            cause,
          },
        )
      }
    }
    setAt(copy, path, place.slice(below.length))
  }
  return copy
}

function setAt(value: unknown, path: readonly (string | number)[], text: string): void {
  let at = value as Record<string | number, unknown>
  for (const key of path.slice(0, -1)) at = at[key] as Record<string | number, unknown>
  at[path.at(-1)!] = text
}
