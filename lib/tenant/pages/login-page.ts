import { html } from 'hono/html'
import { alert, hidden, page } from './layout.ts'
import { pageAddress } from './login-pages.ts'

export interface LoginPage {
  state: string
  csrf: string
  client: string
  organization?: string | undefined
  /** What was typed, or the app's `login_hint`. */
  username?: string | undefined
  /** Whether to offer a signup. */
  signup?: boolean | undefined
  error?: string | undefined
}

/** Identifier and password on one page; works without JavaScript. */
export function loginPage(login: LoginPage): Promise<string> {
  const described = login.error === undefined ? '' : html` aria-invalid="true" aria-describedby="error"`
  return page(
    `Log in to ${login.client}`,
    html`<h1>Log in</h1>
<p>to continue to ${login.organization === undefined ? '' : html`${login.organization} on `}${login.client}</p>
${alert(login.error)}
<form method="post" action="${pageAddress('login', login.state)}">
${hidden({ state: login.state, csrf: login.csrf })}
<label for="username">Email address or user name</label>
<input id="username" name="username" type="text" value="${login.username ?? ''}" autocomplete="username"
 autocapitalize="none" spellcheck="false" required${described}${login.username ? '' : html` autofocus`}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required${described}${
      login.username ? html` autofocus` : ''
    }>
<button type="submit" name="action" value="default">Continue</button>
</form>
${
  login.signup ? html`<p>No account yet? <a href="${pageAddress('signup', login.state)}">Sign up</a></p>` : ''
}
<p><small>Local tenant: the users stand in tenant.local.yaml.</small></p>`,
  )
}
