exports.onExecutePostLogin = async (event, api) => {
  if (event.user.email_verified !== true) {
    api.idToken.setCustomClaim('https://acme.example/email_pending', true)
  }
}
