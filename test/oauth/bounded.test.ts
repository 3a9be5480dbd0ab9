import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { discover, exchangeCode, logIn, readCallback } from '../../lib/oauth/index.ts'

/** A tenant that wants to keep its client busy. */

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const CALLBACK = 'http://localhost:5173/callback'
const USER = { username: 'ada', password: 'pw' }
const code = (issuer: string) => exchangeCode({ issuer, client_id: 'x', code: 'y' })

describe('an answer', () => {
  it.each<[title: string, ask: (issuer: string) => Promise<unknown>]>([
    ['discovery', (issuer) => discover(issuer)],
    ['the token endpoint', code],
    ['a page', (issuer) => logIn(`${issuer}/authorize`, CALLBACK, USER)],
  ])('of %s that never ends is read to the limit, and given up', async (_, ask) => {
    let sent = 0
    const closed = vi.fn()
    const issuer = await serve((request, response) => {
      const chunk = Buffer.alloc(65_536, 'x')
      const more = () => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length
      }
      response.on('drain', more)
      request.on('close', closed)
      response.on('close', closed)
      more()
    })
    await expect(ask(issuer)).rejects.toMatchObject({
      code: 'ERR_OAUTH',
      error: 'invalid_response',
      message: 'the answer has more than 1000000 bytes',
    })
    await vi.waitFor(() => expect(closed).toHaveBeenCalled(), 60_000)
    expect(sent).toBeLessThan(50_000_000)
  })

  it('that does not come, or not to its end, is waited for half a minute', async () => {
    const timeout = vi.spyOn(AbortSignal, 'timeout')
    onTestFinished(() => timeout.mockRestore())
    const { AbortSignal: Signal } = globalThis
    timeout.mockImplementation((milliseconds) => {
      expect(milliseconds).toBe(30_000)
      const controller = new AbortController()
      setTimeout(() => controller.abort(), 100).unref()
      expect(controller.signal).toBeInstanceOf(Signal)
      return controller.signal
    })
    const silent = await serve(() => {})
    const slow = await serve((_, response) => {
      response.write('{')
    })
    for (const issuer of [silent, slow]) {
      for (const ask of [discover(issuer), code(issuer), logIn(issuer, CALLBACK, USER)]) {
        await expect(ask).rejects.toMatchObject({
          code: 'ERR_ENVIRONMENT',
          message: `"${issuer}" did not answer within 30 seconds`,
        })
      }
    }
  })

  it('says no more than five hundred characters in an error', async () => {
    const long = 'x'.repeat(100_000)
    const issuer = await serve((_, response) => {
      response.statusCode = 400
      response.end(JSON.stringify({ error: long, error_description: long }))
    })
    const error = await code(issuer).catch((reason: Error) => reason)
    expect((error as Error).message.length).toBeLessThan(1100)
    expect(() => readCallback(`${CALLBACK}?error=${long}&error_description=${long}`)).toThrow(
      /^.{1000,1100}$/,
    )
  })
})

describe('a page', () => {
  it.each([
    ['elements in each other', '<div>'],
    ['comments without an end', '<!--'],
    ['inputs', '<input name=x>'],
  ])('of thousands of %s is not read', async (_, tag) => {
    const issuer = await serve((_, response) => {
      response.end(`<form>${tag.repeat(60_000)}`)
    })
    const begun = performance.now()
    await expect(logIn(issuer, CALLBACK, USER)).rejects.toMatchObject({
      error: 'invalid_response',
      message: 'the answer has more than 5000 elements',
    })
    // Sixty thousand nested elements took a minute.
    expect(performance.now() - begun).toBeLessThan(3000)
  })

  it.each([
    ['what is no address', 'http://'],
    ['a file', 'file:///etc/passwd'],
    ['a script', 'javascript:alert(1)'],
  ])('that sends on to %s ends the login with a sentence', async (_, location) => {
    const issuer = await serve((_, response) => {
      response.writeHead(302, { location }).end()
    })
    await expect(logIn(issuer, CALLBACK, USER)).rejects.toMatchObject({
      code: 'ERR_OAUTH',
      error: 'invalid_response',
    })
  })
})
