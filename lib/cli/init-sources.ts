import { readdir, readFile } from 'node:fs/promises'
import { extname, join, relative, resolve, sep } from 'node:path'
import { pullTenant } from '../deploy/index.ts'
import { ToolkitError } from '../errors.ts'
import { ifMissing, isFile } from '../files/index.ts'
import { EXAMPLE_ACTION, type FoundAction, findActions, type SkippedFile } from '../init/index.ts'
import { postLogin } from '../triggers/index.ts'
import { isDirectoryFormatPath, readWorkspace, tenantFormat } from '../workspace/index.ts'
import type { OptionValues, Terminal } from './command.ts'
import { withTenantToRead } from './masked.ts'

/** What a workspace is to begin with. */
export interface InitSource {
  kind: 'actions' | 'export' | 'tenant' | 'example'
  /** Where its files are: the workspace itself, or another folder whose files come into it. */
  folder: string
  /** Files that come into the workspace, by path below it; empty where they are there. */
  files: Map<string, string>
  /** Actions that no tenant.yaml names yet, with their paths below the workspace. */
  actions: { found: FoundAction; path: string }[]
  skipped: SkippedFile[]
  notes: string[]
}

/** Loads a file by a path relative to it: a copy elsewhere would not find that. */
const RELATIVE = /\b(?:require\s*\(|import\s*\(|from|import)\s*['"`]\.{1,2}\//

/**
 * Finds out what a workspace in `root` can begin with. Writes nothing.
 *
 * @throws {ToolkitError} `ERR_USAGE` where the folder is a workspace and another is named, `ERR_INPUT` where a folder
 * has nothing to begin with
 */
export async function initSource(
  root: string,
  from: string | undefined,
  terminal: Terminal,
  values: OptionValues,
): Promise<InitSource> {
  const here = await tenantFormat(root)
  const wanted = from !== undefined || values['from-tenant'] === true
  if (here !== undefined && wanted && (from === undefined || resolve(root, from) !== root)) {
    throw new ToolkitError('ERR_USAGE', 'this folder is a workspace already', {
      hint: 'claims init without a folder adds what is missing; claims pull brings what a tenant has. Else call it in an empty folder.',
    })
  }
  if (values['from-tenant'] === true) return fromTenant(root, terminal, values)
  const folder = from === undefined ? root : resolve(root, from)
  const inPlace = folder === root
  if ((inPlace ? here : await tenantFormat(folder)) !== undefined) {
    return { ...none('export', folder), files: inPlace ? new Map() : await exportedFiles(folder) }
  }
  const { actions, skipped } = await findActions(folder)
  if (actions.length === 0) {
    if (from === undefined && skipped.length === 0) return example(root)
    const why = skipped.map(({ file, reason }) => `${file}: ${reason}`).join('; ')
    throw new ToolkitError(
      'ERR_INPUT',
      `there is no Action in "${from ?? '.'}"${why === '' ? '' : ` (${why})`}`,
      {
        hint: `An Action is a .js or .ts file that exports a handler, such as exports.${postLogin.handlers.execute} = async (event, api) => { … }. Paste each from the dashboard into a file of its own. Nothing was written.`,
      },
    )
  }
  const source: InitSource = { ...none('actions', folder), skipped }
  for (const found of actions) {
    const text = await readFile(found.file, 'utf8')
    const own = relative(root, found.file).split(sep).join('/')
    // What must be built has its source in actions/, named as the Action.
    const usual = `actions/${found.name}${extname(found.file)}`
    const path = inPlace && (found.plain || own === usual) ? own : usual
    if (path !== own) {
      if (RELATIVE.test(text)) {
        throw new ToolkitError(
          'ERR_INPUT',
          `"${own}" loads other files, which stay behind when it is copied`,
          {
            hint: `Move it with them, so that it is "${usual}" in the folder of the workspace, and call claims init there. Nothing was written.`,
            file: own,
          },
        )
      }
      source.files.set(path, text)
    }
    source.actions.push({ found, path })
  }
  return source
}

function none(kind: InitSource['kind'], folder: string): InitSource {
  return { kind, folder, files: new Map(), actions: [], skipped: [], notes: [] }
}

async function example(root: string): Promise<InitSource> {
  const { file, code } = EXAMPLE_ACTION
  const trigger = { id: postLogin.id, version: postLogin.version }
  return {
    ...none('example', root),
    files: new Map([[file, code]]),
    actions: [{ found: { name: 'add-roles', file: join(root, file), trigger, plain: true }, path: file }],
    notes: ['no Action is in this folder: an example is written, to be replaced by yours'],
  }
}

/** The files of an export: what the deploy CLI reads, and the files that it names. */
async function exportedFiles(folder: string): Promise<Map<string, string>> {
  const workspace = await readWorkspace(folder)
  const names = new Set(workspace.namedFiles.map(({ file }) => relative(folder, file).split(sep).join('/')))
  if (workspace.format === 'yaml') names.add(relative(folder, workspace.tenantFile))
  else for (const name of await filesBelow(folder)) if (isDirectoryFormatPath(name)) names.add(name)
  const files = new Map<string, string>()
  for (const name of names) {
    if (await isFile(join(folder, name))) files.set(name, await readFile(join(folder, name), 'utf8'))
  }
  return files
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(ifMissing([]))
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)).split(sep).join('/'))
}

async function fromTenant(root: string, terminal: Terminal, values: OptionValues): Promise<InitSource> {
  const source = none('tenant', root)
  await withTenantToRead(terminal, values, undefined, async ({ access, keywords, config }) => {
    const { files, notPulled, drafts } = await pullTenant({ ...access, root, keywords, config })
    source.files = files
    const refused = notPulled.filter((one) => one.refused).map(({ type, reason }) => `${type} (${reason})`)
    if (refused.length > 0)
      source.notes.push(`not pulled, since the credentials may not read it: ${refused.join(', ')}`)
    for (const { action } of drafts)
      source.notes.push(`"${action}" is a draft: it was pulled with deployed: false`)
    return 0
  })
  return source
}
