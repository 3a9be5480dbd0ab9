/** How long what a tenant gives is good for. Settings in seconds, times in milliseconds since the epoch. */
import { ID_TOKEN_LIFETIME, isThirdParty, THIRD_PARTY_LIFETIME } from './applications.ts'
import type { Api, Application, RefreshTokenSettings } from './facts.ts'

/** Seconds. Of tokens for `/userinfo` alone, not changeable. */
export const OPAQUE_TOKEN_LIFETIME = 86_400

const API_TOKEN_LIFETIME = 86_400
const REFRESH_TOKEN_LIFETIME = 30 * 24 * 60 * 60

/**
 * Seconds. An application of somebody else has a lifetime of its own.
 *
 * @see https://auth0.com/docs/get-started/applications/third-party-applications/security-controls
 */
export function accessTokenLifetime(application: Application, api: Api): number {
  const lifetime = api.token_lifetime ?? API_TOKEN_LIFETIME
  if (!isThirdParty(application)) return lifetime
  return Math.min(lifetime, application.jwt_configuration?.lifetime_in_seconds ?? THIRD_PARTY_LIFETIME)
}

/** Seconds. */
export function idTokenLifetime({ jwt_configuration }: Application): number {
  return jwt_configuration?.lifetime_in_seconds ?? ID_TOKEN_LIFETIME
}

/** Ends of life that Actions ask for; of several calls the earliest. */
export interface AskedEnds {
  expiresAt?: number
  idleExpiresAt?: number
}

/**
 * `expires_at`: the end, whatever is done with it. `idle_expires_at`: the end if it is not used until then. Absent:
 * never.
 */
export interface Ends {
  expires_at?: number
  idle_expires_at?: number
}

export interface SessionSettings {
  session_lifetime: number
  idle_session_lifetime: number
}

/** Of a new tenant. */
export const SESSION_SETTINGS: Readonly<SessionSettings> = {
  session_lifetime: 7 * 24 * 60 * 60,
  idle_session_lifetime: 3 * 24 * 60 * 60,
}

/**
 * The ends of a session that was used just now. Actions move the absolute end within the tenant's limit; an idle end
 * holds until the next use.
 *
 * @see https://auth0.com/docs/manage-users/sessions/manage-sessions-actions
 */
export function sessionEnds(
  settings: SessionSettings,
  { created_at, absolute_expiry }: { created_at: number; absolute_expiry: number },
  now: number,
  asked: AskedEnds = {},
): Required<Ends> {
  const limit = created_at + settings.session_lifetime * 1000
  const expires_at =
    asked.expiresAt === undefined
      ? absolute_expiry
      : Math.min(asked.expiresAt, Math.max(limit, absolute_expiry))
  const idle = Math.min(now + settings.idle_session_lifetime * 1000, asked.idleExpiresAt ?? Infinity)
  return { expires_at, idle_expires_at: Math.min(idle, expires_at) }
}

/**
 * The ends of a refresh token that was given or exchanged just now. The absolute end is set once, or when the
 * application begins to set one, and only comes closer; the idle end starts anew and follows the settings of today.
 *
 * @param ends those that it has; none for a new one
 * @see https://auth0.com/docs/secure/tokens/refresh-tokens/manage-refresh-tokens-actions
 */
export function refreshTokenEnds(
  settings: RefreshTokenSettings = {},
  ends: Ends,
  now: number,
  asked: AskedEnds = {},
): Ends {
  const rotating = isRotating(settings)
  const expiring = rotating || settings.expiration_type === 'expiring'
  const own =
    ends.expires_at ??
    (expiring && settings.infinite_token_lifetime !== true
      ? now + (settings.token_lifetime ?? REFRESH_TOKEN_LIFETIME) * 1000
      : Infinity)
  const idles =
    settings.infinite_idle_token_lifetime !== true && (settings.idle_token_lifetime !== undefined || expiring)
  const idle = idles ? now + (settings.idle_token_lifetime ?? REFRESH_TOKEN_LIFETIME) * 1000 : Infinity
  const expires_at = Math.min(own, asked.expiresAt ?? Infinity)
  const idle_expires_at = Math.min(idle, asked.idleExpiresAt ?? Infinity)
  return {
    ...(expires_at !== Infinity && { expires_at }),
    ...(idle_expires_at !== Infinity && { idle_expires_at }),
  }
}

/** Whether something with these ends is over. */
export function hasEnded({ expires_at = Infinity, idle_expires_at = Infinity }: Ends, now: number): boolean {
  return Math.min(expires_at, idle_expires_at) <= now
}

export function isRotating(settings: RefreshTokenSettings = {}): boolean {
  return settings.rotation_type === 'rotating'
}
