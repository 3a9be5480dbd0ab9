import type { PostLoginEvent } from '../action/index.ts'
import { ToolkitError } from '../errors.ts'
import type { SigningAlgorithm, TokenContext, TokenDialect } from '../tokens/types.ts'
import type { Workspace } from '../workspace/index.ts'
import { entityId, localUserId } from '../workspace/local-ids.ts'
import { merge, postLoginEvent, type SimulatedEvent } from './event.ts'
import { OIDC_SCOPES } from './oidc-scopes.ts'
import { passwordGrantOf, refreshOf } from './situations.ts'
import type { PipelineResult } from './types.ts'

/** 2026-01-15T09:30:00Z, as in the events: the same tokens at every run. */
const ISSUED_AT = 1_768_469_400

export interface LoginOptions {
  /** E-mail address or user id of tenant.local.yaml. @defaultValue the first user */
  user?: string
  /** Name or client id of tenant.yaml. @defaultValue the first client */
  client?: string
  /** Identifier of an API. @defaultValue the first API; `''` for none */
  audience?: string
  /** Space-separated. @defaultValue `openid profile email` and every scope of the API */
  scope?: string
  /** Name or id of an organization. */
  organization?: string
  /** A refresh and a password grant have the event of their own. @defaultValue `oidc-basic-profile` */
  protocol?: NonNullable<PostLoginEvent['transaction']>['protocol']
}

/** A login of a workspace, and what the tenant itself would put into its tokens. */
export interface Login {
  event: SimulatedEvent
  /** Facts for the tokens, once the Actions have run: their target scopes go through policy. */
  contextAfter(pipeline: Pick<PipelineResult, 'targetScopes'>): TokenContext
}

/** The event of {@link loginFor} alone. */
export function eventFor(workspace: Workspace, options: LoginOptions = {}): SimulatedEvent {
  return loginFor(workspace, options).event
}

/**
 * Builds the event of a login from tenant.yaml and tenant.local.yaml, and the scopes as policy grants them: those
 * that the API defines, with RBAC those that the user's roles give. Does not check the password, callbacks,
 * memberships or consent: the local tenant does.
 *
 * @throws ToolkitError `ERR_USAGE` for a user, client, API or organization that the workspace does not have.
 */
export function loginFor(workspace: Workspace, options: LoginOptions = {}): Login {
  const { tenant, local } = workspace
  const user = pick('user', local?.users ?? [], options.user, ({ email, user_id }) => [email, user_id])
  const client = pick('client', tenant.clients ?? [], options.client, (entry) => [
    entry['name'],
    entry['client_id'],
    entityId('', String(entry['name'])),
  ])
  const api =
    options.audience === ''
      ? undefined
      : pick('audience', tenant.resourceServers ?? [], options.audience, ({ identifier }) => [identifier])
  const organization =
    options.organization === undefined
      ? undefined
      : pick('organization', tenant.organizations ?? [], options.organization, ({ name }) => [
          name,
          entityId('org', String(name)),
        ])

  const apiScopes = scopesOf(api)
  const requested = options.scope?.split(/\s+/).filter(Boolean) ?? [
    'openid',
    'profile',
    'email',
    ...apiScopes,
  ]
  const roles = rolesOf(workspace, user, organization?.['name'])
  const permissions = permissionsOf(workspace, roles, api?.['identifier'])
  const granted = (scopes: readonly string[]) =>
    scopes.filter(
      (scope) =>
        OIDC_SCOPES.includes(scope) ||
        (apiScopes.includes(scope) && (api?.['enforce_policies'] !== true || permissions.includes(scope))),
    )

  const email = user?.email ?? 'user@acme.example'
  const user_id = user?.user_id ?? localUserId(email)
  const name = String(client?.['name'] ?? 'Application')
  const client_id = String(client?.['client_id'] ?? entityId('', name))
  const { password: _, roles: _r, blocked: _b, ...profile } = user ?? { email, password: '' }
  const base = postLoginEvent({
    transaction: {
      protocol: options.protocol ?? 'oidc-basic-profile',
      requested_scopes: requested,
      target_scopes: requested,
    },
    request: { query: { scope: requested.join(' '), audience: api && String(api['identifier']) } },
    resource_server: api && { identifier: String(api['identifier']) },
    // What the fixture's user has and this one lacks goes.
    user: {
      given_name: undefined,
      family_name: undefined,
      last_password_reset: undefined,
      picture: undefined,
    },
    client: { client_id, name, metadata: (client?.['client_metadata'] ?? {}) as Record<string, string> },
    session: { user_id, clients: [{ client_id }] },
    authorization: { roles },
  })
  const login = merge(base, {
    user: {
      name: email,
      nickname: email.split('@')[0]!,
      ...structuredClone(profile),
      user_id,
      email,
      email_verified: user?.email_verified ?? true,
      identities: [
        {
          connection: 'Username-Password-Authentication',
          provider: 'auth0',
          user_id: user_id.replace(/^[^|]*\|/, ''),
          isSocial: false,
        },
      ],
    },
    ...(organization !== undefined && {
      organization: {
        id: entityId('org', String(organization['name'])),
        name: String(organization['name']),
        display_name: String(organization['display_name'] ?? organization['name']),
        metadata: (organization['metadata'] ?? {}) as object,
      },
    }),
  }) as SimulatedEvent
  const event = inFlow(login, granted(requested))
  return {
    event,
    contextAfter: ({ targetScopes }) => ({
      ...tokenContextOf(event, workspace),
      scopes: granted(targetScopes ?? requested),
      permissions,
    }),
  }
}

/**
 * What decides about the tokens of any event: its own scopes count as granted, an API that the workspace does not
 * know is one with Auth0's defaults.
 */
export function tokenContextOf(event: SimulatedEvent, workspace?: Workspace): TokenContext {
  const identifier = event.resource_server?.identifier
  const api = workspace?.tenant.resourceServers?.find((entry) => entry['identifier'] === identifier)
  const dialect = String(api?.['token_dialect'] ?? 'access_token')
  const protocol = event.transaction?.protocol
  const gty =
    protocol === 'oauth2-refresh-token'
      ? 'refresh_token'
      : protocol === 'oauth2-password'
        ? 'password'
        : undefined
  return {
    issuer: `https://${event.request.hostname ?? 'acme.example'}/`,
    user: event.user,
    client: {
      client_id: event.client.client_id,
      thirdParty: isThirdParty(event.client.client_id, workspace),
    },
    ...(identifier !== undefined && {
      api: {
        identifier,
        token_dialect: (api?.['enforce_policies'] === true
          ? dialect
          : dialect.replace(/_authz$/, '')) as TokenDialect,
        signing_alg: (api?.['signing_alg'] ?? 'RS256') as SigningAlgorithm,
        token_lifetime: Number(api?.['token_lifetime'] ?? 86_400),
        ...(api !== undefined && { scopes: scopesOf(api) }),
      },
    }),
    scopes: event.transaction?.target_scopes ?? event.transaction?.requested_scopes ?? [],
    ...(event.organization !== undefined && {
      organization: {
        id: event.organization.id,
        name: event.organization.name,
        includeName: workspace?.local?.settings?.allow_organization_name_in_authentication_api ?? false,
      },
    }),
    ...(event.session?.id !== undefined && { sessionId: event.session.id }),
    ...(gty !== undefined && { gty }),
    issuedAt: ISSUED_AT,
  }
}

function scopesOf(api: Readonly<Record<string, unknown>> | undefined): string[] {
  return ((api?.['scopes'] ?? []) as { value: string }[]).map(({ value }) => value)
}

// Auth0 gives applications of somebody else an id that says so.
function isThirdParty(client_id: string, workspace: Workspace | undefined): boolean {
  const client = workspace?.tenant.clients?.find((entry) => entry['client_id'] === client_id)
  return client?.['is_first_party'] === false || client_id.startsWith('tpc_')
}

/** The event of another flow than a login in a browser. */
function inFlow(login: SimulatedEvent, scopes: readonly string[]): SimulatedEvent {
  if (login.transaction?.protocol === 'oauth2-refresh-token') return refreshOf(login, scopes)
  return login.transaction?.protocol === 'oauth2-password' ? passwordGrantOf(login) : login
}

function pick<T>(
  what: string,
  entries: readonly T[],
  wanted: string | undefined,
  namesOf: (entry: T) => unknown[],
): T | undefined {
  if (wanted === undefined) return entries[0]
  const found = entries.find((entry) => namesOf(entry).includes(wanted))
  if (found !== undefined) return found
  const names = entries.map((entry) => String(namesOf(entry)[0]))
  throw new ToolkitError('ERR_USAGE', `the workspace has no ${what} "${wanted}"`, {
    hint: names.length === 0 ? `It has none.` : `It has: ${names.join(', ')}.`,
  })
}

function rolesOf(
  { local }: Workspace,
  user: { email: string; roles?: string[] } | undefined,
  organization: unknown,
): string[] {
  const members = local?.organizations?.find(({ name }) => name === organization)?.members ?? []
  const member = members.find((entry) => entry.user === user?.email)
  return [...new Set([...(user?.roles ?? []), ...(member?.roles ?? [])])]
}

function permissionsOf({ tenant }: Workspace, roles: readonly string[], identifier: unknown): string[] {
  const names = new Set<string>()
  for (const role of tenant.roles ?? []) {
    if (!roles.includes(String(role['name']))) continue
    const permissions = (role['permissions'] ?? []) as Record<string, string>[]
    for (const { permission_name, resource_server_identifier } of permissions) {
      if (resource_server_identifier === identifier && permission_name !== undefined)
        names.add(permission_name)
    }
  }
  return [...names]
}
