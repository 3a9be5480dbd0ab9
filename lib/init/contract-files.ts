import type { JsonSchemaObject } from '../contract/index.ts'
import type { TokenKind } from '../finding.ts'
import { claimsOf, type FoundClaim } from './described-actions.ts'
import { distinctSlugs, typeName } from './names.ts'

/** Of more APIs than this only the first get a contract: the others are copies. */
const MOST_APIS = 10

/** Contracts by path: one for ID tokens, one for the access tokens of each API, of the claims that Actions set. */
export function contractFiles(
  claims: readonly FoundClaim[],
  apis: readonly { name: string; identifier: string }[],
): Map<string, string> {
  const files = new Map<string, string>()
  if (claims.some(({ token }) => token === 'id_token')) {
    files.set(
      'schemas/claims/id-token.json',
      contract({ title: 'IdToken', description: 'Custom claims in ID tokens.', token: 'id_token' }, claims),
    )
  }
  if (!claims.some(({ token }) => token === 'access_token')) return files
  const slugs = distinctSlugs(
    apis.slice(0, MOST_APIS).map(({ name }) => name),
    'api',
  )
  for (const [index, name] of slugs.entries()) {
    const api = apis[index]!
    const header = {
      title: `${typeName(name)}AccessToken`,
      description: `Custom claims in access tokens for ${api.name}.`,
      token: 'access_token' as const,
      audience: api.identifier,
    }
    files.set(`schemas/claims/${name}.access-token.json`, contract(header, claims))
  }
  return files
}

function contract(
  header: { title: string; description: string; token: TokenKind; audience?: string },
  found: readonly FoundClaim[],
): string {
  const { title, description, token, audience } = header
  const claims = claimsOf(found, token)
  const properties: Record<string, JsonSchemaObject> = {}
  for (const { name, schema, setBy } of claims) {
    const places = [...new Set(setBy.map(({ at }) => `${at.file}:${at.line}`))].slice(0, 3)
    properties[name] = { description: `Please confirm: set by ${places.join(', ')}.`, ...schema }
  }
  const required = claims.filter(({ always }) => always).map(({ name }) => name)
  const document = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title,
    description,
    'x-auth0': { token, ...(audience !== undefined && { audience }) },
    type: 'object',
    properties,
    ...(required.length > 0 && { required }),
  }
  return `${JSON.stringify(document, null, 2)}\n`
}
