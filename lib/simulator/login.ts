import { isLoopback } from '../loopback.ts'
import {
  type Application,
  grantedScopes,
  hasEnded,
  newApplicationSettings,
  OIDC_SCOPES,
  type Refusal,
  refreshTarget,
  refusedScopes,
  rolesNamed,
  tokenContext,
  UNKNOWN_PRIMARY_USER,
  UNKNOWN_REFRESH_TOKEN,
} from '../policy/index.ts'
import type { TokenContext } from '../tokens/types.ts'
import type { SimulatedEvent } from '../triggers/post-login/ordinary-login.ts'
import { passwordGrantOf, refreshOf } from '../triggers/post-login/situations.ts'
import type { Workspace } from '../workspace/index.ts'
import { localUserId } from '../workspace/local-ids.ts'
import { eventOfLogin, eventOfRefresh, NOW, refreshEnds } from './login-events.ts'
import type { LoginOptions } from './login-options.ts'
import { type Parties, type Person, partiesOf, personOf, rolesOf } from './login-parties.ts'
import { beforeActions } from './login-refusal.ts'
import { withMetadata } from './metadata.ts'
import type { PipelineResult } from './types.ts'
import { workspaceFacts } from './workspace-facts.ts'

export type { LoginOptions } from './login-options.ts'

/** What decides about the tokens once the Actions have run. */
export type Ran = Pick<PipelineResult, 'targetScopes' | 'primaryUser'>

/** A login of a workspace, and what the tenant itself would put into its tokens. */
export interface Login {
  event: SimulatedEvent
  /** The tenant refuses the login before any Action runs. */
  refused?: Refusal
  /** Facts for the tokens, once the Actions have run: their target scopes go through policy. */
  contextAfter(pipeline: Ran): TokenContext
  /**
   * The refresh that may follow, with what the Actions of the login have saved. Does not ask whether the login was
   * given a refresh token: that takes the scope `offline_access`.
   */
  refreshAfter(pipeline: PipelineResult): Login
}

/** The event of {@link loginFor} alone. */
export function eventFor(workspace: Workspace, options: LoginOptions = {}): SimulatedEvent {
  return loginFor(workspace, options).event
}

/**
 * Builds the event of a login from tenant.yaml and tenant.local.yaml, by the policy that the local tenant has too:
 * who gets in, and which scopes are granted. Does not check the password and callbacks; consent counts as given.
 *
 * @throws ToolkitError `ERR_USAGE` for a user, client, API or organization that the workspace does not have.
 */
export function loginFor(workspace: Workspace, options: LoginOptions = {}): Login {
  const named = partiesOf(workspaceFacts(workspace), options)
  const { refused, organization } = beforeActions(named)
  const parties: Parties = { ...named, ...(organization !== undefined && { organization }) }
  const event = eventOfLogin(parties)
  const login = loginOf(parties, event, refused)
  if (options.protocol === 'oauth2-password') return loginOf(parties, passwordGrantOf(event), refused)
  if (options.protocol === 'oauth2-refresh-token')
    return loginOf(parties, refreshOf(event, login.contextAfter({}).scopes), refused)
  if (options.protocol !== undefined) event.transaction!.protocol = options.protocol
  return login
}

function loginOf(parties: Parties, event: SimulatedEvent, refused?: Refusal): Login {
  const sessionId = event.session?.id
  const contextAfter = (pipeline: Ran) =>
    contextOf(parties, event, pipeline, { requested: parties.requested, sessionId })
  return {
    event,
    ...(refused !== undefined && { refused }),
    contextAfter,
    refreshAfter: (pipeline) => refreshLogin(parties, event, pipeline, contextAfter(pipeline).scopes),
  }
}

/** The exchange of the refresh token that a login was given. */
function refreshLogin(
  parties: Parties,
  login: SimulatedEvent,
  pipeline: PipelineResult,
  scopes: readonly string[],
): Login {
  const { application, audience, facts } = parties
  const person = personAfter(parties, pipeline) ?? parties.person
  const hasApi = (wanted: string) => facts.apis.some(({ identifier }) => identifier === wanted)
  const target = refreshTarget(application, { audience, scopes }, {}, hasApi)
  if ('refused' in target) throw new Error('a refresh without an audience is never refused')
  const given = { person, audience, scopes, target }
  const saved = person === parties.person ? pipeline : { userMetadata: {}, appMetadata: {} }
  const event = withMetadata(eventOfRefresh(parties, given, pipeline), saved) as SimulatedEvent
  const next: Parties = { ...parties, person, requested: target.requested }
  return {
    event,
    ...(hasEnded(refreshEnds(parties, pipeline), NOW) && { refused: UNKNOWN_REFRESH_TOKEN }),
    contextAfter: (ran) =>
      contextOf(next, event, ran, {
        requested: target.requested,
        sessionId: login.session?.id ?? login.refresh_token?.session_id ?? undefined,
        gty: 'refresh_token',
      }),
    refreshAfter: (ran) => refreshLogin(next, event, ran, scopes),
  }
}

/** The user that a login continues as; `undefined` for one who does not exist. */
function personAfter({ facts, person }: Parties, { primaryUser }: Ran): Person | undefined {
  if (primaryUser === undefined || primaryUser === person.user_id) return person
  const user = facts.users.find(({ email, user_id }) => (user_id ?? localUserId(email)) === primaryUser)
  return user === undefined ? undefined : personOf(facts, user)
}

function contextOf(
  parties: Parties,
  event: SimulatedEvent,
  ran: Ran,
  {
    requested,
    sessionId,
    gty,
  }: { requested: readonly string[]; sessionId?: string | undefined; gty?: string },
): TokenContext {
  const { facts, application, api, organization } = parties
  const person = personAfter(parties, ran)
  const roles = rolesOf(parties, person ?? parties.person)
  const user =
    person === undefined || person === parties.person
      ? event.user
      : { ...person.profile, user_id: person.user_id, updated_at: event.user.updated_at }
  const asking = { application, api, grants: facts.grants, roles }
  const asked = ran.targetScopes ?? requested
  const context = tokenContext({
    issuer: issuerOf(event),
    user,
    application,
    api,
    scopes: grantedScopes(asking, asked),
    roles,
    organization,
    organizationNames: facts.settings.allow_organization_name_in_authentication_api === true,
    sessionId,
    gty: gty ?? grantOf(event),
    issuedAt: NOW / 1000,
  })
  context.refusedScopes = refusedScopes(asking, asked)
  return person === undefined && facts.hasUsers ? { ...context, refusal: UNKNOWN_PRIMARY_USER } : context
}

/** A login of any event: its own scopes count as granted. */
export function loginOfEvent(event: SimulatedEvent, workspace?: Workspace): Login {
  const own = tokenContextOf(event, workspace)
  const contextAfter = ({ targetScopes }: Ran) => withTargetScopes(own, targetScopes)
  return {
    event,
    contextAfter,
    refreshAfter(pipeline) {
      const saved = withMetadata(event, pipeline) as SimulatedEvent
      return loginOfEvent(refreshOf(saved, contextAfter(pipeline).scopes), workspace)
    },
  }
}

/**
 * What decides about the tokens of any event: its own scopes count as granted, an API that the workspace does not
 * know is one with Auth0's defaults.
 */
export function tokenContextOf(event: SimulatedEvent, workspace?: Workspace): TokenContext {
  const facts = workspace === undefined ? undefined : workspaceFacts(workspace)
  const identifier = event.resource_server?.identifier
  const { client_id, name } = event.client
  const application: Application = facts?.applications.find((one) => one.client_id === client_id) ?? {
    ...newApplicationSettings({ is_first_party: !client_id.startsWith('tpc_') }),
    is_first_party: !client_id.startsWith('tpc_'),
    client_id,
    name,
  }
  const api = facts?.apis.find((one) => one.identifier === identifier)
  const context = tokenContext({
    issuer: issuerOf(event),
    user: event.user,
    application,
    api: identifier === undefined ? undefined : (api ?? { identifier }),
    scopes: event.transaction?.target_scopes ?? event.transaction?.requested_scopes ?? [],
    roles: rolesNamed(event.authorization?.roles ?? [], facts?.roles ?? []),
    organization: event.organization,
    organizationNames: facts?.settings.allow_organization_name_in_authentication_api === true,
    sessionId: event.session?.id ?? event.refresh_token?.session_id ?? undefined,
    gty: grantOf(event),
    issuedAt: NOW / 1000,
  })
  if (context.api !== undefined && api === undefined) delete context.api.scopes
  return withTargetScopes(context, context.scopes)
}

/**
 * Once Actions have changed what is asked for: all of it counts as granted, but an application of somebody else gets no
 * scopes of OpenID Connect, whoever asks for them.
 */
export function withTargetScopes(
  context: TokenContext,
  targetScopes: readonly string[] | undefined,
): TokenContext {
  if (targetScopes === undefined) return context
  const isRefused = (scope: string) =>
    context.client.thirdParty === true && scope !== 'offline_access' && OIDC_SCOPES.includes(scope)
  return {
    ...context,
    scopes: targetScopes.filter((scope) => !isRefused(scope)),
    refusedScopes: targetScopes.filter(isRefused).map((scope) => ({ scope, refusal: 'third-party' })),
  }
}

function issuerOf({ request }: SimulatedEvent): string {
  const host = request.hostname ?? 'acme.example'
  // As the local tenant, which has http for applications.
  const scheme = isLoopback(host.replace(/:\d+$/, '')) ? 'http' : 'https'
  return `${scheme}://${host}/`
}

function grantOf({ transaction }: SimulatedEvent): string | undefined {
  if (transaction?.protocol === 'oauth2-refresh-token') return 'refresh_token'
  return transaction?.protocol === 'oauth2-password' ? 'password' : undefined
}
