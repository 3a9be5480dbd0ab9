import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { generatedAction, randomFrom } from './generated-actions.ts'

/** How many of each a workspace has. */
export interface Size {
  actions: number
  clients: number
  apis: number
  organizations: number
  users: number
}

/** Auth0's own limit. */
const MOST_BOUND = 20

const range = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index))

/**
 * Writes a workspace that is as large as it is told: Actions of 80 to 300 lines, of which as many as Auth0 lets are
 * bound; APIs with ten scopes; roles; organizations with a connection and members.
 */
export async function writeLargeWorkspace(folder: string, size: Size): Promise<void> {
  const random = randomFrom(1)
  const names = range(size.actions, (index) => `action-${index}`)
  const apis = range(size.apis, (index) => `https://api-${index}.acme.example/`)
  const scopes = range(10, (index) => `read:thing-${index}`)
  const roles = range(Math.min(20, size.apis), (index) => `role-${index}`)
  const tenant = {
    resourceServers: apis.map((identifier, index) => ({
      identifier,
      name: `API ${index}`,
      signing_alg: 'RS256',
      token_lifetime: 3600,
      allow_offline_access: true,
      enforce_policies: true,
      token_dialect: 'access_token_authz',
      skip_consent_for_verifiable_first_party_clients: true,
      scopes: scopes.map((value) => ({ value, description: `Lets an application ${value}` })),
    })),
    clients: range(size.clients, (index) => ({
      name: `Application ${index}`,
      app_type: index % 3 === 0 ? 'non_interactive' : 'regular_web',
      is_first_party: true,
      oidc_conformant: true,
      grant_types: index % 3 === 0 ? ['client_credentials'] : ['authorization_code', 'refresh_token'],
      organization_usage: 'allow',
      callbacks: index % 3 === 0 ? [] : [`https://app-${index}.acme.example/callback`],
      client_metadata: { team: `team-${index % 9}` },
      jwt_configuration: { alg: 'RS256', lifetime_in_seconds: 3600 },
      refresh_token: { rotation_type: 'rotating', expiration_type: 'expiring', leeway: 0 },
    })),
    clientGrants: range(Math.floor(size.clients / 3), (index) => ({
      client_id: `Application ${index * 3}`,
      audience: apis[index % apis.length],
      scope: scopes.slice(0, 3),
    })),
    roles: roles.map((name, index) => ({
      name,
      description: `Whoever does ${name}`,
      permissions: scopes.slice(0, 4).map((permission_name) => ({
        permission_name,
        resource_server_identifier: apis[index],
      })),
    })),
    organizations: range(size.organizations, (index) => ({
      name: `org-${index}`,
      display_name: `Organization ${index}`,
      metadata: { region: index % 2 === 0 ? 'eu' : 'us' },
      connections: [{ name: 'Username-Password-Authentication', assign_membership_on_login: true }],
    })),
    actions: names.map((name) => ({
      name,
      code: `./dist/actions/${name}.js`,
      runtime: 'node22',
      deployed: true,
      supported_triggers: [{ id: 'post-login', version: 'v3' }],
    })),
    triggers: {
      'post-login': names.slice(0, MOST_BOUND).map((name) => ({ action_name: name, display_name: name })),
    },
  }
  const local = {
    users: range(size.users, (index) => ({
      email: `user-${index}@acme.example`,
      password: `local-${index}`,
      name: `User ${index}`,
      roles: roles.length === 0 ? [] : [roles[index % roles.length]],
      app_metadata: { plan: 'team', region: index % 2 === 0 ? 'eu' : 'us', teams: ['a', 'b'] },
    })),
    organizations: tenant.organizations.map(({ name }, index) => ({
      name,
      members: range(size.users, (user) => user)
        .filter((user) => user % size.organizations === index)
        .map((user) => ({ user: `user-${user}@acme.example` })),
    })),
  }
  await mkdir(join(folder, 'actions'), { recursive: true })
  await mkdir(join(folder, 'dist/actions'), { recursive: true })
  await writeFile(join(folder, 'tenant.yaml'), stringify(tenant))
  await writeFile(join(folder, 'tenant.local.yaml'), stringify(local))
  for (const [index, name] of names.entries()) {
    const code = generatedAction(index, random)
      // What the check refuses is not for this bench.
      .replaceAll(/setCustomClaim\('(\w+)'/g, "setCustomClaim('https://acme.example/$1'")
    for (const to of ['actions', 'dist/actions']) await writeFile(join(folder, to, `${name}.js`), code)
  }
}
