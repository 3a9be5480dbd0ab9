import { nearest } from '../check/nearest.ts'
import { ToolkitError } from '../errors.ts'
import {
  type Api,
  type Application,
  newApplicationSettings,
  profileDefaults,
  type Role,
  requestedScopes,
  roleNamesIn,
  rolesNamed,
  scopeNames,
} from '../policy/index.ts'
import { entityId, localUserId } from '../workspace/local-ids.ts'
import type { LocalUser } from '../workspace/types.ts'
import type { LoginOptions } from './login-options.ts'
import type { WorkspaceFacts, WorkspaceOrganization } from './workspace-facts.ts'

/** Who logs in, with which application, for what. */
export interface Parties {
  facts: WorkspaceFacts
  person: Person
  application: Application
  /** Absent without an audience, and for an audience that is no API here. */
  api?: Api
  audience?: string
  organization?: WorkspaceOrganization
  requested: string[]
  /** Host name of the tenant, where it is known. */
  domain?: string
}

/** A user as tokens and Actions see them. */
export interface Person {
  user_id: string
  profile: Record<string, unknown> & { email: string; email_verified: boolean }
  blocked: boolean
  /** Names of the user's roles or, in an organization, of the member's alone. */
  rolesIn(organization: WorkspaceOrganization | undefined): string[]
  isMemberOf(organization: WorkspaceOrganization): boolean
}

/** @throws ToolkitError `ERR_USAGE` for a user, client, API or organization that the workspace does not have. */
export function partiesOf(facts: WorkspaceFacts, options: LoginOptions): Parties {
  const user = pick(facts, 'user', facts.users, options.user, (one) => [
    one.email,
    one.user_id ?? localUserId(one.email),
  ])
  const application =
    pick(facts, 'client', facts.applications, options.client, ({ name, client_id }) => [
      name,
      client_id,
      entityId('', name),
    ]) ?? someApplication()
  const organization =
    options.organization === undefined
      ? undefined
      : pick(facts, 'organization', facts.organizations, options.organization, ({ name, id }) => [name, id])
  const named = options.audience === '' ? undefined : options.audience
  // As at the tenant: without an audience its default one counts.
  const standing = named === undefined ? facts.settings.default_audience : undefined
  const api =
    standing === undefined
      ? options.audience === ''
        ? undefined
        : pick(facts, 'audience', facts.apis, named, ({ identifier }) => [identifier])
      : facts.apis.find(({ identifier }) => identifier === standing)
  const audience = api?.identifier ?? standing
  const everything = () => ['openid', 'profile', 'email', ...(api?.scopes ?? []).map(({ value }) => value)]
  return {
    facts,
    person: personOf(facts, user),
    application,
    ...(api !== undefined && { api }),
    ...(audience !== undefined && audience !== '' && { audience }),
    ...(organization !== undefined && { organization }),
    ...(options.domain !== undefined && { domain: options.domain }),
    requested:
      options.scope === undefined ? scopeNames(everything().join(' ')) : requestedScopes(options.scope),
  }
}

/** Of a workspace that lists none. */
function someApplication(): Application {
  const name = 'Application'
  return { ...newApplicationSettings({}), name, client_id: entityId('', name), organization_usage: 'allow' }
}

export function personOf(facts: WorkspaceFacts, user: LocalUser | undefined): Person {
  const local = user ?? { email: 'user@acme.example', password: '' }
  const { password: _, roles = [], blocked, user_id = localUserId(local.email), ...profile } = local
  const membership = (organization: WorkspaceOrganization) =>
    facts.members
      .find(({ name }) => name === organization.name)
      ?.members.findLast((member) => member.user.toLowerCase() === local.email.toLowerCase())
  return {
    user_id,
    profile: { ...structuredClone(profile), ...profileDefaults({ ...profile, email: local.email.trim() }) },
    blocked: blocked === true,
    rolesIn: (organization) => {
      const login = {
        inOrganization: organization !== undefined,
        membership: organization && membership(organization),
      }
      return roleNamesIn({ roles }, login).filter((name) => isRole(facts, name))
    },
    // Of a workspace without users everybody belongs everywhere.
    isMemberOf: (organization) => user === undefined || membership(organization) !== undefined,
  }
}

/** Where tenant.yaml lists no roles, every name is one. */
function isRole({ roles }: WorkspaceFacts, wanted: string): boolean {
  return roles?.some(({ name }) => name === wanted) ?? true
}

export function rolesOf({ facts, organization }: Parties, person: Person): Role[] {
  return rolesNamed(person.rolesIn(organization), facts.roles ?? [])
}

/** Found as the tenant finds them, by e-mail address and by name: in any case of letters. */
const ANY_CASE: ReadonlySet<string> = new Set(['user', 'organization'])

function pick<T>(
  facts: WorkspaceFacts,
  what: string,
  entries: readonly T[],
  wanted: string | undefined,
  namesOf: (entry: T) => unknown[],
): T | undefined {
  if (wanted === undefined) return entries[0]
  const filled = facts.filled(wanted)
  const found =
    entries.find((entry) => namesOf(entry).includes(filled)) ??
    (ANY_CASE.has(what)
      ? entries.find((entry) => String(namesOf(entry)[0]).toLowerCase() === filled.trim().toLowerCase())
      : undefined)
  if (found !== undefined) return found
  const names = entries.map((entry) => facts.written(String(namesOf(entry)[0])))
  const near = nearest(wanted, names)
  const meant = near === undefined ? '' : `Did you mean "${near}"? `
  throw new ToolkitError('ERR_USAGE', `the workspace has no ${what} "${wanted}"`, {
    hint: names.length === 0 ? `It has none.` : `${meant}It has: ${names.join(', ')}.`,
  })
}
