exports.onExecutePostLogin = async (event, api) => {
  if (!event.organization) return
  api.idToken.setCustomClaim('https://acme.example/organization', event.organization.name)
  api.accessToken.setCustomClaim('https://acme.example/organization', event.organization.name)
}
