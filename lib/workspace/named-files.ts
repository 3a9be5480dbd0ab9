import type { NamedFile, TenantFile } from './types.ts'

type Entry = Record<string, unknown>

/** Lists whose entries name one file each, under this key. */
const LISTS = {
  actions: 'code',
  actionModules: 'code',
  emailTemplates: 'body',
  flows: 'body',
  forms: 'body',
  hooks: 'script',
  pages: 'html',
  rules: 'script',
} as const

/** Every file that tenant.yaml names, for the types and fields of auth0-deploy-cli 8. */
export function namedFiles(tenant: TenantFile): NamedFile[] {
  const found: NamedFile[] = []
  const add = (path: NamedFile['path'], name: unknown, optional = false) => {
    if (typeof name === 'string' && name !== '')
      found.push({ path, name: name.replaceAll('\\', '/'), optional })
  }
  for (const [type, key] of Object.entries(LISTS)) {
    for (const [index, entry] of entries(tenant[type])) add([type, index, key], entry[key])
  }
  for (const [index, database] of entries(tenant['databases'])) {
    for (const [name, script] of Object.entries(record(record(database['options'])['customScripts']))) {
      add(['databases', index, 'options', 'customScripts', name], script)
    }
  }
  for (const [index, client] of entries(tenant['clients'])) {
    const page = client['custom_login_page']
    if (typeof page === 'string') add(['clients', index, 'custom_login_page'], `clients/${page}`, true)
  }
  for (const [index, connection] of entries(tenant['connections'])) {
    const body = record(record(connection['options'])['email'])['body']
    if (connection['strategy'] !== 'email' || typeof body !== 'string') continue
    add(['connections', index, 'options', 'email', 'body'], `connections/${body}`)
  }
  for (const [index, template] of entries(record(tenant['branding'])['templates'])) {
    add(['branding', 'templates', index, 'body'], template['body'])
  }
  for (const [index, prompt] of entries(record(tenant['prompts'])['screenRenderers'])) {
    for (const [name, screens] of Object.entries(prompt)) {
      for (const [screen, file] of Object.entries(record(screens))) {
        add(['prompts', 'screenRenderers', index, name, screen], file)
      }
    }
  }
  return found
}

function* entries(value: unknown): Generator<[index: number, entry: Entry]> {
  if (!Array.isArray(value)) return
  for (const [index, entry] of value.entries()) yield [index, record(entry)]
}

function record(value: unknown): Entry {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Entry) : {}
}
