/**
 * Handler that will be called during the execution of a PostLogin flow.
 *
 * @param {Event} event - Details about the user and the context in which they are logging in.
 * @param {PostLoginAPI} api - Interface whose methods can be used to change the behavior of the login.
 */
exports.onExecutePostLogin = async (event, api) => {
  const namespace = 'https://acme.example'
  const roles = event.authorization?.roles ?? []
  api.idToken.setCustomClaim(`${namespace}/roles`, roles)
  api.accessToken.setCustomClaim(`${namespace}/roles`, roles)
  api.accessToken.setCustomClaim(`${namespace}/is_admin`, roles.includes('admin'))
}
