/** Whether a domain, with or without a port, can only be this machine. */
export function isLoopbackDomain(domain: string): boolean {
  try {
    const { hostname, pathname, username } = new URL(`https://${domain}`)
    return username === '' && pathname === '/' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
  } catch {
    return false
  }
}
