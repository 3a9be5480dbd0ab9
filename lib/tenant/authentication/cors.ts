import type { TenantState } from '../state.ts'

/** Whether a web page may read responses: any app lists its origin under Allowed Web Origins, Origins or callbacks. */
export function isAllowedOrigin(state: TenantState, origin: string): boolean {
  if (origin === 'null') return false
  for (const client of state.clients.values()) {
    for (const entry of [...(client.web_origins ?? []), ...(client.allowed_origins ?? [])]) {
      if (entry.replace(/\/$/, '') === origin) return true
    }
    for (const callback of client.callbacks ?? []) {
      try {
        if (/^https?:/.test(callback) && new URL(callback).origin === origin) return true
      } catch {}
    }
  }
  return false
}

export function corsHeaders(origin: string): Record<string, string> {
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers':
      'X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, WWW-Authenticate',
    vary: 'Origin',
  }
}

export function preflightHeaders(origin: string): Record<string, string> {
  return {
    ...corsHeaders(origin),
    'access-control-allow-methods': 'GET, POST, OPTIONS',
    'access-control-allow-headers': 'Authorization, Content-Type, Auth0-Client, DPoP',
    'access-control-max-age': '600',
  }
}
