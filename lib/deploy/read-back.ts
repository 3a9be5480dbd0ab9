import { createHash } from 'node:crypto'
import { ToolkitError } from '../errors.ts'
import { TRIGGERS } from '../triggers/index.ts'
import { hintFor } from './transport.ts'
import type { DeployedAction, ReadBack, TenantAccess } from './types.ts'
import { type Reads, readsOf } from './wire/reads.ts'
import { upstreamOf } from './wire/upstream.ts'

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
  triggers: readonly string[] = TRIGGERS.map(({ id }) => id),
): Promise<ReadBack> {
  return (await readActions(readsOf(upstreamOf(access)), triggers, access.domain)).state
}

/** The same of what was read already, with the code that each Action runs. */
export async function readActions(
  reads: Reads,
  triggers: readonly string[],
  domain = 'the tenant',
): Promise<{ state: ReadBack; codes: Map<string, string> }> {
  const list = async (path: string) => {
    const { answer, list } = await reads.read(path)
    if (list !== undefined) return list.items
    // Who deploys no Actions needs no right to read them. Where Actions are deployed, the deploy CLI reads them too.
    if (answer.status === 403 && triggers.length === 0) return []
    const { message } = (answer.json ?? {}) as Record<string, unknown>
    throw new ToolkitError(
      'ERR_DEPLOY',
      `"${domain}" answered ${answer.status} to GET ${path.split('?')[0]}: ${String(message ?? 'no reason')}`,
      { hint: hintFor(answer.status) },
    )
  }
  const actions = await list('/actions/actions?page=0&per_page=100')
  const bindings: ReadBack['bindings'] = {}
  for (const trigger of triggers) {
    const bound = await list(`/actions/triggers/${trigger}/bindings?page=0&per_page=50`)
    bindings[trigger] = bound.map((binding) => {
      const action = binding['action'] as { name?: string } | undefined
      return action?.name ?? String(binding['display_name'])
    })
  }
  return {
    state: { actions: actions.map(deployedAction), bindings },
    codes: new Map(actions.map((wire) => [String(wire['name']), shownVersion(wire).code ?? ''])),
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
