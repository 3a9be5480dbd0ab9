import { join } from 'node:path'
import { ToolkitError } from '../errors.ts'
import { readIfThere } from '../files/index.ts'
import { isObject } from '../json.ts'
import { jsonDepth, LIMITS } from '../limits.ts'

/**
 * The `config.json` of the deploy CLI in a folder; empty where there is none, or it is that of another tool. It may hold
 * credentials: no text of it goes into an error.
 *
 * @throws {ToolkitError} `ERR_INPUT` for a file that is not JSON
 */
export async function deployCliConfig(folder: string): Promise<Record<string, unknown>> {
  const text = await readIfThere(join(folder, 'config.json'))
  if (text === undefined || !/"(?:AUTH0_|EXCLUDED_PROPS"|INCLUDED_PROPS")/.test(text)) return {}
  const value = jsonDepth(text) > LIMITS.jsonDepth ? undefined : parsed(text)
  if (isObject(value)) return value
  throw new ToolkitError('ERR_INPUT', '"config.json" is not JSON', {
    hint: 'Correct it; it is read for what the deploy CLI is to leave out.',
    file: 'config.json',
  })
}

/** Values of markers, as a configuration of the deploy CLI gives them. A value that is no text is written as JSON. */
export function keywordsOf(config: Readonly<Record<string, unknown>>): Record<string, string> {
  const mappings = config['AUTH0_KEYWORD_REPLACE_MAPPINGS']
  if (!isObject(mappings)) return {}
  return Object.fromEntries(
    Object.entries(mappings).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  )
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
