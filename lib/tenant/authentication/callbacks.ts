/**
 * Matching of redirect addresses against an app's lists.
 *
 * @see https://auth0.com/docs/get-started/applications/wildcards-for-subdomains
 */

/** Schemes that a browser would run instead of visit: never a callback, even if registered. */
export const ACTIVE = /^\s*(?:javascript|data|vbscript|blob|file):/i

/** Everything from `#` on is removed before the address is used. */
export function withoutFragment(address: string): string {
  const hash = address.indexOf('#')
  return hash === -1 ? address : address.slice(0, hash)
}

/** Whether `address` is registered: exactly, or by a wildcard or organization placeholder in the host name. */
export function matchesCallback(
  address: string,
  registered: readonly string[],
  organizationName?: string,
): boolean {
  if (ACTIVE.test(address)) return false
  return registered.some((entry) => {
    if (!/[*{]/.test(entry)) return entry === address
    if (entry.includes('{organization_name}')) {
      if (organizationName === undefined || entry.includes('*')) return false
      return matchesLabel(address, entry, '{organization_name}', (label) => label === organizationName)
    }
    return entry.includes('*') && matchesLabel(address, entry, '*', (label) => /^[a-z0-9-]+$/i.test(label))
  })
}

/** The placeholder stands in the left-most label of the host, once, below a domain of at least two labels. */
function matchesLabel(
  address: string,
  entry: string,
  placeholder: string,
  accepts: (label: string) => boolean,
): boolean {
  const parts = /^(https?:\/\/)([^/:?#.]*)(\.[^/:?#]+)((?::\d+)?(?:[/?].*)?)$/i.exec(entry)
  if (parts === null) return false
  const [, scheme = '', label = '', domain = '', rest = ''] = parts
  const [before = '', after = '', ...more] = label.split(placeholder)
  if (more.length > 0 || !label.includes(placeholder) || /[*{]/.test(domain + rest)) return false
  if (placeholder !== '*' && before + after !== '') return false
  // `https://*.com` would hand codes to anyone who buys a domain.
  if (domain.split('.').length < 3 && domain !== '.localhost') return false
  const start = scheme + before
  const end = after + domain + rest
  if (!address.startsWith(start) || !address.endsWith(end)) return false
  const middle = address.slice(start.length, address.length - end.length)
  return address.length > start.length + end.length - 1 && middle !== '' && accepts(middle)
}

/** A custom scheme or a loopback address of Auth0's list: another program on the device may be listening. */
export function isNonVerifiable(address: string): boolean {
  if (!/^https?:/i.test(address)) return true
  try {
    const { hostname } = new URL(address)
    return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname)
  } catch {
    return true
  }
}

/** For `/v2/logout`: query and fragment do not count, path is case-sensitive, scheme and host are not. */
export function matchesLogoutUrl(address: string, registered: readonly string[]): boolean {
  const wanted = comparable(address)
  if (wanted === undefined) return false
  return registered.some((entry) => {
    if (entry.includes('*')) return matchesCallback(wanted, [entry.split(/[?#]/, 1)[0]!])
    return comparable(entry) === wanted
  })
}

function comparable(address: string): string | undefined {
  if (ACTIVE.test(address)) return undefined
  try {
    const url = new URL(address)
    return `${url.protocol}//${url.host}${url.pathname}`
  } catch {
    return undefined
  }
}

/** Appends parameters to the query or the fragment; the address keeps its own query. */
export function appendParameters(
  address: string,
  parameters: Readonly<Record<string, string | undefined>>,
  into: 'query' | 'fragment' = 'query',
): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) search.set(name, value)
  // A header carries ASCII only.
  const base = /[^\x21-\x7e]/.test(address) ? encodeURI(address) : address
  if (search.size === 0) return base
  if (into === 'fragment') return `${base}#${search}`
  return `${base}${base.includes('?') ? (base.endsWith('?') ? '' : '&') : '?'}${search}`
}
