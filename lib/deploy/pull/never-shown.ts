import { isEntry } from '../wire/json.ts'
import { NOT_SHOWN } from './secrets.ts'

/** Of the credentials of an email provider that which Auth0 shows nothing of, and a deploy has to send. */
const HIDDEN_CREDENTIAL: Readonly<Record<string, string>> = {
  ...{ mailgun: 'api_key', mandrill: 'api_key', sendgrid: 'api_key', sparkpost: 'api_key' },
  ...{ smtp: 'smtp_pass', ses: 'secretAccessKey', azure_cs: 'connectionString', ms365: 'clientSecret' },
}

export function withHiddenCredential(provider: unknown): void {
  if (!isEntry(provider)) return
  const member = HIDDEN_CREDENTIAL[String(provider['name'])]
  if (member === undefined) return
  const shown = isEntry(provider['credentials']) ? provider['credentials'] : {}
  provider['credentials'] = { ...shown, [member]: shown[member] ?? NOT_SHOWN }
}

/**
 * Of captchas a tenant shows those that it never had as well, and the deploy CLI takes none without its secret, which no
 * tenant shows.
 */
export function withHiddenCaptcha(protection: unknown): void {
  const captcha = isEntry(protection) ? protection['captcha'] : undefined
  if (!isEntry(captcha)) return
  for (const [name, member] of Object.entries(CAPTCHA_SECRETS)) {
    const provider = captcha[name]
    if (!isEntry(provider)) continue
    const isUsed = captcha['active_provider_id'] === name || hasText(provider['site_key'])
    if (isUsed) provider[member] ??= NOT_SHOWN
    else delete captcha[name]
  }
}

const CAPTCHA_SECRETS: Readonly<Record<string, string>> = {
  ...{ arkose: 'secret', hcaptcha: 'secret', friendly_captcha: 'secret', recaptcha_v2: 'secret' },
  recaptcha_enterprise: 'api_key',
}

function hasText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}
