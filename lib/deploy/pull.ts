import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseDocument, stringify } from 'yaml'
import { runCli } from './launch.ts'
import type { TenantAccess } from './types.ts'

export interface PullOptions extends TenantAccess {
  onLine?: (line: string) => void
}

/** Files of a workspace, by path relative to it. */
export interface PulledFiles {
  files: Map<string, string>
  /** Names of the markers that tenant.yaml has in place of values of secrets. */
  markers: string[]
}

type Entry = Record<string, unknown>

const TYPES = ['actions', 'triggers', 'clients', 'resourceServers', 'clientGrants', 'roles', 'organizations']

/** Fields that describe the tenant's answer, and that no file should set. */
const ANSWER_FIELDS: Readonly<Record<string, readonly string[]>> = {
  actions: ['status'],
  clients: ['is_global', 'client_secret', 'client_id'],
  resourceServers: ['is_system'],
}

/**
 * Exports a tenant through the deploy CLI as the files of a workspace: tenant.yaml and one JavaScript file for each
 * Action, byte for byte its draft. Values of secrets cannot be read: tenant.yaml gets a marker for each. Writes no
 * file of the workspace; exports Actions, bindings, applications, APIs, grants, roles and organizations, not
 * connections or pages.
 *
 * @throws {ToolkitError} `ERR_ENVIRONMENT` when the tenant is not reachable, `ERR_DEPLOY` when it refuses.
 */
export async function pullTenant(options: PullOptions): Promise<PulledFiles> {
  const folder = await mkdtemp(join(tmpdir(), 'auth0-claims-pull-'))
  try {
    await runCli({
      ...options,
      folder,
      keywords: {},
      job: { mode: 'export', outputFolder: folder },
      config: { AUTH0_INCLUDED_ONLY: TYPES },
    })
    const tenant = parseDocument(await readFile(join(folder, 'tenant.yaml'), 'utf8')).toJS() as Record<
      string,
      unknown
    >
    const files = new Map<string, string>()
    const actions = (tenant['actions'] ?? []) as Entry[]
    const markers = new Set<string>()
    for (const action of actions) {
      const name = String(action['name'])
      const file = fileName(name)
      files.set(`actions/${file}.js`, await readFile(join(folder, String(action['code'])), 'utf8'))
      action['code'] = `./dist/actions/${file}.js`
      for (const secret of (action['secrets'] ?? []) as Entry[]) {
        const marker = markerFor(String(secret['name']), name, actions)
        markers.add(marker)
        secret['value'] = `##${marker}##`
      }
    }
    files.set('tenant.yaml', stringify(tidied(tenant)))
    return { files, markers: [...markers].sort() }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

// Auth0 allows any character in the name of an Action, a folder does not.
function fileName(name: string): string {
  return /^[\w.-]+$/.test(name) && !name.startsWith('.') ? name : name.replaceAll(/[^\w-]+/g, '-')
}

/** The secret's name; with the Action's in front where two Actions have a secret of that name. */
function markerFor(secret: string, action: string, actions: readonly Entry[]): string {
  const owners = actions.filter((other) =>
    ((other['secrets'] ?? []) as Entry[]).some(({ name }) => name === secret),
  )
  const name = owners.length > 1 ? `${action}_${secret}` : secret
  return name.replaceAll(/\W+/g, '_').toUpperCase()
}

function tidied(tenant: Record<string, unknown>): Record<string, unknown> {
  const result: Record<string, unknown> = {}
  for (const type of TYPES) {
    const value = tenant[type]
    if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) continue
    const unwanted = ANSWER_FIELDS[type] ?? []
    result[type] = !Array.isArray(value)
      ? value
      : (value as Entry[]).map((entry) =>
          Object.fromEntries(Object.entries(entry).filter(([key]) => !unwanted.includes(key))),
        )
  }
  return result
}
