import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { logIn } from '../../lib/oauth/index.ts'

const CALLBACK = 'http://localhost:1/callback'
const USER = { username: 'ada@acme.example', password: 'hunter2-hunter2' }

/** What arrived at either server: address, cookies, body. */
let arrived: { server: string; text: string }[]
let page: (
  server: string,
  request: IncomingMessage,
) => { status?: number; headers?: Record<string, string>; body?: string }
const addresses: Record<'tenant' | 'other', string> = { tenant: '', other: '' }

const servers = (['tenant', 'other'] as const).map((name) => ({
  name,
  server: createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      arrived.push({
        server: name,
        text: `${request.method} ${request.url} ${request.headers.cookie ?? ''} ${body}`,
      })
      const answer = page(name, request)
      response.writeHead(answer.status ?? 200, { 'content-type': 'text/html', ...answer.headers })
      response.end(answer.body)
    })
  }),
}))

beforeAll(async () => {
  for (const { name, server } of servers) {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    addresses[name] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }
})
afterAll(() => {
  for (const { server } of servers) server.close()
})
beforeEach(() => {
  arrived = []
})

const form = (attributes: string, more = '') =>
  `<title>Log in</title>${more}<form ${attributes}><input name="username"><input type="PASSWORD" name="password"><button name="action" value="default">Go</button></form>`

it.each<[string, () => string]>([
  ['another port', () => form(`method="post" action="${addresses.other}/take"`)],
  [
    'another host',
    () => form(`method="post" action="${addresses.tenant.replace('127.0.0.1', 'localhost')}/take"`),
  ],
  [
    'another scheme',
    () => form(`method="post" action="${addresses.tenant.replace('http:', 'https:')}/take"`),
  ],
  ['an address without a scheme', () => form(`method="post" action="${addresses.other.slice(5)}/take"`)],
  ['a base of another site', () => form('method="post" action="take"', `<base href="${addresses.other}/">`)],
  [
    'a button of its own',
    () =>
      form('method="post" action="/u"').replace('<button', `<button formaction="${addresses.other}/take"`),
  ],
  ['an address, by GET', () => form('method="get" action="/u"')],
  ['an address, by its default', () => form('action="/u"')],
  [
    'an address, by a button',
    () => form('method="post" action="/u"').replace('<button', '<button formmethod="get"'),
  ],
  ['a script', () => form('method="post" action="javascript:take()"')],
  ['data', () => form('method="post" action="data:text/html,x"')],
])('types no password into a form that takes it to %s', async (_, html) => {
  page = () => ({ body: html() })
  const error = await logIn(`${addresses.tenant}/authorize`, CALLBACK, USER).catch((fault: unknown) => fault)
  expect(error).toMatchObject({ code: 'ERR_OAUTH', error: 'unsafe_form' })
  expect(`${(error as Error).stack}${JSON.stringify(error)}`).not.toContain('hunter2')
  expect(arrived).toEqual([{ server: 'tenant', text: 'GET /authorize  ' }])
})

it('types nothing into the page of another site that the tenant redirects to', async () => {
  page = (server) =>
    server === 'tenant'
      ? { status: 302, headers: { location: `${addresses.other}/login` } }
      : { body: form(`method="post" action="${addresses.tenant}/u/login"`) }
  await expect(logIn(`${addresses.tenant}/authorize`, CALLBACK, USER)).rejects.toMatchObject({
    error: 'unsafe_form',
    message: expect.stringContaining(`the page is at ${addresses.other}`),
  })
  expect(JSON.stringify(arrived)).not.toMatch(/hunter2|ada/)
})

it('sends the password on to nobody when the answer to it redirects, whatever its status', async () => {
  page = (server, { url, method }) => {
    if (server === 'other') return { status: 302, headers: { location: `${CALLBACK}?code=c` } }
    if (method === 'POST') return { status: 307, headers: { location: `${addresses.other}/take` } }
    return { body: url === '/authorize' ? form('method="post" action="/u/login"') : '' }
  }
  const { callback } = await logIn(`${addresses.tenant}/authorize`, CALLBACK, USER)
  expect(callback.searchParams.get('code')).toBe('c')
  expect(arrived.filter(({ server }) => server === 'other').map(({ text }) => text)).toEqual(['GET /take  '])
})

it('keeps the cookies of each origin for it, though hosts are equal', async () => {
  page = (server, { url }) => {
    const headers = { 'set-cookie': `${server}=secret; Path=/` }
    if (server === 'other')
      return { status: 302, headers: { ...headers, location: `${addresses.tenant}/back` } }
    const location = url === '/back' ? `${CALLBACK}?code=c` : `${addresses.other}/login`
    return { status: 302, headers: { ...headers, location } }
  }
  await logIn(`${addresses.tenant}/authorize`, CALLBACK, USER)
  expect(arrived.map(({ text }) => text.trim())).toEqual([
    'GET /authorize',
    'GET /login',
    'GET /back tenant=secret',
  ])
})

it('goes through a form of another site that asks for nothing', async () => {
  page = (server, { url }) => {
    if (server === 'other')
      return {
        body: `<form method="post" action="${addresses.tenant}/continue"><input type="hidden" name="state" value="s"></form>`,
      }
    return {
      status: 302,
      headers: { location: url === '/continue' ? `${CALLBACK}?code=c` : `${addresses.other}/form` },
    }
  }
  await logIn(`${addresses.tenant}/authorize`, CALLBACK, USER)
  expect(arrived.at(-1)).toEqual({ server: 'tenant', text: 'POST /continue  state=s' })
})

it('does not repeat a password that the page shows', async () => {
  page = (_, { method }) => ({
    body:
      method === 'POST'
        ? `<p role="alert">Wrong: ${USER.password}</p>`
        : form('method="post" action="/u/login"'),
  })
  await expect(logIn(`${addresses.tenant}/authorize`, CALLBACK, USER)).rejects.toMatchObject({
    message: 'Wrong: ***',
  })
})
