import { stringify } from 'yaml'
import { isReservedMarker } from '../deploy/marker-values.ts'
import type { DescribedActions } from './described-actions.ts'
import { distinctSlugs, slug } from './names.ts'

/** An Action of a tenant.yaml to be. */
interface NewAction {
  name: string
  /** As tenant.yaml names it. */
  code: string
  trigger: { id: string; version: string }
}

/** What tenant.local.yaml is made from. */
export interface LocalFacts {
  roles: readonly string[]
  organizations: readonly string[]
  /** Values of markers. */
  keywords: Readonly<Record<string, string>>
  /** Values of secrets, by Action or module. */
  secrets: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Members of app_metadata that the Actions compare, with a value that they look for. */
  appMetadata: Readonly<Record<string, string>>
}

/** The parts of a tenant that pasted Actions run in: what they name, and a guess where they name nothing. */
interface GuessedTenant {
  api: { name: string; identifier: string; scopes: string[] }
  application: string
  roles: string[]
  organizations: string[]
}

export function guessedTenant(described: DescribedActions): GuessedTenant {
  const named = (path: string) => [...(described.compared.get(path) ?? [])]
  const [first] = described.claims
  const host = first === undefined ? undefined : hostOf(first.name)
  const [identifier = `https://api.${host ?? 'example.com'}/`] = named('resource_server.identifier')
  const [application = 'My App'] = named('client.name')
  const organizations = named('organization.name').filter((name) => /^[a-z0-9][a-z0-9_-]{0,49}$/.test(name))
  const scopes = [...described.scopes].filter(
    (scope) => !['openid', 'profile', 'email', 'offline_access'].includes(scope),
  )
  const roles = named('authorization.roles')
  return {
    api: { name: 'My API', identifier, scopes: scopes.length > 0 ? scopes : ['read:data'] },
    application,
    roles: roles.length > 0 ? roles : ['admin', 'member'],
    organizations:
      organizations.length > 0 ? organizations : described.readsOrganization ? ['example-org'] : [],
  }
}

function hostOf(claim: string): string | undefined {
  if (!/^https?:\/\//.test(claim) || !URL.canParse(claim)) return undefined
  const { hostname } = new URL(claim)
  return hostname.replace(/^(?:api|www|claims|auth|login)\./, '')
}

/** The markers of the secrets of Actions: a name that the tools keep for themselves is called otherwise. */
export function markerOf(secret: string): string {
  const name = secret.replace(/[^A-Za-z0-9_]/g, '_')
  return isReservedMarker(name) ? `ACTION_${name}` : name
}

/** tenant.yaml for pasted Actions, in the order in which they are given. */
export function tenantYaml(
  actions: readonly NewAction[],
  described: DescribedActions,
  { api, application, roles, organizations }: GuessedTenant,
): string {
  const section = (comment: readonly string[], content: object) =>
    `${comment.map((line) => `# ${line}\n`).join('')}${stringify(content, { lineWidth: 110, singleQuote: true })}`
  const bound: Record<string, object[]> = {}
  for (const { name, trigger } of actions) {
    bound[trigger.id] = [...(bound[trigger.id] ?? []), { action_name: name, display_name: name }]
  }
  return [
    section(
      [
        'Made by claims init. auth0-deploy-cli reads this file as well. What was guessed says "Please confirm".',
        'Please confirm: the API whose access tokens get the claims.',
      ],
      {
        resourceServers: [
          {
            name: api.name,
            identifier: api.identifier,
            signing_alg: 'RS256',
            token_dialect: 'access_token_authz',
            token_lifetime: 3600,
            enforce_policies: true,
            allow_offline_access: true,
            skip_consent_for_verifiable_first_party_clients: true,
            scopes: api.scopes.map((value) => ({ value, description: value })),
          },
        ],
      },
    ),
    section(['Please confirm: the application that users log in with.'], {
      clients: [
        {
          name: application,
          app_type: 'spa',
          is_first_party: true,
          oidc_conformant: true,
          token_endpoint_auth_method: 'none',
          grant_types: ['authorization_code', 'refresh_token'],
          callbacks: ['http://localhost:3000/callback'],
          allowed_logout_urls: ['http://localhost:3000/'],
          web_origins: ['http://localhost:3000'],
          ...(organizations.length > 0 && { organization_usage: 'allow' }),
          jwt_configuration: { alg: 'RS256' },
          refresh_token: {
            rotation_type: 'rotating',
            expiration_type: 'expiring',
            token_lifetime: 2592000,
            idle_token_lifetime: 1296000,
            leeway: 0,
          },
        },
      ],
    }),
    section(['Please confirm: the roles of your tenant.'], {
      roles: roles.map((name) => ({
        name,
        description: name,
        permissions: [{ permission_name: api.scopes[0]!, resource_server_identifier: api.identifier }],
      })),
    }),
    ...(organizations.length === 0
      ? []
      : [
          section(['Please confirm: the organizations that users log in to.'], {
            organizations: organizations.map((name) => ({ name, display_name: name })),
          }),
        ]),
    section(
      [
        '##KEY## is replaced: from tenant.local.yaml here, from the environment or a .env file for a real tenant.',
      ],
      {
        actions: actions.map(({ name, code, trigger }) => {
          const secrets = described.secrets.get(name) ?? []
          const packages = described.packages.get(name) ?? []
          const modules = described.modules.get(name) ?? []
          return {
            name,
            code,
            runtime: 'node22',
            deployed: true,
            supported_triggers: [{ id: trigger.id, version: trigger.version }],
            ...(packages.length > 0 && {
              dependencies: packages.map((one) => ({ name: one, version: 'latest' })),
            }),
            ...(modules.length > 0 && { modules: modules.map((one) => ({ module_name: one })) }),
            ...(secrets.length > 0 && {
              secrets: secrets.map((one) => ({ name: one, value: `##${markerOf(one)}##` })),
            }),
          }
        }),
      },
    ),
    section(['Please confirm: Actions run in this order, which was taken from the names of the files.'], {
      triggers: bound,
    }),
  ].join('\n')
}

/** tenant.local.yaml: a user for each role, members of each organization, and somebody who has nothing. */
export function localYaml(facts: LocalFacts): { text: string; emails: string[] } {
  const { roles, organizations, keywords, secrets, appMetadata } = facts
  const users: { email: string; password: string; [member: string]: unknown }[] = []
  const emails = distinctSlugs(roles, 'role')
  for (const [index, role] of roles.entries()) {
    users.push({
      email: `${emails[index]}@example.com`,
      password: `local-${emails[index]}`,
      name: role,
      roles: [role],
      ...(Object.keys(appMetadata).length > 0 && { app_metadata: appMetadata }),
    })
  }
  const withRoles = users.map(({ email, roles }) => ({ user: email, roles }))
  const members = organizations.map((name) => {
    const email = `member-of-${slug(name)}@example.com`
    users.push({ email, password: 'local-member', name: `Member of ${name}` })
    return { name, members: [...withRoles, { user: email }] }
  })
  users.push({ email: 'newcomer@example.com', password: 'local-newcomer', email_verified: false })
  const text = (content: object) => stringify(content, { lineWidth: 110 })
  const parts = [
    `# Made by claims init: what a real tenant keeps in its database, and values for this machine. Nothing of it is ever\n# deployed. Each role and organization has somebody; the last user has nothing, which Actions tend to forget.\n${text({ users })}`,
    ...(members.length === 0 ? [] : [text({ organizations: members })]),
    ...(Object.keys(keywords).length === 0
      ? []
      : [
          `# Values of the ##KEY## markers for the local tenant. Please give those that the Actions need.\n${text({ keywords })}`,
        ]),
    ...(Object.keys(secrets).length === 0
      ? []
      : [
          `# Values of secrets that an export only names. Please give those that the Actions need.\n${text({ secrets })}`,
        ]),
  ]
  return { text: parts.join('\n'), emails: users.map(({ email }) => email) }
}
