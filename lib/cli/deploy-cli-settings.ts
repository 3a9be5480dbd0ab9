import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ToolkitError } from '../errors.ts'

/** What the deploy CLI is told besides the tenant, as its users know it. */
export interface DeployCliSettings {
  /** Which types and entities are left out. */
  config: Readonly<Record<string, unknown>>
  /** Values of markers. */
  keywords: Readonly<Record<string, string>>
  /** Which members an export leaves out or brings in, if it is said: they make no difference to a deploy. */
  members?: Readonly<Record<string, unknown>>
}

/** Lists that leave something out of a deploy. */
const LISTS = [
  'AUTH0_EXCLUDED',
  'AUTH0_INCLUDED_ONLY',
  'AUTH0_EXCLUDED_RULES',
  'AUTH0_EXCLUDED_CLIENTS',
  'AUTH0_EXCLUDED_DATABASES',
  'AUTH0_EXCLUDED_CONNECTIONS',
  'AUTH0_EXCLUDED_RESOURCE_SERVERS',
  'AUTH0_EXCLUDED_DEFAULTS',
  'AUTH0_INCLUDED_CONNECTIONS',
  'AUTH0_EXCLUDE_THIRD_PARTY_CLIENTS',
]

/** Of config.json: what is said otherwise here, or makes no difference to a deploy. */
const ELSEWHERE = [
  'AUTH0_DOMAIN',
  'AUTH0_CLIENT_ID',
  'AUTH0_CLIENT_SECRET',
  'AUTH0_ACCESS_TOKEN',
  'AUTH0_INPUT_FILE',
  'AUTH0_API_MAX_RETRIES',
  'AUTH0_PRESERVE_KEYWORDS',
  'AUTH0_EXPORT_IDENTIFIERS',
  'AUTH0_EXPORT_ORDERED',
]

/** Of config.json: members by type. */
const MEMBERS = ['EXCLUDED_PROPS', 'INCLUDED_PROPS']

const NOT_DELETED = {
  hint: 'A deploy of claims deletes nothing by itself. Take the setting away, and name what is to go: claims deploy --delete <type>:<name>.',
}

/**
 * What `config.json` of a workspace and the environment tell the deploy CLI: exclusions and values of markers are
 * honoured, the environment before the file; credentials and the domain come from elsewhere.
 *
 * `reads`: for a command that writes nothing into a tenant, so that `AUTH0_ALLOW_DELETE` is nothing to it.
 *
 * @throws {ToolkitError} `ERR_USAGE` for `AUTH0_ALLOW_DELETE`, and for a setting of the file that is not honoured;
 * `ERR_INPUT` for a file that is not JSON.
 */
export async function deployCliSettings(
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
  { reads = false }: { reads?: boolean } = {},
): Promise<DeployCliSettings> {
  const file = await configFile(folder)
  const settings: Record<string, unknown> = {}
  const members = Object.fromEntries(Object.entries(file).filter(([name]) => MEMBERS.includes(name)))
  for (const [name, value] of Object.entries(file)) {
    if (!name.startsWith('AUTH0_') || ELSEWHERE.includes(name)) continue
    if (![...LISTS, 'AUTH0_ALLOW_DELETE', 'AUTH0_KEYWORD_REPLACE_MAPPINGS'].includes(name)) {
      throw new ToolkitError('ERR_USAGE', `"${name}" of config.json is not honoured`, {
        hint: 'Take it out of the file, or deploy with the deploy CLI itself.',
        file: 'config.json',
      })
    }
    settings[name] = value
  }
  for (const name of [...LISTS, 'AUTH0_ALLOW_DELETE', 'AUTH0_KEYWORD_REPLACE_MAPPINGS']) {
    const text = env[name]
    if (text !== undefined && text !== '') settings[name] = parsed(text)
  }
  const { AUTH0_ALLOW_DELETE: deletes, AUTH0_KEYWORD_REPLACE_MAPPINGS: mappings, ...config } = settings
  if (deletes !== undefined && deletes !== false && !reads) {
    throw new ToolkitError('ERR_USAGE', 'AUTH0_ALLOW_DELETE is not honoured', NOT_DELETED)
  }
  const keywords = Object.entries((mappings ?? {}) as Record<string, unknown>).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ])
  return {
    config,
    keywords: Object.fromEntries(keywords),
    ...(Object.keys(members).length > 0 && { members }),
  }
}

async function configFile(folder: string): Promise<Record<string, unknown>> {
  const text = await readFile(join(folder, 'config.json'), 'utf8').catch(() => undefined)
  // A file of another tool.
  if (text === undefined || !text.includes('"AUTH0_')) return {}
  const value = parsed(text)
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  throw new ToolkitError('ERR_INPUT', '"config.json" is not JSON', {
    hint: 'Correct it; it is read for what the deploy CLI is to leave out.',
    file: 'config.json',
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
