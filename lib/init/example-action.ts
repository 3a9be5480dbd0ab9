/** The Action of a workspace that begins with nothing. */
export const EXAMPLE_ACTION = {
  file: 'actions/add-roles.js',
  code: `/**
 * Puts the names of the user's roles into both tokens. Auth0 drops names such as "roles": a claim of your own has a
 * namespace on a domain that you control.
 */
exports.onExecutePostLogin = async (event, api) => {
  const roles = event.authorization?.roles ?? []
  api.idToken.setCustomClaim('https://example.com/roles', roles)
  api.accessToken.setCustomClaim('https://example.com/roles', roles)
}
`,
}
