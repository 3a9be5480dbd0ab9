import { readFile } from 'node:fs/promises'
import { IMPORTED_TYPES } from '../tenant/management/index.ts'
import { fillMarkers, markersIn, valuelessSecrets, type Workspace } from '../workspace/index.ts'
import type { LocalFacts } from './tenant-files.ts'

/** What a tenant.local.yaml for a workspace holds: somebody for each role, and values for what has none here. */
export async function localFactsOf(workspace: Workspace): Promise<LocalFacts> {
  const { tenant, actions, keywords: known } = workspace
  const keywords: Record<string, string> = {}
  const note = (text: string, path: readonly (string | number)[]) => {
    for (const name of markersIn(text)) {
      if (Object.hasOwn(known, name) || Object.hasOwn(keywords, name)) continue
      keywords[name] = guessedValue(text, name, path)
    }
  }
  for (const type of IMPORTED_TYPES) visit(tenant[type], [type], note)
  for (const { sourceFile } of actions) {
    const code = await readFile(sourceFile, 'utf8').catch(() => '')
    for (const name of markersIn(code)) note(`##${name}##`, ['code'])
  }
  const secrets: Record<string, Record<string, string>> = {}
  for (const { owner, secret, path } of valuelessSecrets(workspace)) {
    if (path[0] === 'secrets') secrets[owner] = { ...secrets[owner], [secret]: 'local-only' }
  }
  const all = { ...known, ...keywords }
  const names = (entries: readonly Readonly<Record<string, unknown>>[] | undefined) =>
    (entries ?? []).map(({ name }) =>
      String(fillMarkers(name, (key) => (Object.hasOwn(all, key) ? all[key] : undefined))),
    )
  return {
    roles: names(tenant.roles),
    organizations: names(tenant.organizations),
    keywords,
    secrets,
    appMetadata: {},
  }
}

function visit(
  value: unknown,
  path: readonly (string | number)[],
  note: (text: string, path: readonly (string | number)[]) => void,
): void {
  if (typeof value === 'string') note(value, path)
  else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) visit(item, [...path, index], note)
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      note(key, [...path, key])
      visit(item, [...path, key], note)
    }
  }
}

const ADDRESSES = /callback|logout_url|origin|url|uri/
const LISTS = /s$/

/** A value that the local tenant takes in the place of a marker: an address where one stands, else a text. */
function guessedValue(text: string, name: string, path: readonly (string | number)[]): string {
  const member = String(path.findLast((key) => typeof key === 'string'))
  const isJson = text.includes(`@@${name}@@`)
  if (ADDRESSES.test(member)) {
    const address = 'http://localhost:3000'
    if (isJson) return JSON.stringify([`${address}/callback`])
    return text.startsWith(`##${name}##`) ? address : 'localhost'
  }
  if (isJson) return LISTS.test(member) ? '[]' : 'true'
  if (member === 'identifier' || member === 'audience' || member === 'resource_server_identifier')
    return text === `##${name}##` ? 'https://api.example.com/' : 'local'
  return 'local'
}
