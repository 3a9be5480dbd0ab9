import { type HTMLElement, parse } from 'node-html-parser'
import { CookieJar } from 'tough-cookie'
import { type Answer, assertReadable, send, shortened } from './bounded.ts'
import type { Fetch } from './endpoints.ts'
import { OAuthClientError } from './errors.ts'

/** One request of the headless browser and what came of it. */
export interface UserAgentStep {
  method: string
  /** Without the query, which carries state and codes. */
  url: string
  status: number
  /** Where a redirect went, without its query. */
  location?: string
  /** Title of the page that was shown. */
  title?: string
}

export interface UserAgentOptions {
  username: string
  password: string
  /** Name of the organization to choose when the tenant asks. */
  organization?: string
  /** Whether to accept a consent page. @defaultValue true */
  consent?: boolean
  /** Cookies of the tenant: keep it to log in again with the session (SSO). @defaultValue a fresh one */
  jar?: CookieJar
  fetch?: Fetch
}

export interface UserAgentResult {
  /** The callback with its parameters; nothing was requested there. */
  callback: URL
  steps: UserAgentStep[]
  jar: CookieJar
}

const MAX_STEPS = 25

interface PageForm {
  action: URL
  method: string
  fields: URLSearchParams
  /** Whether something of the user was typed in. */
  typed: boolean
}

/**
 * Goes through a login as a browser does, without one: follows redirects, keeps cookies, fills and submits the
 * forms it is shown, and stops at the callback. Runs no JavaScript. For tests and demos: a person's password
 * belongs into a browser.
 *
 * What is typed goes only to the origin of `start`: scheme, host and port. So do the cookies of that origin; those of
 * others stay with theirs, and are forgotten.
 *
 * @throws {OAuthClientError} `ERR_OAUTH` with what the page says: a wrong password, an error page, a page without
 * a form it can fill; `unsafe_form` for one that would take the user's name or password elsewhere, or into an address.
 */
export async function logIn(
  start: URL | string,
  redirectUri: string,
  options: UserAgentOptions,
): Promise<UserAgentResult> {
  const jar = options.jar ?? newJar()
  const { origin } = new URL(start)
  // Cookies do not tell ports apart, nor always schemes: each origin has a jar of its own.
  const jars = new Map([[origin, jar]])
  const jarOf = (url: URL): CookieJar => {
    const known = jars.get(url.origin) ?? newJar()
    jars.set(url.origin, known)
    return known
  }
  const quiet = (text: string | undefined) =>
    text === undefined ? undefined : shortened(text.replaceAll(options.password || '\0', '***'))
  const steps: UserAgentStep[] = []
  let next: { url: URL; method: string; body?: URLSearchParams } = { url: new URL(start), method: 'GET' }
  let passwordSent = false

  while (steps.length < MAX_STEPS) {
    if (isCallback(next.url, redirectUri)) return { callback: withBody(next), steps, jar }
    if (!/^https?:$/.test(next.url.protocol)) {
      throw new OAuthClientError(
        'the tenant sends on to an address that is neither the callback nor of the web',
        {
          error: 'invalid_response',
        },
      )
    }
    const response = await request(jarOf(next.url), next, options.fetch)
    const step: UserAgentStep = {
      method: next.method,
      url: bare(next.url),
      status: response.status,
    }
    steps.push(step)

    const location = response.headers.get('location')
    if (response.status >= 300 && response.status < 400 && location !== null) {
      if (!URL.canParse(location, next.url.href)) {
        throw new OAuthClientError('the tenant sends on to what is no address', { error: 'invalid_response' })
      }
      const url = new URL(location, next.url)
      step.location = bare(url)
      next = { url, method: 'GET' }
      continue
    }

    assertReadable(response.text)
    const page = parse(response.text)
    const title = quiet(page.querySelector('title')?.text.trim())
    if (title !== undefined) step.title = title
    const alert = quiet(page.querySelector('[role=alert]')?.text.trim())
    const form = page.querySelector('form')
    if (form === null || (alert !== undefined && alert !== '')) {
      throw new OAuthClientError(alert || `the page "${title ?? ''}" has no form`, {
        error: passwordSent ? 'access_denied' : 'invalid_request',
        status: response.status,
        ...(alert !== undefined && { error_description: alert }),
      })
    }
    const filled = fill(form, next.url, baseOf(page, next.url), options)
    if (filled.typed) assertSafe(filled, next.url, origin)
    if (filled.fields.has('password')) passwordSent = true
    next =
      filled.method === 'POST'
        ? { url: filled.action, method: 'POST', body: filled.fields }
        : { url: new URL(`${bare(filled.action)}?${filled.fields}`), method: 'GET' }
  }
  throw new OAuthClientError(`the login did not end within ${MAX_STEPS} steps`, { error: 'invalid_response' })
}

function newJar(): CookieJar {
  return new CookieJar(undefined, { allowSpecialUseDomain: true })
}

/** What the addresses of a page are relative to. */
function baseOf(page: HTMLElement, url: URL): URL {
  const href = page.querySelector('base[href]')?.getAttribute('href')
  return href !== undefined && URL.canParse(href, url.href) ? new URL(href, url) : url
}

/** Nothing of the user leaves the tenant: not to another site, nor into an address, which logs and proxies keep. */
function assertSafe({ action, method }: PageForm, page: URL, origin: string): void {
  const why =
    page.origin !== origin
      ? `the page is at ${page.origin}`
      : action.origin !== origin
        ? `it would be sent to ${action.origin === 'null' ? action.protocol : action.origin}`
        : method !== 'POST'
          ? 'it would be sent in an address'
          : undefined
  if (why === undefined) return
  throw new OAuthClientError(
    `a form asks for the user's name or password, and ${why}; they are typed in at ${origin} only`,
    { error: 'unsafe_form' },
    { hint: 'Log in with a browser, or leave the connection to the other site out of this test.' },
  )
}

function fill(form: HTMLElement, page: URL, base: URL, options: UserAgentOptions): PageForm {
  const fields = new URLSearchParams()
  let typed = false
  for (const input of form.querySelectorAll('input')) {
    const name = input.getAttribute('name')
    if (name === undefined) continue
    const type = (input.getAttribute('type') ?? 'text').toLowerCase()
    if (NOT_TYPED.has(type)) {
      if (type === 'hidden') fields.append(name, input.getAttribute('value') ?? '')
      continue
    }
    typed = true
    if (type === 'password') fields.append(name, options.password)
    else if (name === 'organizationName') fields.append(name, options.organization ?? '')
    else fields.append(name, options.username)
  }
  const buttons = form
    .querySelectorAll('button')
    .filter((button) => button.getAttribute('name') !== undefined)
  const button = chooseButton(buttons, options)
  if (button !== undefined) fields.append(button.getAttribute('name')!, button.getAttribute('value') ?? '')
  // The values of the button that is pressed override those of the form.
  const said = (name: string) => button?.getAttribute(`form${name}`) ?? form.getAttribute(name)
  return {
    // Without an address a form goes to where its page came from.
    action: actionOf(said('action') || page.href, base.href),
    method: (said('method') ?? 'get').toUpperCase(),
    fields,
    typed,
  }
}

function actionOf(text: string, base: string): URL {
  const action = URL.canParse(text, base) ? new URL(text, base) : undefined
  if (action !== undefined && ['http:', 'https:'].includes(action.protocol)) return action
  throw new OAuthClientError('the form of a page goes to no address of the web', { error: 'unsafe_form' })
}

const NOT_TYPED: ReadonlySet<string> = new Set([
  ...['hidden', 'checkbox', 'radio', 'submit', 'image', 'button', 'reset', 'file'],
])

function chooseButton(
  buttons: readonly HTMLElement[],
  { organization, consent = true }: UserAgentOptions,
): HTMLElement | undefined {
  const byValue = (value: string) => buttons.find((button) => button.getAttribute('value') === value)
  const organizations = buttons.filter((button) => button.getAttribute('name') === 'organizationName')
  if (organizations.length > 0) return organization === undefined ? organizations[0] : byValue(organization)
  if (!consent) return byValue('deny') ?? buttons[0]
  return byValue('accept') ?? buttons[0]
}

async function request(
  jar: CookieJar,
  { url, method, body }: { url: URL; method: string; body?: URLSearchParams },
  fetch: Fetch | undefined,
): Promise<Answer> {
  const cookie = await jar.getCookieString(url.href)
  const response = await send(fetch, url.href, {
    method,
    headers: { accept: 'text/html', ...(cookie !== '' && { cookie }) },
    ...(body !== undefined && { body }),
  })
  for (const text of response.headers.getSetCookie())
    await jar.setCookie(text, url.href, { ignoreError: true })
  return response
}

/** The registered callback, whatever parameters were added to it. */
function isCallback(url: URL, redirectUri: string): boolean {
  const target = new URL(redirectUri)
  if (url.protocol !== target.protocol || url.host !== target.host || url.pathname !== target.pathname)
    return false
  return [...target.searchParams].every(([name, value]) => url.searchParams.get(name) === value)
}

/** A form post to the callback as if it had come in the query. */
function withBody({ url, body }: { url: URL; body?: URLSearchParams }): URL {
  const callback = new URL(url)
  for (const [name, value] of body ?? []) callback.searchParams.set(name, value)
  return callback
}

function bare(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`
}
