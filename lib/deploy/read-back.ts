import { createHash } from 'node:crypto'
import { type ManagementReader, managementReader } from './management-reader.ts'
import type { DeployedAction, ReadBack, TenantAccess } from './types.ts'

/** SHA-256 of code as text, hexadecimal. */
export function codeHash(code: string): string {
  return createHash('sha256').update(code).digest('hex')
}

/**
 * What the tenant has of Actions and their order: all Actions, and the bindings of `triggers`. Reads only.
 * Does not see values of secrets: Auth0 never gives them back.
 *
 * @throws {ToolkitError} `ERR_ENVIRONMENT` when the tenant is not reachable, `ERR_DEPLOY` when it refuses.
 */
export async function readBack(
  access: TenantAccess,
  triggers: readonly string[] = ['post-login'],
): Promise<ReadBack> {
  return (await readActions(managementReader(access), triggers)).state
}

/** Whether the tenant has the packages that the file names; `latest` has become some version there. */
export function sameDependencies(
  wanted: DeployedAction['dependencies'],
  actual: DeployedAction['dependencies'],
): boolean {
  return (
    wanted.length === actual.length &&
    wanted.every(({ name, version }) =>
      actual.some((there) => there.name === name && (version === 'latest' || there.version === version)),
    )
  )
}

/** What the next deploy of an Action would put into force. */
export interface Draft {
  code: string
  runtime: string
  dependencies: { name: string; version: string }[]
  /** Names. */
  secrets: string[]
}

/** The same, with the code that each Action runs, and its draft. */
export async function readActions(
  reader: ManagementReader,
  triggers: readonly string[],
): Promise<{ state: ReadBack; codes: Map<string, string>; drafts: Map<string, Draft> }> {
  const list = await reader.list('/actions/actions', 'actions')
  const actions = list.map(deployedAction)
  const codes = new Map(list.map((wire) => [String(wire['name']), shownVersion(wire).code ?? '']))
  const bindings: ReadBack['bindings'] = {}
  for (const trigger of triggers) {
    const bound = await reader.list(`/actions/triggers/${trigger}/bindings`, 'bindings')
    bindings[trigger] = bound.map((binding) => {
      const action = binding['action'] as { name?: string } | undefined
      return action?.name ?? String(binding['display_name'])
    })
  }
  const drafts = new Map(list.map((wire) => [String(wire['name']), draftOf(wire)]))
  return { state: { actions, bindings }, codes, drafts }
}

function draftOf({ code = '', runtime = '', dependencies = [], secrets = [] }: WireVersion): Draft {
  return {
    code,
    runtime,
    dependencies: dependencies.map(({ name, version }) => ({ name, version })),
    secrets: secrets.map(({ name }) => name),
  }
}

interface WireVersion {
  id?: string
  number?: number
  deployed?: boolean
  code?: string
  runtime?: string
  secrets?: { name: string }[]
  dependencies?: { name: string; version: string }[]
}

/** The deployed version; the draft where there is none. */
function shownVersion(wire: Record<string, unknown>): WireVersion {
  return (wire['deployed_version'] as WireVersion | undefined) ?? (wire as WireVersion)
}

function deployedAction(wire: Record<string, unknown>): DeployedAction {
  const version = wire['deployed_version'] as WireVersion | undefined
  const shown = shownVersion(wire)
  return {
    name: String(wire['name']),
    id: String(wire['id']),
    codeHash: codeHash(String(shown.code ?? '')),
    runtime: String(shown.runtime ?? ''),
    secrets: (shown.secrets ?? []).map(({ name }) => name).sort(),
    dependencies: (shown.dependencies ?? []).map(({ name, version }) => ({ name, version })),
    ...(version?.number === undefined ? {} : { version: version.number }),
    ...(version?.id === undefined ? {} : { versionId: version.id }),
    deployed: version !== undefined,
    allChangesDeployed: wire['all_changes_deployed'] === true,
  }
}
