import { readdir } from 'node:fs/promises'
import { join, posix, resolve } from 'node:path'
import { ToolkitError } from '../errors.ts'
import { ifMissing, isFile, isInside, readIfThere } from '../files/index.ts'
import {
  BRANDING_TEMPLATES,
  DATABASE_SCRIPTS,
  DATABASES,
  ENTRY_FOLDERS,
  PARTIALS,
  PROMPTS,
  SCREENS,
  SINGLE_FILES,
  TRIGGERS,
} from './directory-folders.ts'
import { parseJson } from './json-file.ts'
import type { YamlFile } from './yaml-file.ts'

type Path = (string | number)[]
type Entry = Record<string, unknown>

/**
 * Reads a folder in the directory format of auth0-deploy-cli 8, as the CLI reads it: one `.json` file an entity. The
 * value has the form of a tenant.yaml, names of files relative to the folder included, so that all else reads one form;
 * positions are those in the files. `undefined` where the folder has no file of the format.
 *
 * @throws {ToolkitError} `ERR_INPUT` with file and line for a file that is not JSON, or not of the format
 */
export async function readDirectoryFormat(root: string): Promise<YamlFile | undefined> {
  const tree = new Tree(root)
  for (const [type, folder] of Object.entries(ENTRY_FOLDERS)) {
    for (const name of await tree.jsonFiles(folder)) {
      if (name !== 'emails/provider.json') await tree.entry([type], name)
    }
  }
  for (const [file, ...path] of SINGLE_FILES) await tree.single(path, file)
  for (const name of await tree.jsonFiles(BRANDING_TEMPLATES))
    await tree.entry(['branding', 'templates'], name)
  for (const folder of await tree.folders(DATABASES)) {
    await tree.entry(['databases'], `${DATABASES}/${folder}/database.json`)
  }
  const [triggers] = await tree.jsonFiles(TRIGGERS)
  if (triggers !== undefined) await tree.single(['triggers'], triggers)
  await tree.single(['prompts', 'partials'], PARTIALS)
  for (const name of await tree.jsonFiles(SCREENS)) await tree.entry(['prompts', 'screenRenderers'], name)
  if (tree.parts.length === 0) return undefined
  await withPathsOfTenantYaml(tree)
  return { value: tree.value, positionOf: (path) => tree.positionOf(path) }
}

interface Part {
  path: Path
  file: string
  json: YamlFile
}

/** The files that were read, each a part of one value. */
class Tree {
  readonly value: Entry = {}
  readonly parts: Part[] = []
  readonly #byPath = new Map<string, Part>()

  readonly root: string

  constructor(root: string) {
    this.root = root
  }

  /** Reads a file as one more entry of the list at `path`, unless it is `{}`. */
  async entry(path: readonly string[], file: string): Promise<void> {
    const json = await this.#read(file)
    if (json === undefined) return
    const list = this.#at(path, []) as unknown[]
    if (isEntry(json.value) && Object.keys(json.value).length === 0) return
    if (await this.#isLeftOut(file, json.value)) return
    this.#add({ path: [...path, list.length], file, json })
    list.push(json.value)
  }

  /** Reads a file as the value at `path`, where there is one. */
  async single(path: readonly string[], file: string): Promise<void> {
    const json = await this.#read(file)
    if (json === undefined) return
    this.#add({ path: [...path], file, json })
    const parent = this.#at(path.slice(0, -1), {}) as Entry
    parent[path.at(-1)!] = json.value
  }

  positionOf(path: readonly (string | number)[]) {
    for (let length = path.length; length > 0; length--) {
      const own = this.#byPath.get(JSON.stringify(path.slice(0, length)))
      if (own !== undefined) return own.json.positionOf(path.slice(length))
    }
    const below = this.parts.find((part) => path.every((key, index) => key === part.path[index]))
    return { file: below?.file ?? '.', line: 1, column: 1 }
  }

  /** Where a file was put, with its name and its value. */
  entries(...path: readonly string[]): { path: Path; file: string; entry: Entry }[] {
    return this.parts
      .filter((part) => part.path.length === path.length + 1 && path.every((key, i) => key === part.path[i]))
      .map(({ path: at, file, json }) => {
        if (isEntry(json.value)) return { path: at, file, entry: json.value }
        return this.fail(at, 'it must hold one object')
      })
  }

  fail(path: Path, message: string, hint = 'Write it as a0deploy export --format directory does.'): never {
    const at = this.positionOf(path)
    throw new ToolkitError('ERR_INPUT', `"${at.file}": ${message}`, { ...at, hint })
  }

  async jsonFiles(folder: string): Promise<string[]> {
    const names = (await this.#entriesOf(folder)).filter((name) => name.endsWith('.json')).sort()
    const files: string[] = []
    for (const name of names) {
      if (await isFile(join(this.root, folder, name))) files.push(`${folder}/${name}`)
    }
    return files
  }

  async folders(folder: string): Promise<string[]> {
    const names = (await this.#entriesOf(folder)).sort()
    const found: string[] = []
    for (const name of names) {
      if (await isFile(join(this.root, folder, name, 'database.json'))) found.push(name)
    }
    return found
  }

  /** A page or a template without its text: the CLI warns of it, and goes on. */
  async #isLeftOut(file: string, value: unknown): Promise<boolean> {
    const [folder, name] = file.split('/')
    if (folder !== 'pages' && folder !== 'emails') return false
    if (await isFile(join(this.root, htmlBeside(file)))) return false
    if (folder === 'pages') return name !== 'login.json' && name !== 'error_page.json'
    const body = isEntry(value) ? value['body'] : undefined
    return typeof body !== 'string' || !(await isFile(resolve(this.root, below(folder, body))))
  }

  #add(part: Part): void {
    this.parts.push(part)
    this.#byPath.set(JSON.stringify(part.path), part)
  }

  #entriesOf(folder: string): Promise<string[]> {
    return readdir(join(this.root, folder)).catch(ifMissing<string[]>([]))
  }

  async #read(file: string): Promise<YamlFile | undefined> {
    const text = await readIfThere(join(this.root, file))
    return text === undefined ? undefined : parseJson(text, file)
  }

  #at(path: readonly string[], empty: unknown): unknown {
    let at: Entry = this.value
    for (const [index, key] of path.entries()) {
      if (at[key] === undefined || at[key] === null) at[key] = index === path.length - 1 ? empty : {}
      at = at[key] as Entry
    }
    return at
  }
}

/** Puts names of files and what stands in them where tenant.yaml has them. */
async function withPathsOfTenantYaml(tree: Tree): Promise<void> {
  const isThere = (name: string) => isFile(join(tree.root, name))
  for (const type of ['rules', 'hooks'] as const) {
    for (const { entry } of tree.entries(type)) inFolder(entry, 'script', type)
  }
  for (const { entry } of tree.entries('branding', 'templates')) inFolder(entry, 'body', BRANDING_TEMPLATES)
  for (const type of ['flows', 'forms'] as const) {
    for (const { path, file, entry } of tree.entries(type))
      set(tree, path, { name: entry['name'], body: file })
  }
  for (const { file, entry } of tree.entries('pages')) {
    const html = htmlBeside(file)
    entry['html'] = (await isThere(html)) ? html : ''
  }
  for (const { file, entry } of tree.entries('emailTemplates')) {
    const named = typeof entry['body'] === 'string' ? below('emails', entry['body']) : undefined
    entry['body'] = named !== undefined && (await isThere(named)) ? named : htmlBeside(file)
  }
  for (const { path, file, entry } of tree.entries('databases')) database(tree, path, file, entry)
  for (const { path, file, entry } of tree.entries('prompts', 'screenRenderers')) {
    set(tree, path, { [String(entry['prompt'])]: { [String(entry['screen'])]: file } })
  }
  const prompts = tree.value['prompts']
  if (isEntry(prompts) && isEntry(prompts['partials']))
    prompts['partials'] = await partials(tree, prompts['partials'])
}

function database(tree: Tree, path: Path, file: string, entry: Entry): void {
  const { customScripts, ...rest } = entry
  const options: Entry = {
    ...(isEntry(entry['options']) ? entry['options'] : {}),
    ...(isEntry(customScripts) && { customScripts }),
  }
  if (isEntry(options['customScripts'])) {
    const scripts = Object.entries(options['customScripts']).filter(([name]) => DATABASE_SCRIPTS.has(name))
    const folder = posix.dirname(file)
    options['customScripts'] = Object.fromEntries(
      scripts.map(([name, script]) => [name, typeof script === 'string' ? below(folder, script) : script]),
    )
  }
  set(tree, path, { ...rest, options })
}

/** The texts of partials by prompt, screen and place. What names no file is empty. */
async function partials(tree: Tree, written: Entry): Promise<Entry> {
  const result: Entry = {}
  for (const [prompt, list] of Object.entries(written)) {
    const screens = Array.isArray(list) ? list[0] : undefined
    if (!isEntry(screens))
      tree.fail(['prompts', 'partials', prompt], `"${prompt}" must be a list of one object`)
    const texts: Record<string, Entry> = {}
    for (const [screen, items] of Object.entries(screens)) {
      texts[screen] = {}
      for (const { name, template } of Array.isArray(items) ? items : []) {
        const file = resolve(tree.root, below(PROMPTS, String(template)))
        if (!(await isInside(tree.root, file))) {
          const what = `"${template}" is outside of the workspace, or leads out of it through a link`
          tree.fail(['prompts', 'partials', prompt], what, 'Name a file of the workspace.')
        }
        const text = await readIfThere(file)
        texts[screen]![String(name)] = (text ?? '').trim()
      }
    }
    result[prompt] = texts
  }
  return result
}

function inFolder(entry: Entry, key: string, folder: string): void {
  const name = entry[key]
  if (typeof name === 'string' && name !== '') entry[key] = below(folder, name.trim())
}

/** A file as it is named in a folder of the workspace, relative to the workspace. */
function below(folder: string, name: string): string {
  const path = name.replaceAll('\\', '/')
  return posix.isAbsolute(path) ? path : posix.join(folder, path)
}

function htmlBeside(file: string): string {
  return file.replace(/\.json$/, '.html')
}

function set(tree: Tree, path: Path, value: unknown): void {
  let at: unknown = tree.value
  for (const key of path.slice(0, -1)) at = (at as Entry)[key]
  ;(at as Entry)[path.at(-1)!] = value
}

function isEntry(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
