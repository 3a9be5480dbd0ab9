/** The triggers of a tenant, as `GET /actions/triggers` shows them. */
export const TRIGGERS: readonly { id: string; version: string; status: string; default_runtime: string }[] = [
  'post-login',
  'credentials-exchange',
  'pre-user-registration',
  'post-user-registration',
  'post-change-password',
  'send-phone-message',
  'password-reset-post-challenge',
  'custom-token-exchange',
].map((id) => ({
  id,
  version:
    id === 'post-login'
      ? 'v3'
      : id === 'custom-token-exchange' || id === 'password-reset-post-challenge'
        ? 'v1'
        : 'v2',
  status: 'CURRENT',
  default_runtime: 'node22',
}))
