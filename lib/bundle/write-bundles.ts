import { stat } from 'node:fs/promises'
import path from 'node:path'
import { isBelow, isInside, readOutput, realPath, writeAllWhole } from '../files/index.ts'
import { type Finding, reporter } from '../finding.ts'
import { isWritten, rememberWritten, type Workspace, writtenFiles } from '../workspace/index.ts'
import { namedRules } from '../workspace/rules.ts'
import { bundleRules } from './rules.ts'
import type { BuiltAction } from './types.ts'

const rules = { ...bundleRules, ...namedRules }
const report = reporter(rules)

export interface WrittenBundles {
  /** Names of Actions whose source is what `code:` names and ships as it is written: there is nothing to write. */
  asWritten: string[]
  /** What stopped the writing; then no file was written at all. */
  findings: Finding[]
}

/** Files and folders of a workspace where no bundle belongs, whether they exist or not. */
const RESERVED = [
  'tenant.yaml',
  'tenant.local.yaml',
  'claims.config.json',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'schemas',
  'node_modules',
  '.auth0-claims',
  '.git',
]

/**
 * Writes each bundle to the file that its `code:` names, and its source map beside it as `<file>.map`: all of them or
 * none. Makes folders as needed. Writes where nothing is, over what an earlier call has written and nobody has changed
 * since, and over the same bytes; never over a source, a file that a bundle imports or tenant.yaml names, a contract,
 * through a link, or outside of the workspace: those are findings (`bundle/not-ours`, `bundle/source-is-output`).
 *
 * Does not remove bundles of Actions that are gone.
 *
 * @throws {ToolkitError} `ERR_INPUT` for a link or a folder where a bundle belongs; else the system's error
 */
export async function writeBundles(
  workspace: Workspace,
  built: readonly BuiltAction[],
): Promise<WrittenBundles> {
  const { root } = workspace
  const guarded = await guardedFiles(workspace, built)
  const written = await writtenFiles(root)
  const texts = new Map<string, string>()
  const owners = new Map<string, string>()
  const asWritten: string[] = []
  const findings: Finding[] = []
  for (const action of built) {
    const { name, builtFile, sourceFile } = action
    const proposal = `code: ./dist/actions/${name}.js`
    const fail = (rule: keyof typeof rules, message: string, hint = `Write ${proposal}.`) =>
      findings.push(
        report(rule, placeOf(workspace, name), { message, hint: `${hint} Plan and deploy need no build.` }),
      )
    if (await isSameFile(builtFile, sourceFile)) {
      if (action.asWritten) asWritten.push(name)
      else {
        const move =
          path.dirname(sourceFile) === path.join(root, 'actions')
            ? ''
            : `Move the source to actions/${name}${path.extname(sourceFile)}. `
        fail(
          'bundle/source-is-output',
          `"${shown(root, builtFile)}" is the source of "${name}", and its bundle would overwrite it.`,
          `${move}Write ${proposal}.`,
        )
      }
      continue
    }
    for (const [file, text] of [
      [builtFile, action.code],
      [`${builtFile}.map`, action.sourceMap],
    ] as const) {
      const what = `"${shown(root, file)}", where the bundle of "${name}" belongs,`
      if (!(await isInside(root, file))) {
        fail(
          'tenant/outside-workspace',
          `${what} is outside of the workspace, or leads out of it through a link.`,
        )
        continue
      }
      const key = keyOf(await realPath(file))
      const other = await guarded.find(file)
      const owner = owners.get(key)
      if (other !== undefined) fail('bundle/not-ours', `${what} is ${other}.`)
      else if (owner !== undefined && (owner !== file || texts.get(file) !== text)) {
        fail('bundle/not-ours', `${what} is where the bundle of another Action belongs.`)
      } else if (!(await isFree(file, text))) {
        fail(
          'bundle/not-ours',
          `"${shown(root, file)}" is there, and claims build has not written it, or somebody has changed it since.`,
          `Delete it if it is not needed, or write ${proposal}.`,
        )
      } else {
        owners.set(key, file)
        texts.set(file, text)
      }
    }
  }
  if (findings.length > 0) return { asWritten, findings }
  await writeAllWhole(texts, { root })
  if (texts.size > 0) await rememberWritten(root, texts)
  return { asWritten, findings }

  async function isFree(file: string, text: string): Promise<boolean> {
    const there = await textIn(file, shown(root, file))
    return there === undefined || there === text || (await isWritten(root, written, file))
  }
}

interface Guarded {
  /** What a path is that no bundle may be written to; `undefined` for one that is free. */
  find(file: string): Promise<string | undefined>
}

async function guardedFiles(workspace: Workspace, built: readonly BuiltAction[]): Promise<Guarded> {
  const { root, actions, namedFiles, contractFiles } = workspace
  const byPath = new Map<string, string>()
  const byNode = new Map<string, string>()
  const folders: [folder: string, what: string][] = []
  const guard = async (file: string, what: string) => {
    const real = await realPath(file).catch(() => file)
    byPath.set(keyOf(real), what)
    const node = await nodeOf(file)
    if (node !== undefined) byNode.set(node, what)
  }
  for (const name of RESERVED) {
    await guard(path.join(root, name), name)
    folders.push([keyOf(await realPath(path.join(root, name))), `in ${name}`])
  }
  for (const { name, inputs } of built) {
    for (const file of inputs) await guard(file, `a file that "${name}" imports`)
  }
  for (const { file, path: named } of namedFiles) {
    if (named[0] !== 'actions') await guard(file, `a file that "${String(named[0])}" names`)
  }
  for (const file of contractFiles) await guard(file, 'a contract')
  for (const { name, sourceFile } of actions) await guard(sourceFile, `the source of "${name}"`)
  return {
    async find(file) {
      const key = keyOf(await realPath(file))
      const node = await nodeOf(file)
      return (
        byPath.get(key) ??
        (node === undefined ? undefined : byNode.get(node)) ??
        folders.find(([folder]) => isBelow(folder, key))?.[1]
      )
    },
  }
}

/** One text for all the names that file systems without case, or with their own way of accents, take for one. */
function keyOf(real: string): string {
  return real.normalize('NFC').toLowerCase()
}

async function nodeOf(file: string): Promise<string | undefined> {
  const node = await stat(file, { bigint: true }).catch(() => undefined)
  return node === undefined ? undefined : `${node.dev}:${node.ino}`
}

/** Whether two paths name one file: by links, in another case, or as two names of one. */
async function isSameFile(a: string, b: string): Promise<boolean> {
  if (path.resolve(a) === path.resolve(b)) return true
  const [one, other] = await Promise.all([nodeOf(a), nodeOf(b)])
  return one !== undefined && one === other
}

function placeOf(workspace: Workspace, name: string) {
  const index = workspace.actions.findIndex((action) => action.name === name)
  return workspace.positionOf(['actions', index, 'code'])
}

function shown(root: string, file: string): string {
  return path.relative(root, file).split(path.sep).join('/')
}

async function textIn(file: string, shown: string): Promise<string | undefined> {
  return readOutput(file, shown).catch((error: NodeJS.ErrnoException) => {
    // Where a folder is, writing says so.
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(error.code ?? '')) return undefined
    throw error
  })
}
