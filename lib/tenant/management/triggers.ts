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
  'custom-email-provider',
  'custom-phone-provider',
  'event-stream',
  'login-post-identifier',
  'mcp-tool',
  'password-hash-migration',
  'signup-post-identifier',
].map((id, index) => ({
  id,
  // The newest of each: those after the first six, and the newer ones, have had one version only.
  version: id === 'post-login' ? 'v3' : index < 6 ? 'v2' : 'v1',
  status: 'CURRENT',
  default_runtime: 'node22',
}))
