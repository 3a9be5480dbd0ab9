import type { Markers } from '../deploy/index.ts'
import { type DeployRecord, type Journal, newestRecord, readJournals, writeRecord } from '../deploy/index.ts'
import type { Workspace } from '../workspace/index.ts'
import type { OptionValues, Terminal } from './command.ts'
import { type DeployTarget, deployTarget, tenantToRead } from './deploy-target.ts'

/**
 * Runs what a command does with a tenant. All that it prints or throws goes through here: the values of markers show
 * as their markers, credentials as `***`.
 *
 * @throws what `use` throws, and {@link deployTarget}
 */
export async function withTarget(
  terminal: Terminal,
  values: OptionValues,
  { workspace, codes }: { workspace: Workspace; codes?: readonly string[] },
  use: (target: DeployTarget, shown: Terminal) => Promise<number>,
): Promise<number> {
  const target = await deployTarget(terminal, values, workspace, codes)
  try {
    return await use(target, maskedTerminal(terminal, target.markers))
  } catch (error) {
    throw maskedError(error, target.markers)
  } finally {
    await target.stop()
  }
}

type Text = Parameters<Terminal['out']>[0]

/** Not a copy: see `calledIn` in run.ts. */
function maskedTerminal(terminal: Terminal, markers: Markers): Terminal {
  const masked = (text: Text) => [text].flat().map((line) => markers.masked(line))
  const shown = (text: string) => {
    const document = text.startsWith('{') ? documentOf(text) : undefined
    return document === undefined ? markers.masked(text) : JSON.stringify(markers.maskedDocument(document))
  }
  return Object.create(terminal, {
    out: { value: (text: Text) => terminal.out(typeof text === 'string' ? shown(text) : masked(text)) },
    err: { value: (text: Text) => terminal.err(masked(text)) },
    document: {
      value: (text: string, options?: { commands?: boolean }) => terminal.document(shown(text), options),
    },
  })
}

function documentOf(text: string): object | undefined {
  try {
    return JSON.parse(text) as object
  } catch {
    return undefined
  }
}

/**
 * The same for a command that only reads a tenant, which must exist. `workspace`: the existing one, if any.
 *
 * @throws what `use` throws, and {@link tenantToRead}
 */
export async function withTenantToRead(
  terminal: Terminal,
  values: OptionValues,
  workspace: Workspace | undefined,
  use: (target: Awaited<ReturnType<typeof tenantToRead>>, shown: Terminal) => Promise<number>,
): Promise<number> {
  const target = await tenantToRead(terminal, values, workspace)
  try {
    return await use(target, maskedTerminal(terminal, target.markers))
  } catch (error) {
    throw maskedError(error, target.markers)
  }
}

/** Masks the error itself and returns it: callers compare its class and its code. */
function maskedError(error: unknown, markers: Markers): unknown {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    for (const key of ['message', 'stack', 'hint', 'error_description'] as const) {
      const holder = at as unknown as Record<string, unknown>
      const text = holder[key]
      if (typeof text === 'string') holder[key] = markers.masked(text)
    }
  }
  return error
}

/** The newest record of a tenant, with the values of today where the record has markers. */
export async function lastDeploy(
  { root }: Workspace,
  { access, markers }: DeployTarget,
): Promise<DeployRecord | undefined> {
  return markers.filled(await newestRecord(root, access.domain))
}

/** Keeps a record, with markers where the tenant shows values. */
export function keepRecord(
  { root }: Workspace,
  { markers }: DeployTarget,
  record: Parameters<typeof writeRecord>[1],
  number?: number,
): Promise<DeployRecord> {
  return writeRecord(root, markers.maskedDocument(record), number)
}

/** The journals of deploys to a tenant, from the oldest. */
export function journalsOf({ root }: Workspace, { access, markers }: DeployTarget): Promise<Journal[]> {
  return readJournals(root, access.domain, markers)
}

/** Deploys and rollbacks that were killed, or failed and left something, and that nothing has finished or undone since. */
export function cutOffIn(journals: readonly Journal[]): Journal[] {
  const last = journals.findLastIndex(({ end }) => end === 'deployed' || end === 'undone')
  return journals.slice(last + 1)
}

/** What a command says of one. */
export function cutOffText({ number, calls, domain, end, rollback }: Journal): string {
  if (rollback === true)
    return `note: rollback ${number} of ${domain} was cut off: the same claims rollback finishes it, claims deploy brings back what the workspace says`
  const how = end === 'left' ? 'failed, and left some of what it wrote,' : 'was cut off'
  return `note: deploy ${number} to ${domain} ${how} after ${calls.begun} of ${calls.total} calls: claims deploy finishes it, claims rollback undoes it`
}
