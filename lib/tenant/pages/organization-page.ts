import { html } from 'hono/html'
import { alert, hidden, page } from './layout.ts'
import { pageAddress } from './login-pages.ts'

export interface OrganizationPage {
  state: string
  csrf: string
  client: string
  /** The user's organizations after the login; before it there is nothing to choose from, so the name is typed. */
  choices?: readonly { name: string; display_name: string }[] | undefined
  error?: string | undefined
}

export function organizationPage(prompt: OrganizationPage): Promise<string> {
  return page(
    'Choose an organization',
    html`<h1>${prompt.choices === undefined ? 'Enter your organization' : 'Choose an organization'}</h1>
<p>to continue to ${prompt.client}</p>
${alert(prompt.error)}
<form method="post" action="${pageAddress('organization', prompt.state)}">
${hidden({ state: prompt.state, csrf: prompt.csrf })}
${
  prompt.choices === undefined
    ? html`<label for="organizationName">Organization name</label>
<input id="organizationName" name="organizationName" type="text" autocapitalize="none" required autofocus${
        prompt.error === undefined ? '' : html` aria-invalid="true" aria-describedby="error"`
      }>
<button type="submit" name="action" value="default">Continue</button>`
    : prompt.choices.map(
        ({ name, display_name }) =>
          html`<button type="submit" name="organizationName" value="${name}">${display_name}</button>`,
      )
}
</form>`,
  )
}
