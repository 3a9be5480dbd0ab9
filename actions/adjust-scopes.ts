import type { PostLoginApi, PostLoginEvent } from 'auth0-claims/action'

const ORDERS_API = 'https://orders.acme.example/'

/**
 * Adds `export:orders` for managers whose plan includes it, and takes `write:orders` from users on the free
 * plan. On failure: leaves the scopes as the tenant's policy granted them.
 */
export async function onExecutePostLogin(event: PostLoginEvent, api: PostLoginApi): Promise<void> {
  if (event.resource_server?.identifier !== ORDERS_API) return

  const plan = event.user.app_metadata['plan'] ?? 'free'
  const exportPlans = (event.secrets['EXPORT_PLANS'] ?? '').split(',')
  const isManager = event.authorization?.roles.includes('orders-manager') ?? false

  if (isManager && exportPlans.includes(String(plan))) {
    api.accessToken.addScope('export:orders')
  } else {
    api.accessToken.removeScope('export:orders')
  }
  if (plan === 'free') api.accessToken.removeScope('write:orders')
}
