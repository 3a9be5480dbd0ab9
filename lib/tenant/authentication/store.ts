import { randomBytes } from 'node:crypto'
import type { PipelineResult, SettledTokens, Suspension } from '../../simulator/types.ts'
import type { TokenContext } from '../../tokens/types.ts'
import type { RefreshTokenChanges } from '../../triggers/login-state.ts'
import type { AuthorizationRequest } from './authorization-request.ts'
import { ExpiringMap } from './expiring-map.ts'
import { RefreshTokens } from './refresh-tokens.ts'

/** A browser's login at this tenant, shared by all apps (SSO). */
export interface Session {
  /** The `sid` of tokens and what Actions see: any app knows it, and it opens nothing. */
  id: string
  /** What is kept of the browser's cookie: `markOf` its value, which changes with each authentication. */
  cookie: string
  user_id: string
  created_at: number
  /** Milliseconds since the epoch of the last time the user proved who they are. */
  authenticated_at: number
  last_interacted_at: number
  /** Milliseconds since the epoch; idle expiry slides up to it. */
  absolute_expiry: number
  /** Milliseconds since the epoch: when it ends unless it is used. */
  idle_expiry?: number
  /** What Actions have chosen. */
  cookie_mode?: 'persistent' | 'non-persistent'
  metadata?: Record<string, string>
  clients: string[]
  methods: { name: string; timestamp: string }[]
}

/** A login under way in one browser tab, found by the `state` of the tenant's own pages. */
export interface Transaction {
  id: string
  request: AuthorizationRequest
  /** Value of the browser's cookie: another browser cannot go on with this login. */
  browser: string
  csrf: string
  session_id?: string
  user_id?: string
  organization?: string
  /** The user typed a password in this transaction. */
  loggedIn: boolean
  consented: boolean
  /** The invitation was taken; it cannot be a second time. */
  invited: boolean
  confirmed: boolean
  /** The second factor was shown in this transaction. */
  challenged: boolean
  /** Any page was shown to the user. */
  interacted: boolean
  /** The page that the user is at, the only one whose form is taken: a step of `LOGIN_PAGES`. */
  step?: string
  suspension?: Suspension
  /** The form that an Action renders: `suspension` goes on with its fields, not at `/continue`. */
  form?: { id: string; fields?: Record<string, unknown>; vars?: Record<string, unknown> }
  pipeline?: PipelineResult
}

/** What an authorization code stands for. */
export interface CodeGrant {
  request: AuthorizationRequest
  user_id: string
  session_id: string
  organization?: string
  context: TokenContext
  tokens: SettledTokens
  /** What Actions ordered for the refresh token that the exchange will give. */
  refreshToken?: RefreshTokenChanges
}

/** What a used code gave, so that it can be revoked when the code comes again. */
export interface UsedCode {
  /** Only what a second exchange is compared with: there is no bound on how many are kept. */
  request: UsedRequest
  /** Of the refresh tokens; there is none while the first exchange is under way. */
  family?: string
  /** It has come again: an exchange that is under way gives no refresh token any more. */
  revoked?: boolean
}

export type UsedRequest = Pick<
  AuthorizationRequest,
  'client_id' | 'redirect_uri' | 'redirect_uri_sent' | 'code_challenge'
>

/** Any site can make a browser begin logins. What proves that something was used before has no such limit. */
const MAX_ENTRIES = 10_000

/** Everything that logins leave behind. All of it expires, and of too much the oldest goes first. */
export class Store {
  readonly sessions: ExpiringMap<Session>
  /** Ids of sessions by the mark of their cookie. */
  readonly sessionCookies: ExpiringMap<string>
  readonly transactions: ExpiringMap<Transaction>
  readonly codes: ExpiringMap<CodeGrant>
  readonly usedCodes: ExpiringMap<UsedCode>
  readonly pushedRequests: ExpiringMap<{ client_id: string; params: Record<string, string> }>
  readonly assertionIds: ExpiringMap<true>
  readonly invitations: ExpiringMap<Invitation>
  /** Logouts that wait for the user's word, each for one session. */
  readonly logouts: ExpiringMap<{ session_id: string; where?: string }>
  readonly refreshTokens: RefreshTokens
  /** User grants: `user client audience organization` to scopes. */
  readonly consents = new Map<string, Set<string>>()

  constructor(clock: () => Date) {
    this.sessions = new ExpiringMap(clock, MAX_ENTRIES)
    this.sessionCookies = new ExpiringMap(clock, MAX_ENTRIES)
    this.transactions = new ExpiringMap(clock, MAX_ENTRIES)
    this.codes = new ExpiringMap(clock, MAX_ENTRIES)
    this.usedCodes = new ExpiringMap(clock)
    this.pushedRequests = new ExpiringMap(clock, MAX_ENTRIES)
    this.assertionIds = new ExpiringMap(clock)
    this.invitations = new ExpiringMap(clock)
    this.logouts = new ExpiringMap(clock, MAX_ENTRIES)
    this.refreshTokens = new RefreshTokens(clock)
  }
}

export interface Invitation {
  organization: string
  email: string
  roles: string[]
  used: boolean
}

// Asked of the system in blocks: one login needs half a dozen of them.
let pool = randomBytes(4096)
let taken = 0

/** Random text that nobody can guess: this many bytes as base64url. */
export function secret(bytes = 24): string {
  if (taken + bytes > pool.length) {
    pool = randomBytes(pool.length)
    taken = 0
  }
  const text = pool.toString('base64url', taken, taken + bytes)
  pool.fill(0, taken, taken + bytes)
  taken += bytes
  return text
}
