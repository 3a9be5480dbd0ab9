import { createServer, type RequestListener } from 'node:http'
import { connect } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import makeExpress, { type RequestHandler } from 'express'
import makeFastify from 'fastify'
import { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as express from '../../lib/verify/express.ts'
import * as fastify from '../../lib/verify/fastify.ts'
import * as hono from '../../lib/verify/hono.ts'
import { createVerifier } from '../../lib/verify/node.ts'
import { isForAddress } from '../../lib/verify/request-address.ts'
import type { DpopOptions } from '../../lib/verify/types.ts'
import { jkt, proofFor } from './proof-kit.ts'
import { options, token } from './token-kit.ts'

/** A server on loopback whose every path is behind the check, below `/api` too. */
interface Server {
  port: number
  stop(): Promise<void>
}

async function served(handle: RequestListener): Promise<Server> {
  const server = createServer({ requireHostHeader: false }, handle)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as { port: number }).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const verifierWith = (dpop: boolean | DpopOptions) => createVerifier({ ...options, dpop })

function expressServer(dpop: boolean | DpopOptions, trust = false): Promise<Server> {
  const app = makeExpress()
  app.set('trust proxy', trust)
  const guard = express.requireAuth(verifierWith(dpop)) as RequestHandler
  const answer: RequestHandler = (_request, response) => {
    response.end('in')
  }
  const router = makeExpress.Router()
  router.use(guard, answer)
  app.use('/api', router)
  app.use(guard, answer)
  return served(app)
}

async function fastifyServer(dpop: boolean | DpopOptions, trust = false): Promise<Server> {
  const app = makeFastify({ trustProxy: trust, http: { requireHostHeader: false } } as never)
  app.decorateRequest('auth', null)
  app.all('/*', { preHandler: fastify.requireAuth(verifierWith(dpop)) }, async () => 'in')
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  return { port: Number(new URL(url).port), stop: () => app.close() }
}

function honoServer(dpop: boolean | DpopOptions): Promise<Server> {
  const app = new Hono()
  app.all('/*', hono.requireAuth(verifierWith(dpop)), (c) => c.text('in'))
  return served(getRequestListener(app.fetch))
}

function webServer(dpop: boolean | DpopOptions): Promise<Server> {
  return served(getRequestListener(hono.withAuth(verifierWith(dpop), () => new Response('in'))))
}

function nodeServer(dpop: boolean | DpopOptions): Promise<Server> {
  const verifier = verifierWith(dpop)
  return served((request, response) => {
    verifier.verify(request as never).then(
      () => response.end('in'),
      (error) => {
        response.statusCode = error.status ?? 500
        response.end(error.code)
      },
    )
  })
}

/** The status of the answer to exactly this text; 0 when the connection was closed. */
function exchange(port: number, lines: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let text = ''
    socket.setEncoding('latin1')
    socket.on('error', reject)
    socket.on('data', (chunk: string) => {
      text += chunk
    })
    socket.on('close', () => resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0)))
    socket.end(Buffer.from(`${lines.join('\r\n')}\r\nconnection: close\r\n\r\n`, 'latin1'))
  })
}

const bound = await token({ cnf: { jkt } })

async function send(
  port: number,
  {
    target = '/orders',
    host = `127.0.0.1:${port}`,
    htu,
    more = [],
  }: {
    target?: string
    host?: string | undefined
    htu: string
    more?: readonly string[]
  },
  version = '1.1',
): Promise<number> {
  return exchange(port, [
    `GET ${target} HTTP/${version}`,
    ...(host === 'none' ? [] : [`Host: ${host}`]),
    `Authorization: DPoP ${bound}`,
    `DPoP: ${await proofFor(bound, { htu })}`,
    ...more,
  ])
}

const SERVERS: [string, (dpop: boolean | DpopOptions, trust?: boolean) => Promise<Server>][] = [
  ['Express', expressServer],
  ['Fastify', fastifyServer],
  ['Hono', honoServer],
  ['web-standard requests', webServer],
]

describe.each(SERVERS)('without a base, %s', (_name, start) => {
  let server: Server
  beforeAll(async () => {
    server = await start(true)
  })
  afterAll(() => server.stop())

  test('takes a proof for the address that was asked for', async () => {
    const own = `http://127.0.0.1:${server.port}`
    expect(await send(server.port, { htu: `${own}/orders` })).toBe(200)
    expect(await send(server.port, { target: '/orders?a=http://x/#', htu: `${own}/orders` })).toBe(200)
    expect(await send(server.port, { target: '/api/orders/1?x', htu: `${own}/api/orders/1` })).toBe(200)
    expect(await send(server.port, { target: '//evil/path', htu: `${own}//evil/path` })).toBe(200)
    expect(await send(server.port, { target: '/a%2fb', htu: `${own}/a%2Fb` })).toBe(200)
    expect(await send(server.port, { target: '/%7eada', htu: `${own}/~ada` })).toBe(200)
    expect(await send(server.port, { host: 'API.example:80', htu: 'http://api.example/orders' })).toBe(200)
    expect(await send(server.port, { host: '[::1]:8080', htu: 'http://[::1]:8080/orders' })).toBe(200)
    expect(await send(server.port, { target: `${own}/orders`, htu: `${own}/orders` })).toBe(200)
  })

  test.each([
    'api.example/public?',
    'api.example/public#',
    'api.example/public',
    'api.example?',
    'api.example#',
    'api.example/',
    'api.example\\public?',
    'user@api.example',
    'user:x@api.example',
    'api.example@evil.example',
    'api.example, evil.example',
    'api.example evil.example',
    'api.example:80/public?',
    'api.example:',
    'api.example:x',
    'api.example:99999',
    'api.example:80:80',
    'api%2eexample',
    '%61pi.example',
    'api.example%2fpublic',
    'http://api.example',
    '[::1',
    '::1',
    '[::1]x',
    '[::1%25eth0]',
    '0x7f.1',
    '1.2.3.4.5',
    'api.example;x',
    "api.example'",
    'äpi.example',
    '',
  ])('refuses the host "%s", whatever it makes of the address', async (host) => {
    for (const htu of [
      'http://api.example/public',
      'http://api.example/',
      'http://evil.example/orders',
      'http://127.0.0.1/orders',
      `http://${host}/orders`,
    ]) {
      expect([0, 400], htu).toContain(await send(server.port, { host, htu }))
    }
  })

  test('refuses a second host, none, and a target of another host', async () => {
    const evil = 'http://evil.example/orders'
    const own = `http://127.0.0.1:${server.port}/orders`
    for (const htu of [evil, own]) {
      expect([0, 400]).toContain(await send(server.port, { htu, more: ['Host: evil.example'] }))
      expect([0, 400]).toContain(await send(server.port, { htu, host: 'none' }, '1.0'))
    }
    expect([0, 400]).toContain(await send(server.port, { target: evil, htu: own }))
    for (const target of [
      'http://evil.example@127.0.0.1/orders',
      'http:///orders',
      'ftp://evil.example/orders',
      '*',
      'orders',
    ]) {
      expect([0, 400, 401, 404], target).toContain(await send(server.port, { target, htu: evil }))
    }
  })

  test('looks at no header of proxies', async () => {
    for (const more of [
      ['X-Forwarded-Host: evil.example'],
      ['X-Forwarded-Proto: http://evil.example/orders?x='],
      ['Forwarded: host=evil.example;proto=http'],
      ['X-Original-URL: /public', 'X-Rewrite-URL: /public'],
      ['X-Forwarded-Prefix: /public'],
      ['X-HTTP-Method-Override: POST'],
    ]) {
      const own = `http://127.0.0.1:${server.port}/orders`
      expect(await send(server.port, { htu: 'http://evil.example/orders', more }), more[0]).toBe(401)
      expect(await send(server.port, { htu: own, more }), more[0]).toBe(200)
    }
  })

  test.each([
    ['/a/../public', '/public'],
    ['/a/%2e%2e/public', '/public'],
    ['/public/../orders', '/public'],
    ['/orders\\..\\public', '/public'],
    ['/orders/..%2fpublic', '/public'],
    ['/orders;/../public', '/public'],
    ['/orders?/../public', '/public'],
    ['/orders#/public', '/public'],
    ['/orders%3f', '/orders'],
    ['/orders%23', '/orders'],
    ['/orders/', '/orders'],
    ['/ORDERS', '/orders'],
    ['/%2forders', '/orders'],
    ['//orders', '/orders'],
    ['/./orders/.', '/orders'],
  ])('does not take the target %s for %s, unless it is routed so', async (target, path) => {
    const status = await send(server.port, { target, htu: `http://127.0.0.1:${server.port}${path}` })
    // Where the runtime resolves dot segments before it routes, the resolved path is the one that was asked for.
    const isResolved =
      ['Hono', 'web-standard requests'].includes(_name) && /^\/(?:a\/|\.|orders;)/.test(target)
    if (isResolved && new URL(target, 'http://x').pathname === path) expect(status).toBe(200)
    else expect([0, 400, 401, 404]).toContain(status)
  })
})

describe.each([...SERVERS, ['node:http', nodeServer] as (typeof SERVERS)[number]])(
  'with a base, %s',
  (_name, start) => {
    let server: Server
    beforeAll(async () => {
      server = await start({ baseUrl: 'https://api.example/v1//' })
    })
    afterAll(() => server.stop())

    test('counts path and query of the request only', async () => {
      for (const [target, path] of [
        ['/orders', '/orders'],
        ['/orders?page=2', '/orders'],
        ['//evil.example/path', '//evil.example/path'],
        ['http://evil.example/orders', '/orders'],
        ['/api/orders', '/api/orders'],
        ['/', '/'],
      ] as const) {
        expect(await send(server.port, { target, htu: `https://api.example/v1${path}` }), target).toBe(200)
        expect(
          await send(server.port, { target, htu: `http://127.0.0.1:${server.port}${path}` }),
          target,
        ).toBe(401)
      }
      expect(
        await send(server.port, { target: '//evil.example/path', htu: 'https://evil.example/path' }),
      ).toBe(401)
      expect(await send(server.port, { target: 'http://evil.example/x', htu: 'http://evil.example/x' })).toBe(
        401,
      )
    })

    test.each(['api.example/public?', 'api.example/v1/public?x=', 'evil.example', 'a@b', ''])(
      'does not look at the host "%s"',
      async (host) => {
        for (const htu of [
          'https://api.example/public',
          'https://api.example/v1/public',
          'http://api.example/public',
          'https://evil.example/orders',
          'https://api.example/v1/public?/orders',
        ]) {
          expect([0, 400, 401]).toContain(await send(server.port, { host, htu }))
        }
      },
    )

    test('looks at no header of proxies', async () => {
      for (const more of [
        ['X-Forwarded-Host: api.example/v1/public?'],
        ['X-Forwarded-Proto: https://api.example/v1/public?x='],
      ]) {
        expect(await send(server.port, { htu: 'https://api.example/v1/public', more })).toBe(401)
        expect(await send(server.port, { htu: 'https://api.example/v1/orders', more })).toBe(200)
      }
    })
  },
)

describe.each(SERVERS.slice(0, 2))('behind a proxy that is trusted, %s', (_name, start) => {
  let server: Server
  beforeAll(async () => {
    server = await start(true, true)
  })
  afterAll(() => server.stop())

  test('takes what the proxy says', async () => {
    const more = ['X-Forwarded-Proto: https', 'X-Forwarded-Host: api.example']
    expect(await send(server.port, { htu: 'https://api.example/orders', more })).toBe(200)
    const port = ['X-Forwarded-Host: api.example:8443']
    expect(await send(server.port, { htu: 'http://api.example:8443/orders', more: port })).toBe(200)
    expect(await send(server.port, { htu: `http://127.0.0.1:${server.port}/orders`, more: port })).toBe(401)
    const scheme = ['X-Forwarded-Proto: https']
    expect(await send(server.port, { htu: `https://127.0.0.1:${server.port}/orders`, more: scheme })).toBe(
      200,
    )
  })

  test.each([
    'X-Forwarded-Host: api.example/public?',
    'X-Forwarded-Host: api.example#',
    'X-Forwarded-Host: user@api.example',
    'X-Forwarded-Host: http://api.example',
    'X-Forwarded-Host: api.example:x',
    'X-Forwarded-Proto: http://api.example/public?x=',
    'X-Forwarded-Proto: https:',
    'X-Forwarded-Proto: ftp',
    'X-Forwarded-Proto: javascript',
  ])('refuses the header "%s"', async (header) => {
    for (const htu of [
      'http://api.example/public',
      'https://api.example/public',
      'http://api.example/',
      'http://api.example/orders',
      `http://127.0.0.1:${server.port}/orders`,
    ]) {
      expect(await send(server.port, { htu, more: [header] }), htu).toBe(400)
    }
  })
})

test('node:http without a base cannot tell the address, and goes on with other tokens', async () => {
  const server = await nodeServer(true)
  try {
    const own = `http://127.0.0.1:${server.port}/orders`
    expect(await send(server.port, { htu: own })).toBe(500)
    expect(await send(server.port, { target: own, htu: own })).toBe(500)
    const free = await token()
    const { port } = server
    const lines = (target: string) => [`GET ${target} HTTP/1.1`, `Host: x`, `Authorization: Bearer ${free}`]
    expect(await exchange(port, lines('/orders'))).toBe(200)
    const verifier = createVerifier({ ...options, dpop: true })
    const headers = { authorization: `DPoP ${bound}`, dpop: await proofFor(bound, { htu: own }) }
    await expect(verifier.verify({ headers, method: 'GET', url: '/orders' })).rejects.toMatchObject({
      code: 'ERR_USAGE',
      hint: expect.stringContaining('dpop.baseUrl'),
    })
    await expect(verifier.verify({ headers, url: own })).rejects.toMatchObject({ code: 'ERR_USAGE' })
  } finally {
    await server.stop()
  }
})

test.each([
  ['https://api.example', 'https://api.example/'],
  ['HTTPS://API.example:443/Orders', 'https://api.example/Orders'],
  ['http://api.example:80/a%2Fb', 'http://api.example/a%2fb'],
  ['https://api.example/%7Eada?x#y', 'https://api.example/~ada'],
  ['https://api.example/a/./b/../c', 'https://api.example/a/c'],
  ['https://api.example/a/../b', 'https://api.example/a/../b'],
  ['https://[::0001]/', 'https://[::1]/'],
])('a proof for %s is for %s', (htu, address) => {
  expect(isForAddress(htu, address)).toBe(true)
})

test.each([
  ['https://api.example/orders', 'https://api.example/a/../orders'],
  ['https://api.example/orders', 'https://api.example/%2e/orders'],
  ['https://api.example\\@evil.example/orders', 'https://api.example/@evil.example/orders'],
  ['https://api.example\\orders', 'https://api.example/orders'],
  ['https://api.example/a\\b', 'https://api.example/a/b'],
  ['https:/api.example/orders', 'https://api.example/orders'],
  ['https:api.example/orders', 'https://api.example/orders'],
  ['https:///api.example/orders', 'https://api.example/orders'],
  ['//api.example/orders', 'https://api.example/orders'],
  ['/orders', 'https://api.example/orders'],
  ['https://api.example/orders\n', 'https://api.example/orders'],
  [' https://api.example/orders', 'https://api.example/orders'],
  ['https://api.example/or\tders', 'https://api.example/orders'],
  ['https://u@api.example/orders', 'https://api.example/orders'],
  ['https://api.example:444/orders', 'https://api.example/orders'],
  ['http://api.example/orders', 'https://api.example/orders'],
  ['https://api.example./orders', 'https://api.example/orders'],
  ['https://api%2eexample/orders', 'https://api.example/orders'],
  ['https://ａpi.example/orders', 'https://api.example/orders'],
  ['', ''],
])('a proof for "%s" is not for %s', (htu, address) => {
  expect(isForAddress(htu, address)).toBe(false)
})
