/** How an API's access tokens look (`token_dialect` of a resource server). */
export type TokenDialect = 'access_token' | 'access_token_authz' | 'rfc9068_profile' | 'rfc9068_profile_authz'

export type SigningAlgorithm = 'RS256' | 'PS256' | 'HS256' | 'ES256'

/** The profile facts of a user that tokens may carry. */
export interface TokenUser {
  user_id: string
  email?: string
  email_verified?: boolean
  phone_number?: string
  phone_verified?: boolean
  username?: string
  name?: string
  nickname?: string
  given_name?: string
  family_name?: string
  middle_name?: string
  picture?: string
  updated_at?: string
}

/** Everything about one login that decides what Auth0 itself puts into the two tokens. */
export interface TokenContext {
  /** With the final slash. */
  issuer: string
  user: TokenUser
  client: {
    client_id: string
    /** An application of somebody else: Actions cannot add scopes to its tokens. @defaultValue false */
    thirdParty?: boolean
  }
  /** The API asked for; without one the access token is opaque. */
  api?: {
    identifier: string
    token_dialect: TokenDialect
    signing_alg: SigningAlgorithm
    token_lifetime: number
    /** Scopes that the API defines, when known: a refresh fails when an Action adds another one. */
    scopes?: readonly string[]
  }
  /** Granted scopes after policy, in request order, OIDC scopes included; before `addScope`/`removeScope` of Actions. */
  scopes: readonly string[]
  /** Requested scopes that were not granted, with the reason of policy. Tokens do not depend on it. */
  refusedScopes?: readonly { scope: string; refusal: string }[]
  /** The user's permissions for this API; in the token only with an `_authz` dialect. */
  permissions?: readonly string[]
  organization?: { id: string; name: string; includeName: boolean }
  sessionId?: string
  nonce?: string
  /** Seconds since the epoch; only with `prompt=login` or `max_age`. */
  authTime?: number
  /** e.g. `refresh_token`, `client-credentials`, `password`; absent for a code exchange. */
  gty?: string
  /** A second factor was shown in this login. @defaultValue whether the Actions demanded one */
  secondFactor?: boolean
  /** Why there are no tokens although every Action allows them. */
  refusal?: string
  /** Seconds since the epoch. */
  issuedAt: number
  /** Seconds. @defaultValue 36 000 */
  idTokenLifetime?: number
}
