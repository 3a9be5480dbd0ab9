import { LOOPBACK_NAMES } from '../loopback.ts'

/** Whether a domain, with or without a port, is one that a local tenant listens at. Credentials are sent there. */
export function isLoopbackDomain(domain: string): boolean {
  try {
    const { hostname, pathname, username } = new URL(`https://${domain}`)
    return username === '' && pathname === '/' && LOOPBACK_NAMES.includes(hostname)
  } catch {
    return false
  }
}
