import { entityId } from '../../workspace/local-ids.ts'
import type { TenantState } from '../state.ts'
import { type Body, patched } from './body.ts'
import { badRequest, notFound } from './errors.ts'
import { FACTORS, type KeptList, LISTS, SETTINGS } from './kept-resources.ts'
import { checkpointAnswer, listAnswer } from './pages.ts'

interface KeptCall {
  method: string
  /** Below `/api/v2`. */
  path: string
  query: URLSearchParams
  now: Date
  /** Read only where the call needs it. */
  body(): Promise<unknown>
}

interface KeptAnswer {
  status: number
  /** Absent for a response without a body. */
  json?: unknown
}

/**
 * The response for types that the tenant keeps and does not act on: tenant settings, branding, e-mail, prompts,
 * guardian, attack protection, log streams, forms and others. `undefined` for a path that it does not know.
 *
 * Does not check what it is given, beyond that it is an object.
 *
 * @throws {ManagementError} 404 for what was never written, 400 for a body that is none.
 */
export async function keptAnswer(state: TenantState, call: KeptCall): Promise<KeptAnswer | undefined> {
  const { path } = call
  state.kept ??= new Map()
  const { kept } = state
  if (path === '/custom-domains/default') return defaultDomain(kept, call)
  if (path === '/connections-directory-provisionings' && call.method === 'GET') {
    const all = [...kept].filter(([at]) => /^\/connections\/[^/]+\/directory-provisioning$/.test(at))
    const values = all.map(([, value]) => value)
    return { status: 200, json: checkpointAnswer('directory_provisionings', values, call.query) }
  }
  if (path in LISTS) return listCall(kept, call)
  const at = path.lastIndexOf('/')
  if (path.slice(0, at) in LISTS) return itemCall(kept, call)
  if (path === '/guardian/factors' && call.method === 'GET') {
    return { status: 200, json: FACTORS.map((name) => kept.get(`${path}/${name}`) ?? factor(name)) }
  }
  if (path === '/rules-configs' && call.method === 'GET') {
    const keys = [...kept.keys()].filter((key) => key.startsWith(`${path}/`))
    return { status: 200, json: keys.map((key) => ({ key: key.slice(path.length + 1) })) }
  }
  if (path === '/prompts/rendering' && call.method === 'GET') {
    const configs = [...kept].filter(([key]) => key.endsWith('/rendering')).map(([, value]) => value)
    return { status: 200, json: listAnswer('configs', configs, call.query) }
  }
  if (isHookSecrets(path)) return hookSecrets(kept, call)
  if (path === '/email-templates' && call.method === 'POST') {
    const body = await objectOf(call)
    kept.set(`${path}/${String(body['template'])}`, body)
    return { status: 200, json: body }
  }
  return isSettings(path) ? settingsCall(kept, call) : undefined
}

/** Whether the tenant keeps what is at a path. */
export function isKept(path: string): boolean {
  return (
    path in LISTS ||
    path.slice(0, path.lastIndexOf('/')) in LISTS ||
    [
      '/guardian/factors',
      '/rules-configs',
      '/prompts/rendering',
      '/email-templates',
      '/connections-directory-provisionings',
    ].includes(path) ||
    isHookSecrets(path) ||
    isSettings(path)
  )
}

function isHookSecrets(path: string): boolean {
  const [, hooks, , secrets, ...rest] = path.split('/')
  return hooks === 'hooks' && secrets === 'secrets' && rest.length === 0
}

/** Secrets of a hook, by name; their values are never shown. */
async function hookSecrets(kept: Kept, call: KeptCall): Promise<KeptAnswer | undefined> {
  const { method, path } = call
  if (!kept.has(path.slice(0, path.lastIndexOf('/')))) throw notFound('hook', path.split('/')[2]!)
  const secrets = { ...(kept.get(path) as Body | undefined) }
  if (method === 'GET') {
    const names = Object.keys(secrets)
    return { status: 200, json: Object.fromEntries(names.map((name) => [name, '_VALUE_NOT_SHOWN_'])) }
  }
  if (method === 'DELETE') {
    const names = await call.body()
    for (const name of Array.isArray(names) ? names : []) delete secrets[String(name)]
  } else if (method === 'POST' || method === 'PATCH') Object.assign(secrets, await objectOf(call))
  else return undefined
  kept.set(path, secrets)
  return { status: method === 'DELETE' ? 204 : 200 }
}

function isSettings(path: string): boolean {
  const parts = path.split('/')
  const [, first, , third] = parts
  return (
    path in SETTINGS ||
    isText(path) ||
    (first === 'email-templates' && parts.length === 3) ||
    (first === 'rules-configs' && parts.length === 3) ||
    (first === 'guardian' && parts.length === 4 && FACTORS.includes(third!)) ||
    (first === 'prompts' && parts.at(-1) === 'rendering')
  )
}

/** Texts are replaced as a whole, and empty at first. */
function isText(path: string): boolean {
  const parts = path.split('/')
  return (
    ['prompts', 'self-service-profiles'].includes(parts[1]!) &&
    (parts.includes('custom-text') || parts.at(-1) === 'partials')
  )
}

function factor(name: string): Body {
  return { name, enabled: false, trial_expired: false }
}

type Kept = Map<string, unknown>

/** What a list shows of a resource; where that is a summary, each has to be asked for itself. */
function inList({ summary }: KeptList, item: Body): Body {
  if (summary === undefined) return item
  const { id, name, created_at, updated_at } = item
  return { id, name, ...summary, created_at, updated_at }
}

/** The domain that a tenant uses where a request names none. */
async function defaultDomain(kept: Kept, call: KeptCall): Promise<KeptAnswer | undefined> {
  const domains = [...kept]
    .filter(([at]) => at.startsWith('/custom-domains/'))
    .map(([, item]) => item as Body)
  if (call.method === 'PATCH') {
    const { domain } = await objectOf(call)
    const chosen = domains.find((one) => one['domain'] === domain)
    if (chosen === undefined) throw notFound('custom domain', String(domain))
    for (const one of domains) one['is_default'] = one === chosen
    return { status: 200, json: chosen }
  }
  if (call.method !== 'GET') return undefined
  return { status: 200, json: domains.find((one) => one['is_default'] === true) ?? {} }
}

async function listCall(kept: Kept, call: KeptCall): Promise<KeptAnswer | undefined> {
  const { method, path, query } = call
  const list = LISTS[path]!
  const { key, prefix, id = 'id', untimed = false, fresh } = list
  if (method === 'GET') {
    const items = [...kept].filter(
      ([at]) => at.startsWith(`${path}/`) && !at.slice(path.length + 1).includes('/'),
    )
    const values = items.map(([, value]) => inList(list, value as Body))
    if (key === '') return { status: 200, json: values }
    const paged = ['page', 'per_page', 'take'].some((name) => query.has(name))
    return { status: 200, json: paged ? listAnswer(key, values, query) : { [key]: values } }
  }
  if (method !== 'POST') return undefined
  const body = await objectOf(call)
  const name = String(body['name'] ?? body['domain'] ?? body['description'] ?? body['displayName'] ?? '')
  let own = entityId(prefix, name)
  for (let n = 2; kept.has(`${path}/${own}`); n++) own = entityId(prefix, `${name}#${n}`)
  const times = untimed ? {} : { created_at: call.now.toISOString(), updated_at: call.now.toISOString() }
  const item = { ...fresh, ...body, [id]: own, ...times }
  kept.set(`${path}/${own}`, item)
  return { status: 201, json: item }
}

async function itemCall(kept: Kept, call: KeptCall): Promise<KeptAnswer | undefined> {
  const { method, path } = call
  const at =
    path === '/branding/themes/default'
      ? [...kept.keys()].find((key) => key.startsWith('/branding/themes/'))
      : path
  const item = at === undefined ? undefined : (kept.get(at) as Body | undefined)
  if (item === undefined) throw notFound(path.split('/')[1]!.replaceAll('-', ' '), path.split('/').at(-1)!)
  if (method === 'GET') return { status: 200, json: item }
  if (method === 'DELETE') {
    kept.delete(at!)
    return { status: 204 }
  }
  if (method !== 'PATCH' && method !== 'PUT') return undefined
  const changed = {
    ...patched(item, await objectOf(call)),
    ...('updated_at' in item && { updated_at: call.now.toISOString() }),
  }
  kept.set(at!, changed)
  return { status: 200, json: changed }
}

async function settingsCall(kept: Kept, call: KeptCall): Promise<KeptAnswer | undefined> {
  const { method, path } = call
  const parts = path.split('/')
  const first = isText(path)
    ? {}
    : parts[1] === 'guardian' && parts.length === 4
      ? factor(parts[3]!)
      : SETTINGS[path]
  const now = kept.get(path) ?? first
  if (method === 'GET') {
    if (now === undefined || parts[1] === 'rules-configs')
      throw notFound(parts[1]!.replaceAll('-', ' '), parts.at(-1)!)
    return { status: 200, json: shown(path, now) }
  }
  if (method === 'DELETE') {
    kept.delete(path)
    return { status: 204 }
  }
  if (method === 'POST' && now !== undefined) return undefined
  const body = await call.body()
  const replaces = isText(path) || Array.isArray(now) || Array.isArray(body)
  const changed = replaces
    ? body
    : {
        ...patched((now ?? {}) as Body, body as Body, path === '/emails/provider' ? ['credentials'] : []),
        ...minutes(path, body as Body),
      }
  kept.set(path, changed)
  return { status: 200, json: shown(path, changed) }
}

/** The page template is written as `template` and shown as `body`; what is secret is not shown. */
function shown(path: string, value: unknown): unknown {
  if (path === '/branding/templates/universal-login') return { body: (value as Body)['template'] }
  return value
}

/** Lifetimes that are written in minutes are shown in hours. */
function minutes(path: string, body: Body): Body {
  if (path !== '/tenants/settings') return {}
  return Object.fromEntries(
    Object.entries(body)
      .filter(([name]) => name.endsWith('_in_minutes'))
      .flatMap(([name, value]) => [
        [name.slice(0, -'_in_minutes'.length), value === null ? undefined : Number(value) / 60],
        [name, undefined],
      ]),
  )
}

async function objectOf(call: KeptCall): Promise<Body> {
  const body = await call.body()
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Body
  throw badRequest('Payload validation error: an object was expected.')
}
