import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { ToolkitError } from '../errors.ts'
import type { Finding } from '../finding.ts'
import { localFile } from './local-file.ts'
import { type ActionEntry, actionEntries, moduleEntries, tenantFile } from './tenant-file.ts'
import type { LocalFile, Workspace, WorkspaceAction } from './types.ts'
import { parseYaml } from './yaml-file.ts'

const SOURCE_EXTENSIONS = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs']
const DEPLOY_CLI = 'https://github.com/auth0/auth0-deploy-cli/blob/master/docs/available-keywords.md'

/**
 * Reads the workspace in the folder `root`: tenant.yaml, tenant.local.yaml and the list of contracts.
 * Does not read the Actions' sources or the contracts.
 *
 * @throws {ToolkitError} `ERR_INPUT` when tenant.yaml is missing, or one of the two files is malformed.
 */
export async function readWorkspace(root: string): Promise<Workspace> {
  const folder = resolve(root)
  const file = join(folder, 'tenant.yaml')
  const text = await readIfThere(file)
  if (text === undefined) {
    throw new ToolkitError('ERR_INPUT', `there is no tenant.yaml in "${root}"`, {
      hint: 'Run the command in the folder of a workspace; some commands take --workspace <folder>.',
    })
  }
  const yaml = parseYaml(text, 'tenant.yaml')
  const tenant = tenantFile(yaml)
  const local = await readLocal(folder)
  const findings: Finding[] = []
  const actions: WorkspaceAction[] = []
  for (const entry of actionEntries(yaml, tenant)) {
    const { code, ...action } = entry
    actions.push({
      ...action,
      builtFile: resolve(folder, code),
      sourceFile: await sourceOf(folder, entry, findings),
    })
  }
  const bindings = tenant.triggers?.['post-login'] ?? []
  for (const [index, { action_name: name }] of bindings.entries()) {
    if (actions.some((action) => action.name === name)) continue
    findings.push({
      rule: 'tenant/unknown-action',
      severity: 'error',
      message: `post-login is bound to "${name}", which is not among the Actions of tenant.yaml.`,
      hint: `Add the Action, or remove the binding. Known: ${actions.map((action) => action.name).join(', ') || 'none'}.`,
      ...yaml.positionOf(['triggers', 'post-login', index, 'action_name']),
      source: DEPLOY_CLI,
    })
  }
  return {
    root: folder,
    tenantFile: file,
    tenant,
    positionOf: yaml.positionOf,
    actions,
    modules: moduleEntries(yaml, tenant).map((module) => ({ ...module, file: resolve(folder, module.file) })),
    bound: bindings.map((binding) => binding.action_name),
    ...(local === undefined ? {} : { local }),
    contractFiles: await contractFiles(folder),
    findings,
  }
}

async function readLocal(folder: string): Promise<LocalFile | undefined> {
  const text = await readIfThere(join(folder, 'tenant.local.yaml'))
  return text === undefined ? undefined : localFile(parseYaml(text, 'tenant.local.yaml'))
}

async function sourceOf(folder: string, entry: ActionEntry, findings: Finding[]): Promise<string> {
  for (const extension of SOURCE_EXTENSIONS) {
    const candidate = join(folder, 'actions', `${entry.name}${extension}`)
    if (await isFile(candidate)) return candidate
  }
  // An Action pulled from a dashboard is plain JavaScript at the place that `code:` names.
  const written = resolve(folder, entry.code)
  if (!written.startsWith(join(folder, 'dist')) && (await isFile(written))) return written
  findings.push({
    rule: 'tenant/missing-source',
    severity: 'error',
    message: `The Action "${entry.name}" has no source file.`,
    hint: `Write actions/${entry.name}.ts, or correct the name in tenant.yaml.`,
    ...entry.at,
    source: DEPLOY_CLI,
  })
  return join(folder, 'actions', `${entry.name}.ts`)
}

async function contractFiles(folder: string): Promise<string[]> {
  const claims = join(folder, 'schemas', 'claims')
  const names = await readdir(claims).catch(() => [])
  return names
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => join(claims, name))
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  )
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new ToolkitError('ERR_INPUT', `"${basename(file)}" cannot be read`, {
      cause,
      hint: 'Check that it is a file and that you may read it.',
    })
  }
}
