import { html } from 'hono/html'
import { alert, hidden, page } from './layout.ts'
import { pageAddress } from './login-pages.ts'

export interface SignupPage {
  state: string
  csrf: string
  client: string
  /** What was typed, or the app's `login_hint`. */
  email?: string | undefined
  error?: string | undefined
}

/** Address and password of a new user; works without JavaScript. */
export function signupPage(signup: SignupPage): Promise<string> {
  const described = signup.error === undefined ? '' : html` aria-invalid="true" aria-describedby="error"`
  return page(
    `Sign up to ${signup.client}`,
    html`<h1>Sign up</h1>
<p>to continue to ${signup.client}</p>
${alert(signup.error)}
<form method="post" action="${pageAddress('signup', signup.state)}">
${hidden({ state: signup.state, csrf: signup.csrf })}
<label for="email">Email address</label>
<input id="email" name="email" type="email" value="${signup.email ?? ''}" autocomplete="email" required${described}${
      signup.email ? '' : html` autofocus`
    }>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="new-password" required${described}${
      signup.email ? html` autofocus` : ''
    }>
<button type="submit" name="action" value="default">Continue</button>
</form>
<p>Already have an account? <a href="${pageAddress('login', signup.state)}">Log in</a></p>
<p><small>Local tenant: no mail is sent, and the user lives as long as the tenant.</small></p>`,
  )
}
