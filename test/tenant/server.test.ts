import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { loopbackCertificate } from '../../lib/tenant/certificate.ts'
import { hostsOf, type Listener, type ListenOptions, listen } from '../../lib/tenant/server.ts'
import { startAcme } from './acme.ts'

const QUICK = { headersTimeout: 300, requestTimeout: 600, keepAliveTimeout: 300, handshakeTimeout: 300 }

const started: Listener[] = []
afterEach(async () => {
  await Promise.all(started.splice(0).map((listener) => listener.stop()))
})

/** Answers with the body that came. Closes what is slow sooner than a tenant does. */
async function quick(options: ListenOptions = {}): Promise<Listener> {
  const listener = await listen(async (request) => new Response(await request.text()), {
    timeouts: { ...QUICK, connectionsCheckingInterval: 50 },
    ...options,
  })
  started.push(listener)
  return listener
}

/** Sends one piece after another, `pause` milliseconds apart; answers what came back, and when it was over. */
function trickle(
  port: number,
  pieces: Iterable<string>,
  pause: number,
): Promise<{ text: string; milliseconds: number }> {
  return new Promise((resolve) => {
    const begun = performance.now()
    let text = ''
    const rest = pieces[Symbol.iterator]()
    const socket = connect(port, '127.0.0.1')
    const timer = setInterval(() => {
      const { done, value } = rest.next()
      if (done !== true) socket.write(value)
    }, pause)
    socket.on('data', (data) => {
      text += data
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      clearInterval(timer)
      resolve({ text, milliseconds: performance.now() - begun })
    })
  })
}

const head = (port: number, more = '') => `POST / HTTP/1.1\r\nHost: localhost:${port}\r\n${more}\r\n`

describe('a client that is slow', () => {
  it('with its headers loses the connection', async () => {
    const { port } = await quick()
    const { text, milliseconds } = await trickle(port, head(port, 'X-Slow: yes\r\n'), 30)
    expect(text).toMatch(/^HTTP\/1\.1 408 /)
    expect(milliseconds).toBeLessThan(1500)
  })

  it('with its body loses the connection', async () => {
    const { port } = await quick()
    const pieces = [head(port, 'Content-Length: 1000\r\n'), ...'x'.repeat(1000)]
    const { text, milliseconds } = await trickle(port, pieces, 20)
    expect(text).toMatch(/^(HTTP\/1\.1 408 |$)/)
    expect(milliseconds).toBeLessThan(2000)
  })

  it('and says nothing, or nothing more, loses the connection', async () => {
    const { port } = await quick()
    const [silent, idle] = await Promise.all([
      trickle(port, [], 1000),
      trickle(port, [head(port, 'Content-Length: 2\r\n'), 'hi'], 1),
    ])
    expect(silent.milliseconds).toBeLessThan(1500)
    expect(idle.text).toMatch(/^HTTP\/1\.1 200 [\s\S]*hi$/)
    expect(idle.milliseconds).toBeLessThan(3000)
  })

  it('with its handshake loses the connection', async () => {
    const { port } = await quick({ tls: await loopbackCertificate(new Date()) })
    const { milliseconds } = await trickle(port, [], 1000)
    expect(milliseconds).toBeLessThan(1500)
  })

  it('is no hindrance to the others', async () => {
    const { port, origin } = await quick()
    const slow = Array.from({ length: 50 }, () => trickle(port, head(port), 1000))
    const begun = performance.now()
    expect(await (await fetch(origin, { method: 'POST', body: 'quick' })).text()).toBe('quick')
    expect(performance.now() - begun).toBeLessThan(QUICK.headersTimeout)
    await Promise.all(slow)
  })

  it('is given the time that a slow network needs', async () => {
    const { port } = await quick()
    const request = head(port, 'Content-Length: 8\r\nConnection: close\r\n')
    const { text } = await trickle(port, [request, ...'slow but'], 20)
    expect(text).toMatch(/^HTTP\/1\.1 200 [\s\S]*slow but$/)
  })
})

describe('a request', () => {
  const first = (text: string) => text.split('\r\n')[0]

  it.each([
    [
      'an address of another site as its target',
      'GET http://evil.example/.well-known/openid-configuration',
      400,
    ],
    ['its own address with another scheme', 'GET https://localhost/.well-known/openid-configuration', 400],
    ['no path', 'OPTIONS *', 400],
    ['a path that looks like a site', 'GET //evil.example/.well-known/openid-configuration', 404],
    ['a zero byte', 'GET /authorize?state=\0', 400],
  ])('with %s is refused, and names no issuer (RFC 9112 section 3.2)', async (_, line, status) => {
    const tenant = await startAcme()
    const port = Number(new URL(tenant.url).port)
    const sent = `${line} HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: close\r\n\r\n`
    const { text } = await trickle(port, [sent], 1)
    expect(first(text)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(text).not.toContain('issuer')
    expect(tenant.log.filter(({ type }) => type === 'fapi')).toEqual([])
  })

  it.each([
    ['a length that is none', 'Content-Length: -5'],
    ['two lengths', 'Content-Length: 5\r\nContent-Length: 6'],
    ['a length and pieces', 'Content-Length: 5\r\nTransfer-Encoding: chunked'],
  ])('with %s is refused (RFC 9112 section 6.3)', async (_, headers) => {
    const { port } = await quick()
    const { text } = await trickle(port, [head(port, `${headers}\r\n`)], 1)
    expect(first(text)).toMatch(/^HTTP\/1\.1 400 /)
  })

  it('that is refused before its body was read ends the connection and says so; others keep it', async () => {
    const tenant = await startAcme()
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const statuses: unknown[] = []
    const ask = (path: string, body = '') =>
      new Promise<void>((resolve) => {
        const headers = { 'content-type': 'application/x-www-form-urlencoded' }
        request(
          `${tenant.url}${path}`,
          { agent, headers, method: body === '' ? 'GET' : 'POST' },
          (response) => {
            statuses.push([response.statusCode, response.headers.connection])
            response.resume().on('end', resolve)
          },
        )
          .on('error', (error) => {
            statuses.push(error.message)
            resolve()
          })
          .end(body)
      })
    await ask('/.well-known/jwks.json')
    await ask('/oauth/token', 'grant_type=x')
    await ask('/oauth/token', `code=${'x'.repeat(2_000_000)}`)
    await ask('/.well-known/jwks.json')
    agent.destroy()
    expect(statuses).toEqual([
      [200, 'keep-alive'],
      [400, 'keep-alive'],
      [413, 'close'],
      [200, 'keep-alive'],
    ])
  })

  it('calls this machine by its loopback names, without a port only at the port of the scheme', () => {
    expect([...hostsOf(80, false)]).toContain('localhost')
    expect([...hostsOf(443, true)]).toContain('[::1]')
    expect([...hostsOf(80, true), ...hostsOf(443, false), ...hostsOf(4000, false)]).not.toContain('localhost')
  })
})
