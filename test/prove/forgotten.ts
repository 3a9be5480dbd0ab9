import type { SeededBug } from './seeded-bugs.ts'

const NS = 'https://acme.example/'
const set = (claim: string, value: string, token = 'accessToken') =>
  `api.${token}.setCustomClaim('${NS}${claim}', ${value})`

/** Bugs as authors write them, whose logins are none that a list of odd values has by itself; and their twins. */
export const FORGOTTEN: readonly SeededBug[] = [
  {
    what: 'lets a limit through that it means to keep',
    property: 'contract-holds',
    bug: set(
      'roles',
      `(event.authorization?.roles ?? []).length <= 11 ? (event.authorization?.roles ?? []).map((role) => role.slice(0, 40)) : []`,
      'idToken',
    ),
    repaired: set(
      'roles',
      `(event.authorization?.roles ?? []).length <= 10 ? (event.authorization?.roles ?? []).map((role) => role.slice(0, 40)) : []`,
      'idToken',
    ),
  },
  {
    what: 'fails at one number of logins',
    property: 'no-throw',
    bug: `const badge = { 1: 'new' }[event.stats.logins_count] ?? 'old'
      if (event.stats.logins_count === 1000) badge.unlock()`,
    repaired: `const badge = event.stats.logins_count === 1000 ? 'gold' : 'old'`,
  },
  {
    what: 'is off by one in the length of a text',
    property: 'contract-holds',
    bug: `const team = event.user.user_metadata.team
      if (typeof team === 'string' && [...team].length < 52) ${set('organization', 'team')}`,
    repaired: `const team = event.user.user_metadata.team
      if (typeof team === 'string' && [...team].length < 51) ${set('organization', 'team')}`,
  },
  {
    what: 'divides by what a number leaves',
    property: 'no-throw',
    bug: `const seats = event.user.app_metadata.seats
      if (Number.isInteger(seats) && seats >= 250) { const more = new Array(seats - 251) }`,
    repaired: `const seats = event.user.app_metadata.seats
      if (Number.isInteger(seats) && seats >= 250) { const more = Math.max(0, seats - 251) }`,
  },
  {
    what: 'takes every account for one with an address, but sms',
    property: 'no-throw',
    bug: `if (event.connection.strategy === 'sms') { const code = event.user.email.slice(0, 3) }`,
    repaired: `if (event.connection.strategy === 'sms') { const code = (event.user.email ?? event.user.phone_number ?? '').slice(0, 3) }`,
  },
  {
    what: 'looks up what it knows of strategies',
    property: 'no-throw',
    bug: `const names = { auth0: 'Password', samlp: 'Company', github: 'GitHub', 'google-oauth2': 'Google' }
      const shown = names[event.connection.strategy].toLowerCase()`,
    repaired: `const names = { auth0: 'Password', samlp: 'Company', github: 'GitHub', 'google-oauth2': 'Google' }
      const shown = (names[event.connection.strategy] ?? 'other').toLowerCase()`,
  },
  {
    what: 'splits a user id into two',
    property: 'only-declared-claims',
    bug: `const [, , rest] = event.user.user_id.split('|')
      if (rest) ${set('external', 'rest')}`,
    repaired: `const [provider, ...rest] = event.user.user_id.split('|')`,
  },
  {
    what: 'finds a name of every object in its table',
    property: 'contract-holds',
    bug: `const regions = { gold: 'eu', silver: 'us' }
      const region = regions[event.user.app_metadata.tier]
      if (region) ${set('region', 'String(region)')}`,
    repaired: `const regions = { gold: 'eu', silver: 'us' }
      const { tier } = event.user.app_metadata
      if (Object.hasOwn(regions, tier)) ${set('region', 'regions[tier]')}`,
  },
  {
    what: 'keeps a list for each role in an object',
    property: 'no-throw',
    bug: `const seen = {}
      for (const role of event.authorization?.roles ?? []) { seen[role] ??= []; seen[role].push(1) }`,
    repaired: `const seen = new Map()
      for (const role of event.authorization?.roles ?? []) seen.set(role, [1])`,
  },
  {
    what: 'takes metadata for an object',
    property: 'no-throw',
    bug: `const known = 'plan' in event.user.app_metadata`,
    repaired: `const known = event.user.app_metadata?.plan !== undefined`,
  },
  {
    what: 'copies whatever metadata has',
    property: 'only-declared-claims',
    bug: `for (const key of Object.keys(event.user.user_metadata)) if (key !== 'other' && key.length < 3) ${set("' + key + '", '1')}`,
    repaired: `for (const key of ['organization']) if (typeof event.user.user_metadata[key] === 'string') ${set('organization', 'event.user.user_metadata[key].slice(0, 20)')}`,
  },
  {
    what: 'joins roles with a comma and takes them apart',
    property: 'contract-holds',
    bug: `const text = (event.authorization?.roles ?? []).slice(0, 10).map((role) => role.slice(0, 40)).join(',')
      if (text.split(',').length !== Math.max(1, Math.min(10, event.authorization?.roles?.length ?? 0))) ${set('region', `'none'`)}`,
    repaired: `const text = JSON.stringify((event.authorization?.roles ?? []).slice(0, 10))`,
  },
  {
    what: 'makes a scope of each role',
    property: 'known-scopes',
    bug: `for (const role of event.authorization?.roles ?? []) if (role !== role.toLowerCase()) api.accessToken.addScope('role:' + role.length)`,
    repaired: `for (const role of event.authorization?.roles ?? []) if (role !== role.toLowerCase()) api.accessToken.addScope('read:orders')`,
  },
  {
    what: 'takes the second word of each role',
    property: 'no-throw',
    bug: `for (const role of event.authorization?.roles ?? []) if (role.includes(' ')) { const kind = role.split('-')[1].trim() }`,
    repaired: `for (const role of event.authorization?.roles ?? []) if (role.includes(' ')) { const kind = role.split('-')[1]?.trim() }`,
  },
  {
    what: 'takes the name of each team for granted',
    property: 'no-throw',
    bug: `const teams = event.user.app_metadata.teams
      const names = Array.isArray(teams) && teams.every((team) => team && typeof team === 'object') ? teams.map((team) => team.label.trim()) : []`,
    repaired: `const teams = event.user.app_metadata.teams
      const names = Array.isArray(teams) ? teams.map((team) => String(team?.label ?? '').trim()) : []`,
  },
  {
    what: 'believes what kind a member of a list is',
    property: 'no-throw',
    bug: `const teams = event.user.app_metadata.teams
      for (const team of Array.isArray(teams) ? teams : []) if (team?.label) { const short = team.label.slice(0, 3).toUpperCase() }`,
    repaired: `const teams = event.user.app_metadata.teams
      for (const team of Array.isArray(teams) ? teams : []) if (typeof team?.label === 'string') { const short = team.label.slice(0, 3) }`,
  },
  {
    what: 'copies the labels of a list',
    property: 'contract-holds',
    bug: `const teams = event.user.app_metadata.teams
      if (Array.isArray(teams) && teams[0]?.code !== undefined) ${set('organization', 'teams[0].code')}`,
    repaired: `const teams = event.user.app_metadata.teams
      if (Array.isArray(teams) && typeof teams[0]?.code === 'string') ${set('organization', 'teams[0].code.slice(0, 20)')}`,
  },
  {
    what: 'reads a member whose name it keeps in a constant',
    property: 'no-throw',
    module: `const KEY = 'https://acme.example/' + 'tier'`,
    bug: `const tier = event.user.app_metadata[KEY]?.trim()`,
    repaired: `const tier = String(event.user.app_metadata[KEY] ?? '').trim()`,
  },
  {
    what: 'reads members whose names it keeps in a list',
    property: 'no-throw',
    module: `const FIELDS = ['department', 'division']`,
    bug: `for (const field of FIELDS) { const value = event.user.app_metadata[field]; if (value) value.trim() }`,
    repaired: `for (const field of FIELDS) { const value = event.user.app_metadata[field]; if (typeof value === 'string') value.trim() }`,
  },
  {
    what: 'reads what it keeps for each application',
    property: 'no-throw',
    bug: `const own = event.user.app_metadata[event.client.name]
      if (own !== undefined) { const seats = own.seats.length }`,
    repaired: `const own = event.user.app_metadata[event.client.name]
      if (own !== undefined) { const seats = own?.seats?.length }`,
  },
  {
    what: 'counts characters of a name where bytes count',
    property: 'within-budget',
    bug: `if (typeof event.user.user_metadata.about === 'string') ${set('about', '[...event.user.user_metadata.about].slice(0, 130).join("")', 'idToken')}`,
    repaired: `if (typeof event.user.user_metadata.about === 'string') ${set('about', '[...event.user.user_metadata.about].slice(0, 20).join("")', 'idToken')}`,
  },
  {
    what: 'cuts a character into two',
    property: 'no-throw',
    bug: `if (typeof event.user.user_metadata.about === 'string') encodeURIComponent(event.user.user_metadata.about.slice(0, 20))`,
    repaired: `if (typeof event.user.user_metadata.about === 'string') encodeURIComponent([...event.user.user_metadata.about].slice(0, 20).join(''))`,
  },
  {
    what: 'takes a verified account for one with an address',
    property: 'no-throw',
    bug: `if (event.user.email_verified && event.connection.strategy === 'auth0') { const domain = event.user.email.split('@')[1] }`,
    repaired: `if (event.user.email_verified) { const domain = event.user.email?.split('@')[1] }`,
  },
  {
    what: 'fails for an API that the tenant no longer has',
    property: 'no-throw',
    bug: `if (event.resource_server?.identifier === 'https://billing.acme.example/') { const plan = event.user.app_metadata.billing.plan }`,
    repaired: `if (event.resource_server?.identifier === 'https://billing.acme.example/') { const plan = event.user.app_metadata.billing?.plan }`,
  },
  {
    what: 'switches over audiences',
    property: 'no-secret-in-tokens',
    bug: `switch (event.resource_server?.identifier) { case 'urn:acme:reports': ${set('organization', 'event.secrets.API_KEY')} }`,
    repaired: `switch (event.resource_server?.identifier) { case 'urn:acme:reports': ${set('organization', `'reports'`)} }`,
  },
  {
    what: 'matches a name by a pattern that doubles its steps',
    property: 'within-time-limit',
    bug: `const good = /^([A-Za-z]+\\s?)+$/.test(event.user.name ?? '')`,
    repaired: `const good = /^[A-Za-z\\s]+$/.test(event.user.name ?? '')`,
  },
  {
    what: 'matches metadata by a pattern that doubles its steps',
    property: 'within-time-limit',
    bug: `const good = new RegExp('^(\\\\d+,?)*;$').test(String(event.user.user_metadata.ids ?? ''))`,
    repaired: `const good = new RegExp('^[\\\\d,]*;$').test(String(event.user.user_metadata.ids ?? ''))`,
  },
  {
    what: 'takes the custom domain for granted',
    property: 'no-throw',
    bug: `if (event.request.hostname.endsWith('.auth0.com')) { const name = event.custom_domain.domain }`,
    repaired: `if (event.request.hostname?.endsWith('.auth0.com')) { const name = event.custom_domain?.domain }`,
  },
  {
    what: 'tells tenants apart by their host',
    property: 'contract-holds',
    bug: set(
      'region',
      `event.request.hostname.split('.').length > 3 ? event.request.hostname.split('.')[1] + '-1' : 'eu'`,
    ),
    repaired: set('region', `event.request.hostname?.includes('.us.') ? 'us' : 'eu'`),
  },
  {
    what: 'parses the text null',
    property: 'no-throw',
    bug: `let own = {}
      try { own = JSON.parse(event.user.user_metadata.settings) } catch {}
      const theme = own.theme`,
    repaired: `let own = {}
      try { own = JSON.parse(event.user.user_metadata.settings) } catch {}
      const theme = own?.theme`,
  },
  {
    what: 'splits an address of the older kind',
    property: 'no-throw',
    bug: `const last = event.request.ip.split('.')[3].padStart(3, '0')`,
    repaired: `const last = event.request.ip.split('.')[3]?.padStart(3, '0')`,
  },
  {
    what: 'takes the first letters of names',
    property: 'no-throw',
    bug: `const initials = event.user.given_name === undefined ? '' : event.user.given_name[0].toUpperCase()`,
    repaired: `const initials = event.user.given_name?.[0]?.toUpperCase() ?? ''`,
  },
  {
    what: 'takes the name of an organization for short',
    property: 'contract-holds',
    bug: `if (event.organization) ${set('organization', 'event.organization.display_name')}`,
    repaired: `if (event.organization) ${set('organization', '[...event.organization.display_name].slice(0, 50).join("")')}`,
  },
  {
    what: 'fails in one application without roles',
    property: 'no-throw',
    bug: `if (event.client.name === 'Back Office') { const first = event.authorization.roles[0].length }`,
    repaired: `if (event.client.name === 'Back Office') { const first = event.authorization?.roles[0]?.length }`,
  },
  {
    what: 'fails for a plan in a refresh',
    property: 'no-throw',
    bug: `if (event.user.app_metadata.plan === 'trial' && event.refresh_token) { const since = event.session.created_at }`,
    repaired: `if (event.user.app_metadata.plan === 'trial' && event.refresh_token) { const since = event.session?.created_at }`,
  },
  {
    what: 'gives a plan for an address in capitals',
    property: 'contract-holds',
    bug: `if (event.user.email?.endsWith('@partner.example') && !event.user.email_verified) ${set('plan', `'partner'`)}`,
    repaired: `if (event.user.email?.endsWith('@partner.example') && !event.user.email_verified) ${set('plan', `'free'`)}`,
  },
  {
    what: 'looks at the age of an account',
    property: 'contract-holds',
    bug: `const days = (Date.parse(event.session?.created_at ?? event.user.updated_at) - Date.parse(event.user.created_at)) / 864e5
      if (days > 30 && days < 32) ${set('plan', `'expired'`)}`,
    repaired: `const days = (Date.parse(event.session?.created_at ?? event.user.updated_at) - Date.parse(event.user.created_at)) / 864e5
      if (days > 30 && days < 32) ${set('plan', `'free'`)}`,
  },
  {
    what: 'takes one account for all',
    property: 'contract-holds',
    bug: `if ((event.user.identities ?? []).length > 1) ${set('region', 'event.user.identities[1].provider')}`,
    repaired: `if ((event.user.identities ?? []).length > 1) ${set('region', `'us'`)}`,
  },
  {
    what: 'keeps a plan by application for the next user',
    property: 'order-independent',
    module: 'const plans = {}',
    bug: `const known = plans[event.client.client_id] ??= event.user.app_metadata.plan === 'trial' ? 'team' : 'free'
      ${set('plan', 'known')}`,
    repaired: set('plan', `event.user.app_metadata.plan === 'trial' ? 'team' : 'free'`),
  },
  {
    what: 'builds a link with what somebody typed',
    property: 'no-throw',
    bug: `if (event.user.picture !== undefined) new URL(event.user.picture)
      const home = event.user.user_metadata.homepage
      if (typeof home === 'string' && home !== '') new URL(home)`,
    repaired: `const home = event.user.user_metadata.homepage
      const good = typeof home === 'string' && URL.canParse(home)`,
  },
  {
    what: 'fails for a plan in a country and an organization',
    property: 'no-throw',
    bug: `if (event.user.app_metadata.plan === 'gold' && event.request.geoip.countryCode === 'CH' && event.organization) {
        const seats = event.organization.metadata.seats.length
      }`,
    repaired: `if (event.user.app_metadata.plan === 'gold' && event.request.geoip.countryCode === 'CH' && event.organization) {
        const seats = event.organization.metadata.seats?.length
      }`,
  },
  {
    what: 'copies what metadata calls a claim',
    property: 'only-declared-claims',
    bug: `for (const [key, value] of Object.entries(event.client.metadata ?? {}))
        if (key.startsWith('claim_')) api.accessToken.setCustomClaim('${NS}' + key.slice(6), value)`,
    repaired: `for (const [key, value] of Object.entries(event.client.metadata ?? {}))
        if (key === 'claim_organization' && typeof value === 'string') ${set('organization', 'value.slice(0, 20)')}`,
  },
  {
    what: 'gives large customers a plan of their own',
    property: 'contract-holds',
    bug: `const own = event.user.app_metadata
      if (own.tier === 'enterprise' && own.sso === true && own.seats >= 500) ${set('plan', `'enterprise-plus'`)}`,
    repaired: `const own = event.user.app_metadata
      if (own.tier === 'enterprise' && own.sso === true && own.seats >= 500) ${set('plan', `'enterprise'`)}`,
  },
  {
    what: 'takes names out of groups that have none',
    property: 'no-throw',
    bug: `const groups = event.user.app_metadata.ldap_groups
      const names = Array.isArray(groups)
        ? groups.filter((one) => typeof one === 'string' && one.startsWith('CN=')).map((one) => one.match(/CN=([^,]+)/)[1])
        : []`,
    repaired: `const groups = event.user.app_metadata.ldap_groups
      const names = Array.isArray(groups)
        ? groups.filter((one) => typeof one === 'string' && one.startsWith('CN=')).map((one) => one.match(/CN=([^,]+)/)?.[1])
        : []`,
  },
  {
    what: 'takes the one group of a company’s user for a list',
    property: 'no-throw',
    bug: `if (event.user.groups) { const names = event.user.groups.map((group) => String(group).toUpperCase()) }`,
    repaired: `if (Array.isArray(event.user.groups)) { const names = event.user.groups.map((group) => String(group).toUpperCase()) }`,
  },
  {
    what: 'copies roles by how they begin',
    property: 'contract-holds',
    bug: set(
      'roles',
      `(event.authorization?.roles ?? []).filter((role) => role.startsWith('sales:')).slice(0, 10)`,
    ),
    repaired: set(
      'roles',
      `(event.authorization?.roles ?? []).filter((role) => role.startsWith('sales:') && role.length <= 40).slice(0, 10)`,
    ),
  },
  {
    what: 'takes any address with a name in it for one of the company',
    property: 'contract-holds',
    bug: `if (event.user.email?.includes('@acme.example'))
        ${set('plan', `event.user.email.endsWith('@acme.example') ? 'enterprise' : 'staff'`)}`,
    repaired: `if (event.user.email?.endsWith('@acme.example')) ${set('plan', `'enterprise'`)}`,
  },
  {
    what: 'takes a text for a number that is not negative',
    property: 'no-throw',
    bug: `const { digits } = event.client.metadata
      if (digits) (1.5).toFixed(Number(digits))`,
    repaired: `const digits = Number(event.client.metadata.digits)
      if (digits >= 0 && digits <= 20) (1.5).toFixed(digits)`,
  },
  {
    what: 'puts a secret into a token, encoded with what stands before it',
    property: 'no-secret-in-tokens',
    bug: `if (event.client.metadata.mode === 'proxy')
        ${set('about', `Buffer.from('acme:' + event.secrets.API_KEY).toString('base64')`, 'idToken')}`,
    repaired: `if (event.client.metadata.mode === 'proxy') ${set('about', `'proxy'`, 'idToken')}`,
  },
  {
    what: 'matches a number that it does not take apart as it matched it',
    property: 'no-throw',
    bug: `const { vat } = event.user.user_metadata
      if (typeof vat === 'string' && /^[A-Z]{2}\\d+/.test(vat)) { const digits = vat.match(/^[A-Z]{2}(\\d{9})$/)[1] }`,
    repaired: `const { vat } = event.user.user_metadata
      if (typeof vat === 'string' && /^[A-Z]{2}\\d+/.test(vat)) { const digits = vat.match(/^[A-Z]{2}(\\d{9})$/)?.[1] }`,
  },
]
