/** Scopes that belong to no API. */
export const OIDC_SCOPES: readonly string[] = [
  'openid',
  'profile',
  'email',
  'phone',
  'address',
  'offline_access',
]
