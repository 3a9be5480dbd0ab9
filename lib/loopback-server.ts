import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ToolkitError } from './errors.ts'

/** So many free ports of the one address may be taken at the other. */
const ATTEMPTS = 20

export interface LoopbackServer {
  port: number
  /** Ends all connections. */
  close(): Promise<void>
}

/**
 * Listens where a loopback name leads, with one server of `create` for each address. `localhost` is both addresses,
 * and ::1 first on many machines: whoever had the port at the other one would get passwords and codes. Machines
 * without IPv6 have the one address only. `port` 0 is a free one; `hint` says what to do when the port is taken.
 *
 * @throws {ToolkitError} `ERR_ENVIRONMENT`
 */
export async function listenAtLoopback(
  create: () => Server,
  { hostname, port: wanted, hint }: { hostname: string; port: number; hint: string },
): Promise<LoopbackServer> {
  for (let attempt = 1; ; attempt++) {
    const first = create()
    await bind(first, hostname === '[::1]' ? '::1' : '127.0.0.1', wanted, hint)
    const { port } = first.address() as AddressInfo
    const bound = [first]
    const close = async () => void (await Promise.all(bound.map(closed)))
    if (hostname !== 'localhost') return { port, close }
    const second = create()
    try {
      await bind(second, '::1', port, hint)
      bound.push(second)
      return { port, close }
    } catch (error) {
      const { code } = ((error as ToolkitError).cause ?? {}) as NodeJS.ErrnoException
      if (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT') return { port, close }
      await close()
      if (wanted !== 0 || code !== 'EADDRINUSE' || attempt === ATTEMPTS) throw error
    }
  }
}

async function bind(server: Server, host: string, port: number, hint: string): Promise<void> {
  server.listen({ host, port, exclusive: true })
  try {
    await once(server, 'listening')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const why = code === 'EADDRINUSE' ? 'is in use' : code === 'EACCES' ? 'is not allowed' : 'cannot be used'
    throw new ToolkitError('ERR_ENVIRONMENT', `port ${port} on ${host} ${why}`, { hint, cause })
  }
}

async function closed(server: Server): Promise<void> {
  const end = new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
  server.closeAllConnections()
  await end
}
