import { html } from 'hono/html'
import { page } from './layout.ts'

/** For errors that must not be sent to a callback. */
export function errorPage(error: string, description: string): Promise<string> {
  return page(
    'Error',
    html`<h1>Oops!, something went wrong</h1>
<p role="alert">${description}</p>
<p><small><code>error</code>: <code>${error}</code></small></p>`,
  )
}

export function loggedOutPage(): Promise<string> {
  return page('Logged out', html`<h1>You are logged out</h1><p>You may close this page.</p>`)
}
