/** The names that we listen at, as `URL` writes them. Their certificate has no others. */
export const LOOPBACK_NAMES: readonly string[] = ['localhost', '127.0.0.1', '[::1]']

/**
 * Whether a host name, as `URL` writes it, is this machine: one of {@link LOOPBACK_NAMES}, any other address of 127/8,
 * or a name under `localhost`, which no other machine may have (RFC 6761, 6.3). Looks nothing up.
 */
export function isLoopback(hostname: string): boolean {
  return (
    LOOPBACK_NAMES.includes(hostname) ||
    /^(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*\.localhost|127(?:\.\d{1,3}){3})$/.test(hostname)
  )
}
