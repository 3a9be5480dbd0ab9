import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { ToolkitError } from '../errors.ts'
import type { TenantFile, Workspace } from '../workspace/types.ts'

const MARKER = /##([A-Za-z0-9_]+)##/g

/** Names of all `##KEY##` markers of tenant.yaml. */
export function markerNames(workspace: Workspace): string[] {
  return missingKeywords(workspace, {}).map(({ name }) => name)
}

/** Names of the markers without a value, each with its first place in tenant.yaml. */
export function missingKeywords(
  workspace: Workspace,
  keywords: Readonly<Record<string, string>>,
): { name: string; line: number; column: number }[] {
  const missing = new Map<string, { name: string; line: number; column: number }>()
  const visit = (value: unknown, path: (string | number)[]): void => {
    if (typeof value === 'string') {
      for (const [, name = ''] of value.matchAll(MARKER)) {
        if (Object.hasOwn(keywords, name) || missing.has(name)) continue
        const { line, column } = workspace.positionOf(path)
        missing.set(name, { name, line, column })
      }
    } else if (Array.isArray(value)) {
      value.forEach((item, index) => {
        visit(item, [...path, index])
      })
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value)) visit(item, [...path, key])
    }
  }
  visit(workspace.tenant, [])
  return [...missing.values()]
}

/**
 * The tenant file with every `##KEY##` replaced.
 *
 * @throws {ToolkitError} `ERR_INPUT` with the place of the first marker that has no value.
 */
export function resolvedTenant(workspace: Workspace, keywords: Readonly<Record<string, string>>): TenantFile {
  const missing = missingKeywords(workspace, keywords)
  const [first] = missing
  if (first !== undefined) {
    const names = missing.map(({ name }) => `"##${name}##"`).join(', ')
    throw new ToolkitError('ERR_INPUT', `${names} ${missing.length === 1 ? 'has' : 'have'} no value`, {
      file: 'tenant.yaml',
      line: first.line,
      column: first.column,
      hint: 'Set it in the environment or a .env file for a real tenant, in tenant.local.yaml for the local one.',
    })
  }
  return replaced(workspace.tenant, keywords) as TenantFile
}

function replaced(value: unknown, keywords: Readonly<Record<string, string>>): unknown {
  if (typeof value === 'string') return value.replaceAll(MARKER, (_, name: string) => keywords[name]!)
  if (Array.isArray(value)) return value.map((item) => replaced(item, keywords))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replaced(item, keywords)]))
}

/**
 * The code of each Action as the deploy CLI will send it: its built file with the markers that have a value replaced.
 *
 * @throws {ToolkitError} `ERR_INPUT` when an Action is not built.
 */
export async function codeToSend(
  workspace: Workspace,
  keywords: Readonly<Record<string, string>>,
): Promise<Map<string, string>> {
  const codes = new Map<string, string>()
  for (const action of workspace.actions) {
    const code = await readFile(action.builtFile, 'utf8').catch((cause: unknown) => {
      throw new ToolkitError('ERR_INPUT', `the Action "${action.name}" is not built`, {
        hint: 'Run `claims build`.',
        ...action.at,
        cause,
      })
    })
    codes.set(
      action.name,
      code.replaceAll(MARKER, (marker, name: string) => keywords[name] ?? marker),
    )
  }
  return codes
}

/**
 * The tenant file with the code of its Actions Modules in place of the file's name, to compare it with the tenant.
 *
 * @throws {ToolkitError} `ERR_INPUT` for a file that cannot be read.
 */
export async function withModuleCode(
  tenant: TenantFile,
  root: string,
  keywords: Readonly<Record<string, string>>,
): Promise<TenantFile> {
  if (!Array.isArray(tenant.actionModules)) return tenant
  const actionModules = await Promise.all(
    tenant.actionModules.map(async (module) => {
      const file = String(module['code'])
      const code = await readFile(resolve(root, file), 'utf8').catch((cause: unknown) => {
        throw new ToolkitError(
          'ERR_INPUT',
          `the code of the module "${String(module['name'])}" cannot be read`,
          {
            hint: `Look at "${file}" in tenant.yaml.`,
            file: 'tenant.yaml',
            cause,
          },
        )
      })
      return { ...module, code: code.replaceAll(MARKER, (marker, name: string) => keywords[name] ?? marker) }
    }),
  )
  return { ...tenant, actionModules }
}

/** Removes terminal colours, and every value of a keyword that is long enough to be a secret. */
export function cleaned(
  text: string,
  keywords: Readonly<Record<string, string>>,
  secrets: readonly string[],
): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what colours begin with
  let clean = text.replaceAll(/\u001b\[[0-9;]*m/g, '')
  for (const value of [...Object.values(keywords), ...secrets].sort((a, b) => b.length - a.length)) {
    if (value.length >= 4) clean = clean.replaceAll(value, '***')
  }
  return clean
}
