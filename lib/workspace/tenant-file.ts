import { ToolkitError } from '../errors.ts'
import type { TenantFile, WorkspaceAction, WorkspaceModule } from './types.ts'
import type { YamlFile } from './yaml-file.ts'

type Path = (string | number)[]

/** A list of maps under a key of tenant.yaml; absent counts as empty. */
const ENTITY_LISTS = [
  'actions',
  'actionModules',
  'clients',
  'resourceServers',
  'clientGrants',
  'roles',
  'organizations',
  'connections',
  'databases',
] as const

/**
 * Checks the parts of tenant.yaml that the toolkit reads. What only the deploy CLI reads, it checks itself.
 *
 * @throws {ToolkitError} `ERR_INPUT` with the line at fault.
 */
export function tenantFile(yaml: YamlFile): TenantFile {
  const { value } = yaml
  if (!isRecord(value)) fail(yaml, [], 'must be a map of sections such as "actions" and "clients"')
  for (const key of ENTITY_LISTS) {
    const list = value[key]
    if (list === undefined || list === null) continue
    if (!Array.isArray(list)) fail(yaml, [key], `"${key}" must be a list`)
    for (const [index, item] of list.entries()) {
      if (!isRecord(item)) fail(yaml, [key, index], `an entry of "${key}" must be a map`)
    }
  }
  const triggers = value['triggers']
  if (triggers !== undefined && triggers !== null) {
    if (!isRecord(triggers)) fail(yaml, ['triggers'], '"triggers" must be a map of trigger ids')
    for (const [trigger, bindings] of Object.entries(triggers)) {
      if (!Array.isArray(bindings))
        fail(yaml, ['triggers', trigger], `"${trigger}" must be a list of bindings`)
      for (const [index, binding] of bindings.entries()) {
        if (!isRecord(binding) || typeof binding['action_name'] !== 'string') {
          fail(yaml, ['triggers', trigger, index], 'a binding must have an "action_name"')
        }
      }
    }
  }
  return Object.fromEntries(Object.entries(value).filter(([, section]) => section !== null)) as TenantFile
}

/** Whether the name of an Action can be the name of its file. Others have their source where `code:` says. */
export function isFileName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9 ._-]*$/.test(name)
}

/** An Action's entry, with defaults filled in; paths are still as written. */
export interface ActionEntry extends Omit<WorkspaceAction, 'sourceFile' | 'builtFile'> {
  code: string
}

export function actionEntries(yaml: YamlFile, tenant: TenantFile): ActionEntry[] {
  const seen = new Set<string>()
  return (tenant.actions ?? []).map((entry, index) => {
    const path: Path = ['actions', index]
    const name = text(yaml, entry, [...path, 'name'])
    if (/\p{Cc}/u.test(name)) {
      fail(yaml, [...path, 'name'], 'the name of an Action has a line break or another control character')
    }
    if (seen.has(name)) fail(yaml, [...path, 'name'], `there are two Actions with the name "${name}"`)
    seen.add(name)
    return {
      name,
      code: filePath(yaml, entry, path),
      runtime: entry['runtime'] === undefined ? 'node22' : text(yaml, entry, [...path, 'runtime']),
      deployed: entry['deployed'] === true,
      secrets: secrets(yaml, entry, path),
      dependencies: records(yaml, entry, [...path, 'dependencies']).map((dependency, i) => ({
        name: text(yaml, dependency, [...path, 'dependencies', i, 'name']),
        version: dependency['version'] === undefined ? 'latest' : String(dependency['version']),
      })),
      modules: records(yaml, entry, [...path, 'modules']).map((module, i) =>
        text(yaml, module, [...path, 'modules', i, 'module_name']),
      ),
      triggers: records(yaml, entry, [...path, 'supported_triggers']).map((trigger, i) =>
        text(yaml, trigger, [...path, 'supported_triggers', i, 'id']),
      ),
      at: yaml.positionOf([...path, 'name']),
    }
  })
}

/** Actions Modules; their files are still as written. */
export function moduleEntries(yaml: YamlFile, tenant: TenantFile): WorkspaceModule[] {
  return (tenant.actionModules ?? []).map((entry, index) => {
    const path: Path = ['actionModules', index]
    return {
      name: text(yaml, entry, [...path, 'name']),
      file: filePath(yaml, entry, path),
      secrets: secrets(yaml, entry, path),
    }
  })
}

/** The file of code, as it may be written on Windows. */
function filePath(yaml: YamlFile, entry: Record<string, unknown>, path: Path): string {
  return text(yaml, entry, [...path, 'code']).replaceAll('\\', '/')
}

function secrets(yaml: YamlFile, entry: Record<string, unknown>, path: Path): WorkspaceAction['secrets'] {
  return records(yaml, entry, [...path, 'secrets']).map((secret, i) => ({
    name: text(yaml, secret, [...path, 'secrets', i, 'name']),
    value: secret['value'] === undefined ? '' : text(yaml, secret, [...path, 'secrets', i, 'value']),
  }))
}

function records(yaml: YamlFile, entry: Record<string, unknown>, path: Path): Record<string, unknown>[] {
  const value = entry[String(path.at(-1))]
  if (value === undefined || value === null) return []
  if (!Array.isArray(value) || !value.every(isRecord))
    fail(yaml, path, `"${path.at(-1)}" must be a list of maps`)
  return value
}

function text(yaml: YamlFile, entry: Record<string, unknown>, path: Path): string {
  const key = String(path.at(-1))
  const value = entry[key]
  if (typeof value === 'string' && value !== '') return value
  // YAML reads an unquoted number or boolean as such; the deploy CLI takes it as text, so do we.
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  fail(yaml, path, `"${key}" is ${value === undefined || value === null ? 'missing' : 'not a text'}`)
}

function fail(yaml: YamlFile, path: Path, message: string): never {
  const { file, line, column } = yaml.positionOf(path)
  const place = path.length === 0 ? '' : ` (at ${path.join('.')})`
  throw new ToolkitError('ERR_INPUT', `"${file}": ${message}${place}`, {
    file,
    line,
    column,
    hint: 'tenant.yaml is a file of auth0-deploy-cli; its README lists the fields.',
  })
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
