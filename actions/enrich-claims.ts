import type { PostLoginApi, PostLoginEvent } from 'auth0-claims/action'
import type { IdToken, OrdersAccessToken } from '../schemas/claims/types.ts'

type Plan = OrdersAccessToken['https://acme.example/plan']
type Region = OrdersAccessToken['https://acme.example/region']

/**
 * Puts roles, plan, region and organization into the ID token and the access token.
 * Missing or odd metadata never fails the login: the claim gets the smallest value, or is left out.
 */
export async function onExecutePostLogin(
  event: PostLoginEvent,
  api: PostLoginApi<OrdersAccessToken, IdToken>,
): Promise<void> {
  const roles = (event.authorization?.roles ?? []).filter(({ length }) => length <= 25).slice(0, 10)
  const plan = planOf(event.user.app_metadata['plan'])
  const region = regionOf(event)

  api.accessToken.setCustomClaim('https://acme.example/roles', roles)
  api.accessToken.setCustomClaim('https://acme.example/plan', plan)
  api.accessToken.setCustomClaim('https://acme.example/region', region)
  api.idToken.setCustomClaim('https://acme.example/roles', roles)
  api.idToken.setCustomClaim('https://acme.example/plan', plan)
  api.idToken.setCustomClaim('https://acme.example/region', region)

  if (event.organization) {
    api.accessToken.setCustomClaim('https://acme.example/organization', event.organization.name)
    api.idToken.setCustomClaim('https://acme.example/organization', event.organization.name)
  }
}

function planOf(value: unknown): Plan {
  return value === 'team' || value === 'enterprise' ? value : 'free'
}

/** A region that support has pinned wins over where the login comes from. */
function regionOf(event: PostLoginEvent): Region {
  const pinned = event.user.app_metadata['region']
  if (pinned === 'eu' || pinned === 'us') return pinned
  const european = (event.secrets['EU_COUNTRIES'] ?? '').split(',')
  const country = event.request.geoip.countryCode
  return country === undefined || european.includes(country) ? 'eu' : 'us'
}
