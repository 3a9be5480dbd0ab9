import { ToolkitError } from '../errors.ts'
import { AUTH0_NAMESPACE_HOSTS } from './names.ts'

/** Whether a claim name has the form of a web address, in any casing of the scheme. */
export function isWebName(name: string): boolean {
  return /^https?:\/\//i.test(name)
}

/**
 * Matches most names: `URL` changes nothing in such a host. No number at its end, which `URL` reads as part of an IPv4
 * address.
 */
const PLAIN_HOST = /^https?:\/\/((?:[a-z0-9-]+\.)*[a-z][a-z0-9-]*)(?=[/?#]|$)/

/**
 * Host of a claim name that is a web address: lower case, in ASCII (punycode), without user, port and final dot.
 * `undefined` when there is no host to be had.
 */
export function namespaceHost(name: string): string | undefined {
  const plain = PLAIN_HOST.exec(name)?.[1]
  if (plain !== undefined && !plain.includes('xn--')) return plain
  if (!isWebName(name)) return undefined
  try {
    return withoutFinalDots(new URL(name).hostname) || undefined
  } catch {
    return undefined
  }
}

/**
 * Whether Auth0 keeps this host as a claim namespace: one of its own domains, or a subdomain of one.
 * How Auth0 compares is not documented; suffixes of whole labels are our reading, so that
 * `auth0.example.org` and `notauth0.com` pass.
 */
export function isAuth0Host(host: string): boolean {
  const plain = withoutFinalDots(host.toLowerCase())
  return AUTH0_NAMESPACE_HOSTS.some((own) => plain === own || plain.endsWith(`.${own}`))
}

// By hand: a pattern would begin anew at each of many dots.
function withoutFinalDots(host: string): string {
  let end = host.length
  while (host[end - 1] === '.') end--
  return host.slice(0, end)
}

/**
 * Joins a namespace and a short name to the name that goes into the token: `claimName('https://acme.example', 'roles')`
 * is `https://acme.example/roles`. Does not check that the address exists: Auth0 never calls it.
 *
 * @throws ToolkitError `ERR_INPUT` when the namespace is no http(s) address, when Auth0 keeps its host for
 * itself, or when `name` is empty.
 * @see https://auth0.com/docs/secure/tokens/json-web-tokens/create-custom-claims
 */
export function claimName(namespace: string | URL, name: string): string {
  const base = String(namespace)
  const host = namespaceHost(base)
  if (host === undefined) {
    throw new ToolkitError('ERR_INPUT', `namespace "${base}" must be an http or https address`, {
      hint: 'Use an address of a domain that you control, e.g. "https://acme.example/".',
    })
  }
  if (isAuth0Host(host)) {
    throw new ToolkitError('ERR_INPUT', `namespace must not be under "${host}": Auth0 drops its claims`, {
      hint: 'Use an address of a domain that you control, e.g. "https://acme.example/".',
    })
  }
  if (name === '') {
    throw new ToolkitError('ERR_INPUT', 'claim name must not be empty', { hint: 'E.g. "roles".' })
  }
  return /[/#:?=]$/.test(base) ? base + name : `${base}/${name}`
}
