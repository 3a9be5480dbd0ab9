import { createHash } from 'node:crypto'
import { html, raw } from 'hono/html'
import { PAGE_HEADERS } from '../pages/layout.ts'
import { onwardPage } from '../pages/message-pages.ts'
import type { CallbackTarget } from './authorization-request.ts'
import { ACTIVE, appendParameters } from './callbacks.ts'

const NO_BASE_NO_FRAME = "base-uri 'none'; frame-ancestors 'none'"
const SUBMIT = 'document.forms[0].submit()'

/**
 * The authorization response, in the response mode of the request. Does not look at the values; `state` goes back only
 * if it was sent.
 *
 * @see https://auth0.com/docs/authenticate/protocols/oauth
 */
export async function callbackResponse(
  target: CallbackTarget,
  values: Readonly<Record<string, string | undefined>>,
): Promise<Response> {
  const all = { ...values, state: target.state }
  switch (target.response_mode) {
    case 'form_post':
      return formPost(target.redirect_uri, all)
    case 'web_message':
      return webMessage(target.redirect_uri, all)
    default:
      return redirect(appendParameters(target.redirect_uri, all, target.response_mode))
  }
}

export function redirect(location: string): Response {
  return new Response(null, {
    status: 302,
    headers: { location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' },
  })
}

/**
 * What a browser gets for a form of one of our pages. A page of ours posts to us only (`form-action 'self'`), and
 * Chromium holds the redirects that follow to that: off this origin a page sends the browser on. Programs that log
 * in without a browser get the redirect.
 */
export async function answerToForm(request: Request, answer: Response): Promise<Response> {
  const location = answer.headers.get('location')
  const isBrowser = request.headers.has('origin') || request.headers.get('sec-fetch-mode') === 'navigate'
  if (request.method !== 'POST' || !isBrowser || location === null || ACTIVE.test(location)) return answer
  const { origin } = new URL(request.url)
  if (!URL.canParse(location, origin) || new URL(location, origin).origin === origin) return answer
  const page = new Response(await onwardPage(location), { headers: PAGE_HEADERS })
  for (const cookie of answer.headers.getSetCookie()) page.headers.append('set-cookie', cookie)
  return page
}

/** A page whose form sends itself on; without JavaScript it has a button. */
async function formPost(
  action: string,
  values: Readonly<Record<string, string | undefined>>,
  headers: Readonly<Record<string, string>> = {},
  // Where the app's callback goes on to is its own affair.
  formAction = /^https?:/i.test(action) ? 'http: https:' : action.slice(0, action.indexOf(':') + 1),
): Promise<Response> {
  const body = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Submit this form</title></head>
<body><form method="post" action="${action}">
${Object.entries(values).map(([name, value]) =>
  value === undefined ? '' : html`<input type="hidden" name="${name}" value="${value}">`,
)}
<noscript><button type="submit">Continue</button></noscript>
</form><script>${raw(SUBMIT)}</script></body></html>
`
  return new Response(String(await body), {
    headers: {
      ...PAGE_HEADERS,
      'content-security-policy': `default-src 'none'; script-src '${hashOf(SUBMIT)}'; form-action ${formAction}; ${NO_BASE_NO_FRAME}`,
      ...headers,
    },
  })
}

/**
 * Sends what another site has posted once more, from here. Over http the cookies are `SameSite=Lax`, and a browser
 * leaves them out of another site's post.
 */
export function postAgain(address: string, fields: Readonly<Record<string, string>>): Promise<Response> {
  // With the referrer the browser names this origin as the sender.
  return formPost(address, fields, { 'referrer-policy': 'same-origin' }, "'self'")
}

/** Posts to the callback's own origin and nobody else; made to be put into a frame or a popup, so no frame header. */
function webMessage(redirectUri: string, values: Readonly<Record<string, string | undefined>>): Response {
  const message = scriptJson({ type: 'authorization_response', response: values })
  const script = `(function (target, message) {
  var receiver = window.opener || (window.parent !== window ? window.parent : null)
  if (receiver) receiver.postMessage(message, target)
})(${scriptJson(new URL(redirectUri).origin)}, ${message})`
  const body = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Authorization Response</title></head>
<body><script>${script}</script></body></html>
`
  return new Response(body, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': `default-src 'none'; script-src '${hashOf(script)}'; form-action 'none'; base-uri 'none'`,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    },
  })
}

/** JSON that cannot end a script element. */
function scriptJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function hashOf(script: string): string {
  return `sha256-${createHash('sha256').update(script).digest('base64')}`
}
