import { html } from 'hono/html'
import { hidden, page } from './layout.ts'

/** For errors that must not be sent to a callback. */
export function errorPage(error: string, description: string): Promise<string> {
  return page(
    'Error',
    html`<h1>Oops!, something went wrong</h1>
<p role="alert">${description}</p>
<p><small><code>error</code>: <code>${error}</code></small></p>`,
  )
}

/** Asks before a logout that another site may have sent the browser to. */
export function logoutPage(state: string, user: string): Promise<string> {
  return page(
    'Log out',
    html`<h1>Log out?</h1>
<p>You are logged in as ${user}.</p>
<form method="post" action="/u/logout">
${hidden({ state })}
<button type="submit" name="action" value="accept">Log out</button>
<button type="submit" name="action" value="deny" class="plain">Stay logged in</button>
</form>`,
  )
}

export function stillLoggedInPage(): Promise<string> {
  return page('Logged in', html`<h1>You are still logged in</h1><p>You may close this page.</p>`)
}

export function loggedOutPage(): Promise<string> {
  return page('Logged out', html`<h1>You are logged out</h1><p>You may close this page.</p>`)
}

/** Sends the browser on to another site by itself; the link is for browsers that do not follow. */
export function onwardPage(address: string): Promise<string> {
  return page(
    'Continue',
    html`<h1>Please wait</h1>
<p>You are sent on. <a href="${address}">Continue</a></p>`,
    html`<meta http-equiv="refresh" content="0;url=${address}">`,
  )
}
