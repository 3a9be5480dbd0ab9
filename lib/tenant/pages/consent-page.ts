import { html } from 'hono/html'
import { hidden, page } from './layout.ts'
import { pageAddress } from './login-pages.ts'

export interface ConsentPage {
  state: string
  csrf: string
  client: string
  user: string
  api?: string | undefined
  scopes: readonly { value: string; description?: string }[]
}

/** Asks the user to grant the scopes that an app asks for. */
export function consentPage(consent: ConsentPage): Promise<string> {
  return page(
    `Authorize ${consent.client}`,
    html`<h1>Authorize ${consent.client}</h1>
<p>${consent.client} asks for access to your ${consent.api ?? 'profile'} account (${consent.user}):</p>
<ul>${consent.scopes.map(({ value, description }) => html`<li>${description ?? value}</li>`)}</ul>
<form method="post" action="${pageAddress('consent', consent.state)}">
${hidden({ state: consent.state, csrf: consent.csrf })}
<button type="submit" name="action" value="accept">Accept</button>
<button type="submit" name="action" value="deny" class="plain">Decline</button>
</form>`,
  )
}

/** Asks before a code goes to an address that other programs on the device could claim. */
export function confirmPage(
  state: string,
  csrf: string,
  client: string,
  redirectUri: string,
): Promise<string> {
  return page(
    `Continue to ${client}`,
    html`<h1>Continue to ${client}?</h1>
<p>You are already logged in. The app will be opened at <code>${redirectUri}</code>.</p>
<form method="post" action="${pageAddress('confirm', state)}">
${hidden({ state, csrf })}
<button type="submit" name="action" value="accept">Continue</button>
<button type="submit" name="action" value="deny" class="plain">Cancel</button>
</form>`,
  )
}

/** Stands for every second factor: the local tenant knows no devices. */
export function challengePage(state: string, csrf: string, client: string): Promise<string> {
  return page(
    'Verify your identity',
    html`<h1>Verify your identity</h1>
<p>An Action asks for a second factor before ${client}. On the local tenant this button is the factor.</p>
<form method="post" action="${pageAddress('mfa', state)}">
${hidden({ state, csrf })}
<button type="submit" name="action" value="accept">I have my second factor</button>
<button type="submit" name="action" value="deny" class="plain">Cancel</button>
</form>`,
  )
}
