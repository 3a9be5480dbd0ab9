import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { RawAnswer, RawRequest } from './attack.ts'

/**
 * Sends a request exactly as it is written, which an HTTP client would not: hosts, targets and headers that are none.
 * Reads no more than the status.
 *
 * @returns `not-sent` for what would end the header that it stands in.
 */
export function rawRequest(request: RawRequest): Promise<RawAnswer> {
  const { url, method, target, hosts, headers, body, timeoutMilliseconds } = request
  const { protocol, hostname, port } = new URL(url)
  const lines = [
    `${method} ${target} HTTP/1.1`,
    ...hosts.map((host) => `host: ${host}`),
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(body === undefined
      ? []
      : ['content-type: application/x-www-form-urlencoded', `content-length: ${Buffer.byteLength(body)}`]),
    'connection: close',
  ]
  if (lines.some((line) => /[^\t\x20-\xff]/.test(line))) return Promise.resolve('not-sent')
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  const socket: Socket =
    protocol === 'https:'
      ? connectTls({
          host,
          port: Number(port || 443),
          ...(/^[\d.:]+$/.test(host) ? {} : { servername: host }),
        })
      : connect({ host, port: Number(port || 80) })
  return new Promise((resolve) => {
    let text = ''
    const timer = setTimeout(() => finish('late'), timeoutMilliseconds)
    const finish = (answer: RawAnswer) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(answer)
    }
    socket.setEncoding('latin1')
    socket.on('error', () => finish('closed'))
    socket.on('close', () => finish('closed'))
    socket.on('data', (chunk: string) => {
      text += chunk
      const status = /^HTTP\/1\.\d (\d{3})/.exec(text)?.[1]
      // Not the interim ones: an API may say that it goes on.
      if (status !== undefined && status >= '200') finish(Number(status))
      else if (text.length > 65_536) finish('closed')
    })
    socket.write(Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body ?? ''}`, 'latin1'))
  })
}
