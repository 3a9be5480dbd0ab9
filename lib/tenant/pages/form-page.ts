import { html } from 'hono/html'
import { alert, hidden, page } from './layout.ts'
import { pageAddress } from './login-pages.ts'

export interface FormPage {
  state: string
  csrf: string
  /** Id of the form that the Action renders. */
  form: string
  /** JSON of the fields that the form would send: at first those that the Action gave it. */
  fields: string
  error?: string | undefined
}

/** Stands for every form: its fields are typed in, since the local tenant has no forms of its own. */
export function formPage(form: FormPage): Promise<string> {
  const described = form.error === undefined ? '' : html` aria-invalid="true" aria-describedby="error"`
  return page(
    `Form ${form.form}`,
    html`<h1>Form ${form.form}</h1>
<p>An Action shows a form. On the local tenant this page answers for it: what stands here is <code>event.prompt.fields</code>.</p>
${alert(form.error)}
<form method="post" action="${pageAddress('form', form.state)}">
${hidden({ state: form.state, csrf: form.csrf })}
<label for="fields">Fields, as a JSON object</label>
<textarea id="fields" name="fields" rows="8" spellcheck="false" required${described}>
${form.fields}</textarea>
<button type="submit" name="action" value="default">Continue</button>
</form>`,
  )
}
