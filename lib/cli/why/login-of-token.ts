import { decodeJwt, decodeProtectedHeader } from 'jose'
import { ToolkitError } from '../../errors.ts'
import type { TokenKind } from '../../finding.ts'
import type { LoginOptions } from '../../simulator/index.ts'
import { workspaceFacts } from '../../simulator/workspace-facts.ts'
import type { Workspace } from '../../workspace/index.ts'
import { entityId, localUserId } from '../../workspace/local-ids.ts'

/** What a token says of the login that it came from, as far as this workspace knows the names. */
export interface LoginOfToken {
  token: TokenKind
  payload: Record<string, unknown>
  options: LoginOptions
  /** It came of a refresh. */
  isRefresh: boolean
  /** No user: the application asked by itself. */
  isMachine: boolean
  /** Parts of the token that this workspace does not know, so that another stands for them. */
  unknown: string[]
}

/**
 * Reads a token without verifying it.
 *
 * @throws {ToolkitError} `ERR_USAGE` for what is no signed JWT. No message holds any of the token.
 */
export function loginOfToken(text: string, workspace: Workspace): LoginOfToken {
  const { header, payload } = decoded(text)
  const { users, applications, apis, organizations } = workspaceFacts(workspace)
  const audiences = [payload['aud']].flat()
  const api = apis.find(({ identifier }) => audiences.includes(identifier))
  const isAccess = header['typ'] === 'at+jwt' || api !== undefined || typeof payload['scope'] === 'string'
  const clientId = payload['azp'] ?? payload['client_id'] ?? (isAccess ? undefined : audiences[0])
  const client = applications.find(
    ({ client_id, name }) => client_id === clientId || entityId('', name) === clientId,
  )
  const user = users.find(
    ({ user_id, email }) => (user_id ?? localUserId(email)) === payload['sub'] || email === payload['email'],
  )
  const organization = organizations.find(
    ({ id, name }) => id === payload['org_id'] || name === payload['org_name'],
  )
  const gty = payload['gty']
  const isMachine = gty === 'client-credentials' || String(payload['sub']).endsWith('@clients')
  return {
    token: isAccess ? 'access_token' : 'id_token',
    payload,
    isRefresh: gty === 'refresh_token',
    isMachine,
    options: {
      ...(user !== undefined && { user: user.email }),
      ...(client !== undefined && { client: client.name }),
      ...(api !== undefined && { audience: api.identifier }),
      ...(organization !== undefined && { organization: organization.name }),
      ...(typeof payload['scope'] === 'string' && { scope: payload['scope'] }),
    },
    unknown: [
      ...(user === undefined && !isMachine ? ['the user'] : []),
      ...(client === undefined ? ['the application'] : []),
      ...(isAccess && api === undefined ? ['the API'] : []),
      ...(organization === undefined && payload['org_id'] !== undefined ? ['the organization'] : []),
    ],
  }
}

function decoded(text: string): { header: Record<string, unknown>; payload: Record<string, unknown> } {
  try {
    return { header: { ...decodeProtectedHeader(text) }, payload: decodeJwt(text) }
  } catch {
    // Not the cause: it may quote the text.
    throw new ToolkitError('ERR_USAGE', 'the input is no signed JWT', {
      hint: 'An access token without an API is opaque: it carries no claims that anybody could read.',
    })
  }
}
