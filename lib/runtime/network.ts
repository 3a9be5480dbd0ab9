import net from 'node:net'
import type { MockResponse, Network } from './messages.ts'

/** In the child process: refuses or answers what Actions send out. */
export function guardNetwork(network: Network): void {
  if (network === 'allow') return
  const answers = network === 'refuse' ? [] : [...network.responses]
  globalThis.fetch = async (input, init) => {
    const request = new Request(input, init)
    const index = answers.findIndex(({ url }) => url === undefined || request.url.startsWith(url))
    if (index === -1) throw refused(`${request.method} ${new URL(request.url).origin}`)
    return responseOf(answers.splice(index, 1)[0]!)
  }
  net.Socket.prototype.connect = function connect(this: net.Socket, ...args: unknown[]): net.Socket {
    this.destroy(refused(`a connection to ${hostOf(args)}`))
    return this
  } as typeof net.Socket.prototype.connect
}

function refused(what: string): Error {
  return Object.assign(
    new Error(`The network is refused in this run: ${what}. Allow it, or give the responses to use.`),
    { code: 'ERR_NETWORK_REFUSED' },
  )
}

function responseOf({ status = 200, headers = {}, body }: MockResponse): Response {
  if (body === undefined || typeof body === 'string') return new Response(body ?? null, { status, headers })
  return Response.json(body, { status, headers })
}

function hostOf(args: unknown[]): string {
  const first = Array.isArray(args[0]) ? args[0][0] : args[0]
  if (typeof first === 'object' && first !== null) {
    const { host, path, port } = first as { host?: string; path?: string; port?: number }
    return path ?? `${host ?? 'localhost'}:${port ?? ''}`
  }
  return String(first)
}
