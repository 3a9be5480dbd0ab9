import { createHash } from 'node:crypto'
import { html, raw } from 'hono/html'

export type Html = ReturnType<typeof html>

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { margin: 0; min-height: 100vh; display: grid; place-items: center }
main { width: min(24rem, calc(100vw - 2rem)); padding: 1.5rem; box-sizing: border-box;
  border: 1px solid #8888; border-radius: .75rem }
h1 { font-size: 1.35rem; margin: 0 0 .5rem }
label { display: block; margin: 1rem 0 .25rem; font-weight: 600 }
input:not([type=hidden]), textarea, button { font: inherit; width: 100%; box-sizing: border-box; padding: .6rem .75rem;
  border-radius: .4rem; border: 1px solid #767676 }
textarea { font-family: ui-monospace, monospace }
button { margin-top: 1rem; border: 0; background: #3f59e4; color: #fff; font-weight: 600; cursor: pointer }
button.plain { background: none; color: inherit; border: 1px solid #767676 }
:focus-visible { outline: 3px solid #3f59e4; outline-offset: 2px }
[role=alert] { border-left: 4px solid #d03c38; padding: .5rem .75rem; background: #d03c3818 }
small { opacity: .75 } ul { padding-left: 1.2rem } code { overflow-wrap: anywhere }
`

/** Allows our one style sheet and forms to this tenant, and nothing else: no script, no frame around it. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
}

/** A page of the tenant. Everything that is put into `html` templates is escaped. */
export async function page(title: string, body: Html, head: Html | '' = ''): Promise<string> {
  const text = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
${head}<style>${raw(STYLE)}</style>
</head>
<body><main>
${body}
</main></body>
</html>
`
  return String(await text)
}

export function hidden(fields: Readonly<Record<string, string>>): Html[] {
  return Object.entries(fields).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  )
}

export function alert(message: string | undefined): Html | '' {
  return message === undefined ? '' : html`<p role="alert" id="error">${message}</p>`
}
