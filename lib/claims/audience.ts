/**
 * Whether an access token for this audience is one for Auth0's own APIs, which take no short claim names:
 * `https://TENANT.auth0.com/api`, `/api/v2` and `/mfa`, the same on `auth0app.com`, with or without a final slash.
 * `/userinfo` is not among them. Does not know custom domains, nor the newer system APIs: no page names those.
 *
 * @see https://auth0.com/docs/troubleshoot/product-lifecycle/past-migrations/custom-claims-migration
 */
export function isAuth0Audience(audience: string): boolean {
  let url: URL
  try {
    url = new URL(audience)
  } catch {
    return false
  }
  const host = url.hostname.replace(/\.$/, '')
  if (!/\.auth0(app)?\.com$/.test(host)) return false
  return /^\/(api|api\/v2|mfa)\/?$/.test(url.pathname)
}
