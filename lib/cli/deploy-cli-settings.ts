import { nearest } from '../check/nearest.ts'
import { ToolkitError } from '../errors.ts'
import { deployCliConfig, keywordsOf } from '../workspace/index.ts'

/** What the deploy CLI is told besides the tenant, as its users know it. */
export interface DeployCliSettings {
  /** Which types and entities are left out. */
  config: Readonly<Record<string, unknown>>
  /** Values of markers. */
  keywords: Readonly<Record<string, string>>
  /** Which members an export leaves out or brings in, if it is said; a deploy keeps those of connections as they are. */
  members?: Readonly<Record<string, unknown>>
}

/**
 * Every setting that auth0-deploy-cli 8.44 reads, with what becomes of it here. `names`, `switch` and `members` are
 * honoured. `elsewhere`: said otherwise here, or of no effect on a deploy. A text is the reason for refusing it.
 */
export const SETTINGS: Readonly<Record<string, string>> = {
  AUTH0_EXCLUDED: 'names',
  AUTH0_INCLUDED_ONLY: 'names',
  AUTH0_EXCLUDED_RULES: 'names',
  AUTH0_EXCLUDED_CLIENTS: 'names',
  AUTH0_EXCLUDED_DATABASES: 'names',
  AUTH0_EXCLUDED_CONNECTIONS: 'names',
  AUTH0_EXCLUDED_RESOURCE_SERVERS: 'names',
  AUTH0_EXCLUDED_DEFAULTS: 'names',
  AUTH0_INCLUDED_CONNECTIONS: 'names',
  AUTH0_EXCLUDE_THIRD_PARTY_CLIENTS: 'switch',
  AUTH0_KEYWORD_REPLACE_MAPPINGS: 'mappings',
  EXCLUDED_PROPS: 'members',
  INCLUDED_PROPS: 'members',

  AUTH0_DOMAIN: 'elsewhere',
  AUTH0_CLIENT_ID: 'elsewhere',
  AUTH0_CLIENT_SECRET: 'elsewhere',
  AUTH0_ACCESS_TOKEN: 'elsewhere',
  AUTH0_INPUT_FILE: 'elsewhere',
  AUTH0_API_MAX_RETRIES: 'elsewhere',
  AUTH0_MAX_RETRIES: 'elsewhere',
  AUTH0_RETRY_INITIAL_DELAY_MS: 'elsewhere',
  AUTH0_RETRY_MAX_DELAY_MS: 'elsewhere',
  AUTH0_DEBUG: 'elsewhere',
  AUTH0_LOG: 'elsewhere',
  AUTH0_EXPERIMENTAL_EA: 'elsewhere',
  AUTH0_INCLUDE_EXPERIMENTAL_EA: 'elsewhere',
  AUTH0_PRESERVE_KEYWORDS: 'elsewhere',
  AUTH0_EXPORT_IDENTIFIERS: 'elsewhere',
  AUTH0_EXPORT_ORDERED: 'elsewhere',
  AUTH0_IGNORE_DRY_RUN_FIELDS: 'elsewhere',

  AUTH0_ALLOW_DELETE:
    'A deploy of claims deletes nothing by itself. Take the setting away, and name what is to go: claims deploy --delete <type>:<name>.',
  AUTH0_DRY_RUN: 'Take the setting away: claims plan shows what a deploy would change, and writes nothing.',
  AUTH0_DRY_RUN_APPLY:
    'Take the setting away: claims deploy shows the plan first, and with --yes does not ask.',
  AUTH0_DRY_RUN_INTERACTIVE: 'Take the setting away: claims deploy shows the plan, and asks.',
  AUTH0_EXPORT_SECRETS: 'Take the setting away: claims pull writes a marker for each secret.',
  AUTH0_BASE_PATH: 'Take the setting away: files are named relative to the folder of tenant.yaml.',
  AUTH0_CONNECTIONS_DIRECTORY: 'Take the setting away, and call the folder "connections".',
  AUTH0_AUDIENCE:
    "Take the setting away: tokens are asked for at the tenant's own domain, https://<domain>/api/v2/.",
  AUTH0_CLIENT_SIGNING_KEY_PATH:
    'Use AUTH0_CLIENT_SECRET, or AUTH0_ACCESS_TOKEN with a token that the key was used for.',
  AUTH0_CLIENT_SIGNING_ALGORITHM: 'Use AUTH0_CLIENT_SECRET, or AUTH0_ACCESS_TOKEN.',
}

const IS_SETTING = /^AUTH0_|^(?:EX|IN)CLUDED_PROPS$/

/** Nothing to a command that only reads a tenant. */
const FOR_WRITES = /^AUTH0_(?:ALLOW_DELETE|DRY_RUN\w*)$/

/** Nothing to a local tenant. */
const FOR_CREDENTIALS = /^AUTH0_(?:AUDIENCE|CLIENT_SIGNING_\w+)$/

/** Of which the deploy CLI takes one. */
const PAIRS = [
  ['AUTH0_EXCLUDED', 'AUTH0_INCLUDED_ONLY'],
  ['AUTH0_EXCLUDED_CONNECTIONS', 'AUTH0_INCLUDED_CONNECTIONS'],
] as const

/**
 * What `config.json` of a workspace and the environment tell the deploy CLI: exclusions and values of markers are
 * honoured, the environment before the file; credentials and the domain come from elsewhere. A setting that is empty,
 * `false` or `null` counts as left out. Names that the deploy CLI does not know are somebody else's, unless they look
 * like one of its own.
 *
 * `reads`: for a command that writes nothing into a tenant, so that `AUTH0_ALLOW_DELETE` is nothing to it; `local`: for
 * a tenant on this machine, to which credentials of a real one are nothing.
 *
 * @throws {ToolkitError} `ERR_USAGE` with the name of a setting that is not honoured, or does not hold what it should;
 * `ERR_INPUT` for a file that is not JSON.
 */
export async function deployCliSettings(
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
  options: { reads?: boolean; local?: boolean } = {},
): Promise<DeployCliSettings> {
  const given = new Map<string, { value: unknown; where: string }>()
  const take = (name: string, value: unknown, where: string) => {
    if (name in SETTINGS) given.set(name, { value, where })
    else refuseSlip(name, where)
  }
  for (const [name, value] of Object.entries(await deployCliConfig(folder))) {
    if (IS_SETTING.test(name)) take(name, value, 'config.json')
  }
  for (const [name, text = ''] of Object.entries(env)) {
    if (IS_SETTING.test(name) && text.trim() !== '') take(name, parsed(text), 'the environment')
  }
  const settings = new Map<string, unknown>()
  for (const [name, { value, where }] of given) {
    if (!isLeftOut(value)) settings.set(name, checked(name, value, where, options))
  }
  for (const pair of PAIRS) {
    if (!pair.every((name) => settings.has(name))) continue
    throw new ToolkitError('ERR_USAGE', `${pair.join(' and ')} are both set`, {
      hint: 'The deploy CLI takes one of them: either what is left out, or what is brought.',
    })
  }
  const of = (...kinds: string[]) =>
    Object.fromEntries([...settings].filter(([name]) => kinds.includes(SETTINGS[name]!)))
  const members = of('members')
  return {
    config: of('names', 'switch'),
    keywords: keywordsOf(of('mappings')),
    ...(Object.keys(members).length > 0 && { members }),
  }
}

function isLeftOut(value: unknown): boolean {
  return value === null || value === undefined || value === false || value === 'false' || value === ''
}

function checked(
  name: string,
  value: unknown,
  where: string,
  { reads = false, local = false }: { reads?: boolean; local?: boolean },
): unknown {
  const kind = SETTINGS[name]!
  const fail = (what: string): never => {
    throw new ToolkitError('ERR_USAGE', `"${name}" of ${where} ${what}`, {
      hint: 'Correct it; the README of auth0-deploy-cli describes its settings.',
      ...(where === 'config.json' && { file: where }),
    })
  }
  if (kind === 'elsewhere') return value
  if (kind === 'switch') return value === true || value === 'true' || fail('must be true or false')
  if (kind === 'mappings' || kind === 'members') {
    if (typeof value !== 'object' || Array.isArray(value)) fail('must be an object')
    return value
  }
  if (kind === 'names') {
    const names = typeof value === 'string' ? value.split(',').map((part) => part.trim()) : value
    if (!Array.isArray(names) || !names.every((item) => typeof item === 'string'))
      fail('must be a list of names')
    if (name === 'AUTH0_INCLUDED_ONLY' && (names as string[]).length === 0)
      fail('must name one type at least')
    return (names as string[]).filter((item) => item !== '')
  }
  if ((reads && FOR_WRITES.test(name)) || (local && FOR_CREDENTIALS.test(name))) return value
  throw new ToolkitError('ERR_USAGE', `"${name}" of ${where} is not honoured`, {
    hint: kind,
    ...(where === 'config.json' && { file: where }),
  })
}

/** What says which part of a tenant is meant is not passed over, though it is misspelt. */
function refuseSlip(name: string, where: string): void {
  const known = Object.keys(SETTINGS).filter((setting) => SETTINGS[setting] !== 'elsewhere')
  const meant = nearest(
    name.replace(/^AUTH0_/, ''),
    known.map((setting) => setting.replace(/^AUTH0_/, '')),
  )
  const selects = /^AUTH0_(?:EXCLUDE|INCLUDE|KEYWORD|ALLOW_DELETE)/.test(name)
  if (!selects && (meant === undefined || where !== 'config.json')) return
  throw new ToolkitError('ERR_USAGE', `"${name}" of ${where} is no setting of the deploy CLI`, {
    hint: meant === undefined ? 'Take it away.' : `Did you mean "AUTH0_${meant}"?`,
    ...(where === 'config.json' && { file: where }),
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
