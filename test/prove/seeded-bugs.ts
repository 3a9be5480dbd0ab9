import type { PropertyName } from '../../lib/prove/index.ts'

/** Bodies of an Action: one with a bug, and its twin in which it is repaired. */
export interface SeededBug {
  what: string
  property: PropertyName
  bug: string
  repaired: string
  /** What stands before the handler. */
  module?: string
}

const NS = 'https://acme.example/'
const set = (claim: string, value: string, token = 'accessToken') =>
  `api.${token}.setCustomClaim('${NS}${claim}', ${value})`

/** Each in an Action that runs after one that sets all that the contracts require. */
export const SEEDED_BUGS: readonly SeededBug[] = [
  {
    what: 'reads roles where there is no authorization',
    property: 'no-throw',
    bug: `const admin = event.authorization.roles.includes('admin')`,
    repaired: `const admin = event.authorization?.roles.includes('admin') ?? false`,
  },
  {
    what: 'reads the organization of every login',
    property: 'no-throw',
    bug: set('organization', 'event.organization.name'),
    repaired: `if (event.organization) ${set('organization', 'event.organization.name')}`,
  },
  {
    what: 'reads the session of a refresh',
    property: 'no-throw',
    bug: 'const since = event.session.authenticated_at',
    repaired: 'const since = event.session?.authenticated_at',
  },
  {
    what: 'takes an e-mail address for granted',
    property: 'no-throw',
    bug: `const domain = event.user.email.split('@')[1]`,
    repaired: `const domain = event.user.email?.split('@')[1]`,
  },
  {
    what: 'takes metadata for text',
    property: 'no-throw',
    bug: `const plan = (event.user.app_metadata.plan ?? 'free').toLowerCase()`,
    repaired: `const plan = String(event.user.app_metadata.plan ?? 'free').toLowerCase()`,
  },
  {
    what: 'reads a member of metadata that most users lack',
    property: 'no-throw',
    bug: 'const language = event.user.user_metadata.preferences.language',
    repaired: 'const language = event.user.user_metadata.preferences?.language',
  },
  {
    what: 'parses what somebody else has written',
    property: 'no-throw',
    bug: `const flags = JSON.parse(event.client.metadata.flags ?? '{}')`,
    repaired: `let flags = {}
      try { flags = JSON.parse(event.client.metadata.flags ?? '{}') } catch {}`,
  },
  {
    what: 'encodes names in an alphabet that has no room for them',
    property: 'no-throw',
    bug: `const initials = btoa(event.user.name ?? '')`,
    repaired: `const initials = Buffer.from(event.user.name ?? '').toString('base64')`,
  },
  {
    what: 'fails only for organizations in one flow',
    property: 'no-throw',
    bug: `if (event.organization && event.transaction?.protocol === 'oauth2-refresh-token') throw new Error('no')`,
    repaired: '',
  },
  {
    what: 'fails only for one country without a role',
    property: 'no-throw',
    bug: `if (event.request.geoip.countryCode === 'JP' && !event.authorization?.roles.length) throw new Error('no')`,
    repaired: `const japan = event.request.geoip.countryCode === 'JP'`,
  },
  {
    what: 'writes a restricted name',
    property: 'every-write-arrives',
    bug: `if (event.organization) api.accessToken.setCustomClaim('org_id', event.organization.id)`,
    repaired: `if (event.organization) ${set('organization', 'event.organization.name')}`,
  },
  {
    what: 'writes a claim that has no value for some',
    property: 'every-write-arrives',
    bug: set('region', `event.user.app_metadata.region === 'us' ? 'us' : undefined`),
    repaired: `if (event.user.app_metadata.region === 'us') ${set('region', `'us'`)}`,
  },
  {
    what: 'writes what only a scope lets through',
    property: 'every-write-arrives',
    bug: `api.idToken.setCustomClaim('nickname', 'ada')`,
    repaired: `if (event.transaction?.target_scopes?.includes('profile')) api.idToken.setCustomClaim('nickname', 'ada')`,
  },
  {
    what: 'writes what the contract does not know',
    property: 'only-declared-claims',
    bug: `if (event.stats.logins_count === 1) ${set('welcome', 'true')}`,
    repaired: `if (event.stats.logins_count === 1) ${set('plan', `'free'`)}`,
  },
  {
    what: 'builds the name of a claim',
    property: 'only-declared-claims',
    bug: `for (const role of event.authorization?.roles.slice(0, 3) ?? []) api.idToken.setCustomClaim('${NS}is-' + role, true)`,
    repaired: '',
  },
  {
    what: 'copies a plan that nobody checked',
    property: 'contract-holds',
    bug: set('plan', `event.user.app_metadata.plan ?? 'free'`),
    repaired: set(
      'plan',
      `['team', 'enterprise'].includes(event.user.app_metadata.plan) ? event.user.app_metadata.plan : 'free'`,
    ),
  },
  {
    what: 'copies all roles',
    property: 'contract-holds',
    bug: set('roles', 'event.authorization?.roles ?? []', 'idToken'),
    repaired: set(
      'roles',
      '(event.authorization?.roles ?? []).filter((role) => role.length <= 40).slice(0, 10)',
      'idToken',
    ),
  },
  {
    what: 'copies a text of any length',
    property: 'contract-holds',
    bug: `if (typeof event.user.user_metadata.team === 'string') ${set('organization', 'event.user.user_metadata.team')}`,
    repaired: `if (typeof event.user.user_metadata.team === 'string') ${set('organization', '[...event.user.user_metadata.team].slice(0, 50).join("")')}`,
  },
  {
    what: 'counts UTF-16 units where the budget counts bytes',
    property: 'within-budget',
    bug: `if (typeof event.user.user_metadata.about === 'string') ${set('about', 'event.user.user_metadata.about.slice(0, 150)', 'idToken')}`,
    repaired: `if (typeof event.user.user_metadata.about === 'string') ${set('about', 'event.user.user_metadata.about.slice(0, 20)', 'idToken')}`,
  },
  {
    what: 'adds a scope that the API does not define',
    property: 'known-scopes',
    bug: `if (event.authorization?.roles.includes('orders-manager')) api.accessToken.addScope('admin:orders')`,
    repaired: `if (event.authorization?.roles.includes('orders-manager')) api.accessToken.addScope('write:orders')`,
  },
  {
    what: 'puts a secret into a token',
    property: 'no-secret-in-tokens',
    bug: `if (!event.user.email_verified) ${set('organization', 'event.secrets.API_KEY')}`,
    repaired: `if (!event.user.email_verified) ${set('organization', `'key-' + event.secrets.API_KEY.length`)}`,
  },
  {
    what: 'puts an encoded secret into a token',
    property: 'no-secret-in-tokens',
    bug: set('organization', `Buffer.from(event.secrets.API_KEY).toString('base64')`, 'idToken'),
    repaired: set('organization', `Buffer.from(event.user.user_id).toString('hex').slice(0, 20)`, 'idToken'),
  },
  {
    what: 'sets a claim at login only',
    property: 'same-after-refresh',
    bug: `if (event.transaction?.protocol !== 'oauth2-refresh-token') ${set('organization', `'acme'`)}`,
    repaired: set('organization', `'acme'`),
  },
  {
    what: 'takes a claim from how the user logged in',
    property: 'same-after-refresh',
    bug: set('region', `event.authentication?.methods.some(({ name }) => name === 'pwd') ? 'eu' : 'us'`),
    repaired: set('region', `event.connection.strategy === 'auth0' ? 'eu' : 'us'`),
  },
  {
    what: 'takes a claim from the query of the login',
    property: 'same-after-refresh',
    bug: set('organization', `event.request.query.response_type === 'code' ? 'web' : 'other'`, 'idToken'),
    repaired: set('organization', `event.client.name.slice(0, 20)`, 'idToken'),
  },
  {
    what: 'writes metadata at every login',
    property: 'metadata-when-changed',
    bug: `api.user.setAppMetadata('plan', 'free')`,
    repaired: `if (event.user.app_metadata.plan !== 'free') api.user.setAppMetadata('plan', 'free')`,
  },
  {
    what: 'writes an object that is new each time and yet the same',
    property: 'metadata-when-changed',
    bug: `if (event.user.email) api.user.setUserMetadata('seen', { email: event.user.email })`,
    repaired: `if (event.user.email && event.user.user_metadata.seen?.email !== event.user.email)
      api.user.setUserMetadata('seen', { email: event.user.email })`,
  },
  {
    what: 'waits for somebody who does not come',
    property: 'within-time-limit',
    bug: `if (!event.user.email_verified) await new Promise((resolve) => setTimeout(resolve, 60_000))`,
    repaired: `if (!event.user.email_verified) await new Promise((resolve) => setTimeout(resolve, 1))`,
  },
  {
    what: 'loops until a name is long enough',
    property: 'within-time-limit',
    bug: `let name = event.user.name ?? ''
      while (name.length < 8) name += event.user.family_name ?? ''`,
    repaired: `let name = event.user.name ?? ''
      while (name.length < 8) name += event.user.family_name ?? '-'
      if (event.user.family_name === '') name = ''`.replace(`?? '-'`, `|| '-'`),
  },
  {
    what: 'rolls dice',
    property: 'deterministic',
    bug: set('organization', `'o' + Math.random()`, 'idToken'),
    repaired: set('organization', `'o' + event.user.user_id.length`, 'idToken'),
  },
  {
    what: 'looks at a clock of seconds',
    property: 'deterministic',
    bug: set('organization', `'at ' + Math.floor(Date.now() / 1000)`),
    repaired: set('organization', `'at ' + Math.floor(Date.parse(event.user.created_at) / 1000)`),
  },
  {
    what: 'keeps the first user’s plan in a module',
    property: 'order-independent',
    module: 'let plan',
    bug: `plan ??= event.user.app_metadata.plan === 'team' ? 'team' : 'free'
      ${set('plan', 'plan')}`,
    repaired: `plan = event.user.app_metadata.plan === 'team' ? 'team' : 'free'
      ${set('plan', 'plan')}`,
  },
  {
    what: 'caches by organization what belongs to a user',
    property: 'order-independent',
    module: 'const cache = new Map()',
    bug: `const key = event.organization?.id ?? event.user.user_id
      if (!cache.has(key)) cache.set(key, event.user.email_verified ? 'eu' : 'us')
      if (event.organization && event.user.app_metadata.plan === 'team') cache.set(key, 'us')
      ${set('region', 'cache.get(key)')}`,
    repaired: `const key = event.user.user_id
      cache.set(key, event.user.email_verified ? 'eu' : 'us')
      ${set('region', 'cache.get(key)')}`,
  },
  {
    what: 'counts logins and gives up',
    property: 'order-independent',
    module: 'let count = 0',
    bug: `if (++count > 20) throw new Error('too many')`,
    repaired: `if (event.stats.logins_count > 1e9) throw new Error('too many')`,
  },
  {
    what: 'decodes what an application sends',
    property: 'no-throw',
    bug: `const hint = decodeURIComponent(event.request.query.hint ?? '')`,
    repaired: `const hint = event.request.query.hint ?? ''`,
  },
  {
    what: 'uses a regular expression that remembers where it was',
    property: 'order-independent',
    module: 'const corporate = /@acme\\.example$/g',
    bug: set('region', `corporate.test(event.user.email ?? '') ? 'eu' : 'us'`),
    repaired: set('region', `/@acme\\.example$/.test(event.user.email ?? '') ? 'eu' : 'us'`),
  },
  {
    what: 'keeps something on the global object',
    property: 'order-independent',
    bug: `globalThis.first ??= event.user.email_verified ? 'eu' : 'us'
      ${set('region', 'globalThis.first')}`,
    repaired: set('region', `event.user.email_verified ? 'eu' : 'us'`),
  },
  {
    what: 'looks at the day of the week',
    property: 'deterministic',
    bug: set('region', `new Date().getDay() === 3 ? 'us' : 'eu'`),
    repaired: set('region', `Date.parse(event.user.created_at) < Date.now() - 30 * 864e5 ? 'us' : 'eu'`),
  },
  {
    what: 'looks at the time of day',
    property: 'deterministic',
    bug: set('region', `new Date().getHours() < 12 ? 'us' : 'eu'`),
    repaired: set('region', `new Date(event.user.created_at).getHours() < 12 ? 'us' : 'eu'`),
  },
  {
    what: 'walks over metadata of any kind',
    property: 'no-throw',
    bug: `const all = Object.entries(event.user.user_metadata).map(([key, value]) => key + value.toString())`,
    repaired: `const all = Object.entries(event.user.user_metadata ?? {}).map(([key, value]) => key + String(value))`,
  },
  {
    what: 'takes for granted what comes back from another site',
    property: 'no-throw',
    bug: thereAndBack('const terms = event.request.query.terms.toLowerCase()'),
    repaired: thereAndBack('const terms = event.request.query.terms?.toLowerCase()'),
  },
  {
    what: 'takes for granted what a session token holds',
    property: 'no-throw',
    bug: thereAndBack(
      `const { level } = api.redirect.validateToken({ secret: event.secrets.API_KEY })
      const known = level.trim()`,
    ),
    repaired: thereAndBack(
      `const { level } = api.redirect.validateToken({ secret: event.secrets.API_KEY })
      const known = String(level ?? '').trim()`,
    ),
  },
  {
    what: 'takes an answer of a form for granted',
    property: 'no-throw',
    bug: thereAndBack('const nick = event.prompt.fields.nick.trim()', `api.prompt.render('ap_1234')`),
    repaired: thereAndBack(
      `const nick = String(event.prompt?.fields?.nick ?? '').trim()`,
      `api.prompt.render('ap_1234')`,
    ),
  },
  {
    what: 'sends the user away again and again',
    property: 'no-throw',
    bug: thereAndBack(`api.redirect.sendUserTo('https://terms.acme.example/')`),
    repaired: thereAndBack(`if (event.request.query.no) api.access.deny('no')`),
  },
  {
    what: 'sets a claim only for those who come back from another site',
    property: 'same-after-refresh',
    bug: thereAndBack(set('region', `'us'`)),
    repaired: `${set('region', `'us'`)}
      ${thereAndBack('const done = true')}`,
  },
]

/** An Action that sends the user away where that is possible, and what it does when they are back. */
function thereAndBack(back: string, away = `api.redirect.sendUserTo('https://terms.acme.example/')`): string {
  return `if (api.redirect.canRedirect()) ${away}
}
exports.onContinuePostLogin = async (event, api) => {
  ${back}`
}
