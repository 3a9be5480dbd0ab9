import type { PostLoginEvent } from '../action/index.ts'
import type { Application, Organization } from './facts.ts'
import type { Ends } from './lifetimes.ts'

type Event = Omit<PostLoginEvent, 'secrets'>
type Transaction = NonNullable<Event['transaction']>

/** Times in milliseconds since the epoch. */
export interface SessionFacts {
  id: string
  user_id: string
  created_at: number
  /** The last time the user proved who they are. */
  authenticated_at: number
  last_interacted_at: number
  ends: Ends
  /** Ids of the applications that have logged in with it. */
  clients: readonly string[]
  /** How the user proved who they are. */
  methods: readonly { name: string; timestamp: string }[]
  cookieMode?: 'persistent' | 'non-persistent' | undefined
  metadata?: Readonly<Record<string, string>> | undefined
}

/** Times in milliseconds since the epoch. */
export interface RefreshTokenFacts {
  id: string
  user_id: string
  session_id?: string | undefined
  created_at: number
  last_exchanged_at?: number | undefined
  rotating: boolean
  ends: Ends
  /** What it was given for. */
  audience?: string | undefined
  scopes: readonly string[]
  metadata?: Readonly<Record<string, string>> | undefined
}

/** What the application sent to `/authorize`. */
export interface AuthorizationFacts
  extends Pick<
    Transaction,
    'redirect_uri' | 'response_mode' | 'state' | 'login_hint' | 'acr_values' | 'correlation_id'
  > {
  id: string
  requested_scopes: readonly string[]
  prompt: readonly string[]
  ui_locales?: readonly string[] | undefined
}

export interface EventFacts {
  protocol: NonNullable<Transaction['protocol']>
  /** Name of the tenant. */
  tenant: string
  application: Application
  connection: { id: string; name: string }
  /** The profile, without what is nobody's business: password, roles. */
  user: Pick<Event['user'], 'user_id' | 'email_verified' | 'created_at' | 'updated_at'> &
    Record<string, unknown>
  loginsCount: number
  organization?: Organization | undefined
  /** Names: see `roleNamesIn`. */
  roles: readonly string[]
  audience?: string | undefined
  /** Not shown at a refresh. */
  session?: SessionFacts | undefined
  /** With everything that was sent: what no Action may see is left out here. */
  request: Event['request']
  /** Of a login in a browser. */
  authorization?: AuthorizationFacts | undefined
  /** Of an exchange: its refresh token, and the scopes that it asks for. */
  refresh?: { token: RefreshTokenFacts; scopes: readonly string[] } | undefined
}

/** Never shown to an Action. https://auth0.com/docs/troubleshoot/product-lifecycle/deprecations-and-migrations */
const STRIPPED = new Set([
  'auth_session',
  'authn_response',
  'client_secret',
  'client_assertion',
  'refresh_token',
  'password',
  'csrf',
])

/**
 * The event of the post-login trigger as Auth0 hands it to Actions, without `secrets`. Shares nothing with the facts,
 * so that an Action changes its own copy only.
 *
 * @see https://auth0.com/docs/actions/reference/post-login/post-login-event-object
 */
export function loginEvent(facts: EventFacts): Event {
  const { application, connection, organization, request, session, refresh } = facts
  return {
    transaction: transactionOf(facts),
    request: { ...request, query: withoutSecrets(request.query), body: withoutSecrets(request.body) },
    user: userOf(facts),
    client: {
      client_id: application.client_id,
      name: application.name,
      metadata: structuredClone(application.client_metadata ?? {}),
      ...(application.refresh_token?.policies && {
        refresh_token: { policies: structuredClone(application.refresh_token.policies) },
      }),
    },
    configuration: {},
    connection: { ...connection, strategy: 'auth0', metadata: {} },
    ...(organization !== undefined && {
      organization: {
        id: organization.id,
        name: organization.name,
        display_name: organization.display_name ?? organization.name,
        metadata: structuredClone(organization.metadata ?? {}),
      },
    }),
    authorization: { roles: [...facts.roles] },
    ...(facts.audience !== undefined && { resource_server: { identifier: facts.audience } }),
    // An exchange of an offline refresh token has no browser session; `refresh_token.session_id` names the login's.
    ...(session !== undefined &&
      refresh === undefined && {
        authentication: { methods: session.methods.map((method) => ({ ...method })) },
        session: sessionOf(session, facts),
      }),
    ...(refresh !== undefined && { refresh_token: refreshTokenOf(refresh.token, application) }),
    stats: { logins_count: facts.loginsCount },
    tenant: { id: facts.tenant },
  }
}

function transactionOf({ protocol, authorization, refresh }: EventFacts): Transaction {
  if (authorization === undefined) {
    return { protocol, target_scopes: [...(refresh?.scopes ?? [])], metadata: {} }
  }
  const { id, requested_scopes, prompt, ui_locales, acr_values, ...sent } = authorization
  return {
    id,
    protocol,
    requested_scopes: [...requested_scopes],
    target_scopes: [...requested_scopes],
    metadata: {},
    locale: 'en',
    response_type: ['code'],
    prompt: [...prompt],
    ui_locales: [...(ui_locales ?? [])],
    ...present({ ...sent, acr_values: acr_values && [...acr_values] }),
  }
}

function userOf({ user, connection }: EventFacts): Event['user'] {
  const { user_metadata, app_metadata, ...profile } = user
  return {
    ...structuredClone(profile),
    user_metadata: structuredClone(user_metadata ?? {}),
    app_metadata: structuredClone(app_metadata ?? {}),
    identities: [
      {
        connection: connection.name,
        provider: 'auth0',
        user_id: user.user_id.replace(/^[^|]*\|/, ''),
        isSocial: false,
      },
    ],
    multifactor: [],
    enrolledFactors: [],
  }
}

function sessionOf(
  session: SessionFacts,
  { application, request }: EventFacts,
): NonNullable<Event['session']> {
  // The one that logs in is among them.
  const clients = new Set([...session.clients, application.client_id])
  return {
    id: session.id,
    user_id: session.user_id,
    created_at: iso(session.created_at),
    updated_at: iso(session.last_interacted_at),
    authenticated_at: iso(session.authenticated_at),
    last_interacted_at: iso(session.last_interacted_at),
    ...endsOf(session.ends),
    clients: [...clients].map((client_id) => ({ client_id })),
    device: present({ last_ip: request.ip, last_user_agent: request.user_agent }),
    cookie: { mode: session.cookieMode ?? 'persistent' },
    metadata: { ...session.metadata },
  }
}

function refreshTokenOf(
  token: RefreshTokenFacts,
  { client_id }: Application,
): NonNullable<Event['refresh_token']> {
  const { audience, last_exchanged_at: exchanged } = token
  return {
    id: token.id,
    client_id,
    user_id: token.user_id,
    created_at: iso(token.created_at),
    rotating: token.rotating,
    resource_servers: audience === undefined ? [] : [{ audience, scopes: token.scopes.join(' ') }],
    metadata: { ...token.metadata },
    ...endsOf(token.ends),
    ...present({
      session_id: token.session_id,
      last_exchanged_at: exchanged === undefined ? undefined : iso(exchanged),
    }),
  }
}

function endsOf({ expires_at, idle_expires_at }: Ends): { expires_at?: string; idle_expires_at?: string } {
  return {
    ...(expires_at !== undefined && { expires_at: iso(expires_at) }),
    ...(idle_expires_at !== undefined && { idle_expires_at: iso(idle_expires_at) }),
  }
}

export function withoutSecrets<V>(values: Readonly<Record<string, V>>): Record<string, V> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !STRIPPED.has(name)))
}

/** Without the members that are `undefined`. */
function present<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}

// An end past the last possible date is as good as none.
const LAST_DATE = 8.64e15

function iso(milliseconds: number): string {
  return new Date(Math.max(-LAST_DATE, Math.min(milliseconds, LAST_DATE))).toISOString()
}
