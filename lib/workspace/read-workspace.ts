import { readdir } from 'node:fs/promises'
import { join, relative, resolve, sep } from 'node:path'
import { ToolkitError } from '../errors.ts'
import { ifMissing, isFile, isInside } from '../files/index.ts'
import { type Finding, type Position, reporter } from '../finding.ts'
import { TRIGGERS } from '../triggers/index.ts'
import { deployCliConfig, keywordsOf } from './deploy-cli-config.ts'
import { localFile } from './local-file.ts'
import { namedFiles } from './named-files.ts'
import { namedRules } from './rules.ts'
import { type ActionEntry, actionEntries, isFileName, moduleEntries, tenantFile } from './tenant-file.ts'
import { readIfThere, tenantText } from './tenant-text.ts'
import type { LocalFile, Workspace, WorkspaceAction } from './types.ts'
import { isWritten, type WrittenFiles, writtenFiles } from './written-files.ts'
import { parseYaml } from './yaml-file.ts'

const SOURCE_EXTENSIONS = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs']
const OUTSIDE = 'tenant/outside-workspace'
const report = reporter(namedRules)

export interface ReadOptions {
  /**
   * Paths that lead out of the workspace become findings (`tenant/outside-workspace`), for callers that show findings
   * and leave such files alone. @defaultValue false: the first is thrown
   */
  reportOutside?: boolean
}

/**
 * Reads the workspace in the folder `root`: tenant.yaml or else the deploy CLI's directory format, tenant.local.yaml and
 * the list of contracts.
 * Does not read the Actions' sources or the contracts.
 *
 * @throws {ToolkitError} `ERR_INPUT` when tenant.yaml is missing, one of the two files is malformed, or a path leads
 * out of the workspace.
 */
export async function readWorkspace(root: string, options: ReadOptions = {}): Promise<Workspace> {
  const folder = resolve(root)
  const read = await tenantText(folder)
  if (read === undefined) {
    throw new ToolkitError(
      'ERR_INPUT',
      `there is no tenant.yaml in "${root}", and no file of the deploy CLI's directory format, such as clients/<name>.json`,
      {
        hint: 'Run the command in the folder of a workspace, or below it; --workspace <folder> names one, and of files there is claims check <file>.',
      },
    )
  }
  const { format, file, ...yaml } = read
  const tenant = tenantFile(yaml)
  const local = await readLocal(folder)
  const findings: Finding[] = []
  const files = namedFiles(tenant)
  for (const { name, path, optional } of files) {
    const [member, at] = [String(path.at(-1)), yaml.positionOf(path)]
    if (isText(name) && !optional) {
      findings.push(
        report(OUTSIDE, at, {
          message: `"${member}" has a text of several lines, where the deploy CLI wants the name of a file.`,
          hint: 'Write the text into a file of the workspace, and its name here.',
        }),
      )
      continue
    }
    if (optional && !(await isFile(resolve(folder, name)))) continue
    if (await isInside(folder, resolve(folder, name))) continue
    findings.push(outside(`"${member}" names "${name}"`, at))
  }
  const written = await writtenFiles(folder)
  const actions: WorkspaceAction[] = []
  for (const entry of actionEntries(yaml, tenant)) {
    const { code, ...action } = entry
    const sourceFile = await sourceOf(folder, entry, written)
    actions.push({ ...action, builtFile: resolve(folder, code), sourceFile })
    if (isText(code)) continue
    if (!(await isFile(sourceFile)) || (await isWritten(folder, written, sourceFile)))
      findings.push(missingSource(folder, entry))
    else if (!(await isInside(folder, sourceFile)) && sourceFile !== resolve(folder, code)) {
      findings.push(outside(`The source "${shown(folder, sourceFile)}"`, entry.at))
    }
  }
  const contracts = await contractFiles(folder)
  for (const contract of contracts) {
    if (await isInside(folder, contract)) continue
    findings.push(
      outside('The contract', { file: shown(folder, contract), line: 1, column: 1 }, 'Copy the file there.'),
    )
  }
  const [first] = findings.filter(({ rule }) => rule === OUTSIDE)
  if (first !== undefined && options.reportOutside !== true) {
    const { message, hint, file, line, column } = first
    throw new ToolkitError('ERR_INPUT', message.replace(/\.$/, ''), { hint, file, line, column })
  }
  for (const { id } of TRIGGERS) {
    for (const [index, { action_name: name }] of (tenant.triggers?.[id] ?? []).entries()) {
      if (actions.some((action) => action.name === name)) continue
      findings.push(
        report('tenant/unknown-action', yaml.positionOf(['triggers', id, index, 'action_name']), {
          message: `${id} is bound to "${name}", which is not among the Actions of tenant.yaml.`,
          hint: `Add the Action, or remove the binding. Known: ${actions.map((action) => action.name).join(', ') || 'none'}.`,
        }),
      )
    }
  }
  return {
    root: folder,
    format,
    tenantFile: file,
    tenant,
    positionOf: yaml.positionOf,
    actions,
    modules: moduleEntries(yaml, tenant).map((module) => ({ ...module, file: resolve(folder, module.file) })),
    bound: Object.fromEntries(
      Object.entries(tenant.triggers ?? {}).map(([id, bindings]) => [
        id,
        bindings.map(({ action_name }) => action_name),
      ]),
    ),
    ...(local === undefined ? {} : { local }),
    keywords: { ...keywordsOf(await deployCliConfig(folder)), ...local?.keywords },
    contractFiles: contracts,
    namedFiles: files.map(({ name, ...file }) => ({ ...file, name, file: resolve(folder, name) })),
    findings,
  }
}

async function readLocal(folder: string): Promise<LocalFile | undefined> {
  const text = await readIfThere(join(folder, 'tenant.local.yaml'))
  return text === undefined ? undefined : localFile(parseYaml(text, 'tenant.local.yaml'))
}

/**
 * The one place that says what the source of an Action is: `actions/<name>` with an extension that an Action may have
 * (for a name that is no file's, that of `dist/actions/<name>.js` in `code:`), else the file that `code:` names, wherever it is. That file is the source of an Action from a dashboard or an export;
 * a bundle that `claims build` has written there is none.
 */
async function sourceOf(folder: string, { name, code }: ActionEntry, written: WrittenFiles): Promise<string> {
  // A name that is no file's, such as one with a marker, has its bundle named otherwise, and so its source.
  const bundle = /^(?:\.\/)?dist\/actions\/([^/]+)\.js$/.exec(code)?.[1]
  const stem = isFileName(name) ? name : bundle
  const usual =
    stem === undefined
      ? []
      : SOURCE_EXTENSIONS.map((extension) => join(folder, 'actions', `${stem}${extension}`))
  for (const candidate of [...usual, resolve(folder, code)]) {
    if (!(await isFile(candidate)) || (await isWritten(folder, written, candidate))) continue
    if (usual.includes(candidate) || (await isInside(folder, candidate))) return candidate
  }
  return usual[0] ?? resolve(folder, code)
}

/** Whether something that names a file is what belongs into one. */
function isText(name: string): boolean {
  return /[\r\n]/.test(name)
}

function missingSource(folder: string, { name, code, at }: ActionEntry): Finding {
  return report('tenant/missing-source', at, {
    message: `The Action "${name}" has no source file.`,
    hint: `Write ${isFileName(name) ? `actions/${name}.ts (.mts, .cts, .js, .mjs and .cjs do as well) or ` : ''}"${shown(folder, resolve(folder, code))}", or correct the name in tenant.yaml.`,
  })
}

function outside(
  what: string,
  at: Position,
  hint = 'Name a file of the workspace, and copy what is needed there.',
): Finding {
  return report(OUTSIDE, at, {
    message: `${what} is outside of the workspace, or leads out of it through a link.`,
    hint,
  })
}

function shown(folder: string, file: string): string {
  return relative(folder, file).split(sep).join('/')
}

async function contractFiles(folder: string): Promise<string[]> {
  const claims = join(folder, 'schemas', 'claims')
  const names = await readdir(claims).catch(ifMissing<string[]>([]))
  return names
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => join(claims, name))
}
