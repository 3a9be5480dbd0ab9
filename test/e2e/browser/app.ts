import { createServer, type RequestListener } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { build } from 'esbuild'
import type { BrowserContext, Page } from 'playwright-core'
import { onTestFinished } from 'vitest'
import type { Tenant } from '../../../lib/tenant/index.ts'
import { ORDERS, SCOPE } from '../../tenant/acme.ts'

/** The page with the unmodified SDK in it. */
const bundle = build({
  entryPoints: [join(import.meta.dirname, 'app/page.js')],
  bundle: true,
  format: 'iife',
  write: false,
  logLevel: 'silent',
}).then(({ outputFiles }) => outputFiles[0]!.text)

export interface AppOptions {
  /** Merged into the SDK's options. */
  client?: Record<string, unknown>
  /** Merged into its `authorizationParams`. */
  parameters?: Record<string, unknown>
  /** What the app's address calls this machine. @defaultValue `localhost`, as the tenant does */
  host?: 'localhost' | '127.0.0.1'
  tls?: { key: string; cert: string }
}

/** Serves on loopback until the test is over; answers the port. */
export async function serve(listener: RequestListener, tls?: AppOptions['tls']): Promise<number> {
  const server = tls === undefined ? createServer(listener) : createSecureServer(tls, listener)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** Starts a single-page app, and registers it as the tenant's "shop". Answers its origin. */
export async function startApp(tenant: Tenant, options: AppOptions = {}): Promise<string> {
  const script = await bundle
  let configuration = {}
  const port = await serve((request, response) => {
    const isScript = request.url === '/app.js'
    response.writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html; charset=utf-8' })
    response.end(isScript ? script : page(configuration))
  }, options.tls)
  const scheme = options.tls === undefined ? 'http' : 'https'
  const origin = `${scheme}://${options.host ?? 'localhost'}:${port}`
  configuration = {
    domain: tenant.url,
    clientId: 'shop',
    ...options.client,
    authorizationParams: { redirect_uri: origin, audience: ORDERS, scope: SCOPE, ...options.parameters },
  }
  Object.assign(tenant.state.clients.get('shop')!, {
    callbacks: [origin],
    allowed_logout_urls: [origin],
    web_origins: [origin],
  })
  return origin
}

function page(configuration: object): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Shop</title></head><body>
<button id="login">Log in</button><button id="popup">Pop up</button>
<button id="silent">Renew</button><button id="logout">Log out</button>
<p id="user"></p><p id="state"></p><p id="error"></p>
<script>globalThis.CONFIGURATION = ${JSON.stringify(configuration)}</script>
<script src="/app.js"></script></body></html>
`
}

/** A tab with the app in it. */
export async function openApp(context: BrowserContext, origin: string): Promise<Page> {
  const tab = await context.newPage()
  await tab.goto(origin)
  await ready(tab)
  return tab
}

/** Until the app has done what it does when it starts. */
export async function ready(tab: Page): Promise<void> {
  await tab.locator('body[data-ready=yes]').waitFor()
}

/** Types a user's name and password into the tenant's page. */
export async function typePassword(
  tab: Page,
  { username, password }: { username: string; password: string },
): Promise<void> {
  await tab.getByLabel('Email address or user name').fill(username)
  await tab.getByLabel('Password').fill(password)
  await tab.getByRole('button', { name: 'Continue' }).click()
}

/** Logs in with the redirect, from the app and back to it. */
export async function logInByRedirect(tab: Page, user: Parameters<typeof typePassword>[1]): Promise<void> {
  await tab.getByRole('button', { name: 'Log in' }).click()
  await typePassword(tab, user)
  await ready(tab)
}

/** What the app shows: the profile, or `undefined` for nobody. */
export async function userOf(tab: Page): Promise<Record<string, unknown> | undefined> {
  const text = await tab.locator('#user').textContent()
  return text === 'nobody' || !text ? undefined : JSON.parse(text)
}

/** Calls a method of the SDK in the page; an error is answered as the object it is. */
export async function callSdk<T = unknown>(tab: Page, method: string, ...args: unknown[]): Promise<T> {
  return tab.evaluate(
    async ([name, values]) => {
      const { client } = globalThis as unknown as {
        client: Record<string, (...args: unknown[]) => Promise<unknown>>
      }
      try {
        return await client[name]!(...values)
      } catch (error) {
        const { error: code, error_description, message } = error as Record<string, unknown>
        return { error: code, error_description: error_description ?? message }
      }
    },
    [method, args] as const,
  ) as Promise<T>
}
