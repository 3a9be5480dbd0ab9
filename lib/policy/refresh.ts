import { unknownApi } from './access.ts'
import type { Application, Refusal } from './facts.ts'
import { OIDC_SCOPES } from './scopes.ts'

/** The error for a refresh token that was never issued, has ended, or was used before. */
export const UNKNOWN_REFRESH_TOKEN: Refusal = {
  error: 'invalid_grant',
  description: 'Unknown or invalid refresh token.',
}

/**
 * Audience and scopes of one refresh, before policy: as granted, reduced by `scope`, or another API by the
 * application's policies for multi-resource refresh tokens.
 *
 * @param granted what the refresh token was given for
 * @param asked the parameters of the exchange
 * @see https://auth0.com/docs/secure/tokens/refresh-tokens/multi-resource-refresh-token/configure-and-implement-multi-resource-refresh-token
 */
export function refreshTarget(
  application: Application,
  granted: { audience?: string | undefined; scopes: readonly string[] },
  asked: { audience?: string | undefined; scopes?: readonly string[] | undefined },
  hasApi: (audience: string) => boolean,
): { audience: string | undefined; requested: string[] } | { refused: Refusal } {
  const audience = asked.audience ?? granted.audience
  const policy = application.refresh_token?.policies?.find((one) => one.audience === audience)
  const other = asked.audience !== undefined && asked.audience !== granted.audience
  if (other && (policy === undefined || !hasApi(asked.audience!))) {
    return { refused: unknownApi(asked.audience!) }
  }
  const original = other ? granted.scopes.filter((name) => OIDC_SCOPES.includes(name)) : granted.scopes
  const available = [...new Set([...original, ...(policy?.scope ?? [])])]
  const requested =
    asked.scopes === undefined ? available : available.filter((name) => asked.scopes!.includes(name))
  return { audience, requested }
}
