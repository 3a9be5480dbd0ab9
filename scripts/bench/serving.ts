import { Agent, createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import express, { type RequestHandler } from 'express'
import { auth } from 'express-oauth2-jwt-bearer'
import { requireAuth } from '../../lib/verify/express.ts'
import { createVerifier } from '../../lib/verify/node.ts'
import { type Figure, figuresOf, timesOf } from './side-by-side.ts'
import { AUDIENCE, ISSUER, tokenSet, withJwks } from './verifying.ts'

const AT_ONCE = 16

/**
 * CPU that the check of an RS256 token adds to a whole request to an Express app: that of the same app without a
 * check is taken off. Client and server are this process, so that the client's part falls out too.
 */
export async function servingExpress(): Promise<Figure[]> {
  const { jwks, nextNew, options } = await tokenSet('RS256')
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE })
  return withJwks(jwks, async (jwksUri) => {
    const theirs = auth({ issuer: ISSUER, audience: AUDIENCE, jwksUri, tokenSigningAlg: 'RS256' })
    const apps = await Promise.all([
      served('no check', agent, nextNew),
      served('express-oauth2-jwt-bearer', agent, nextNew, theirs),
      served('auth0-claims/verify/express', agent, nextNew, requireAuth(createVerifier(options))),
    ])
    try {
      const times = await timesOf(apps, { clock: 'cpu', slice: 500, rounds: 9 })
      const bare = times.get('no check')!
      times.delete('no check')
      return figuresOf(
        new Map([...times].map(([name, own]) => [name, own.map((time, i) => time - bare[i]!)])),
      )
    } finally {
      for (const { stop } of apps) stop()
      agent.destroy()
    }
  })
}

async function served(name: string, agent: Agent, token: () => string, check?: RequestHandler) {
  const app = express()
  app.get('/', ...(check === undefined ? [] : [check]), (_request, response) => {
    response.json({ ok: true })
  })
  const server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const ask = () =>
    new Promise<void>((resolve, reject) => {
      const headers = { authorization: `Bearer ${token()}` }
      const done = (answer: IncomingMessage) => {
        if (answer.statusCode !== 200) reject(new Error(`${name} answered ${answer.statusCode}`))
        answer.resume().once('end', resolve)
      }
      httpRequest({ host: '127.0.0.1', port, agent, headers }, done).once('error', reject).end()
    })
  return {
    name,
    operations: AT_ONCE,
    run: () => Promise.all(Array.from({ length: AT_ONCE }, ask)),
    stop: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
