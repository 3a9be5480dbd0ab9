const PLANS = ['free', 'team', 'enterprise']

exports.onExecutePostLogin = async (event, api) => {
  const wanted = event.user.app_metadata?.plan
  const plan = PLANS.includes(wanted) ? wanted : 'free'
  api.accessToken.setCustomClaim('https://acme.example/plan', plan)
  if (event.user.app_metadata?.plan === 'enterprise') api.accessToken.addScope('export:orders')
}
