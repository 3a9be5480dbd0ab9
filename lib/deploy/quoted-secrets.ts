import { type Entry, isEntry, isSecretName } from './wire/json.ts'
import { fits } from './wire/paths.ts'

/** A text of a tenant without secrets that it may quote, as they stand or as JSON or an address writes them. */
export function withoutQuoted(message: string, secrets: readonly string[]): string {
  const forms = secrets.flatMap((secret) => [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    new URLSearchParams({ '': secret }).toString().slice(1),
  ])
  let text = message
  for (const form of forms.sort((a, b) => b.length - a.length)) {
    if (form !== '') text = text.replaceAll(form, '***')
  }
  return text
}

/** The secrets in the body of a call. */
export function secretsOfCall(path: string, body: unknown): string[] {
  const whole = fits(path, '/rules-configs/*') || fits(path, '/hooks/*/secrets')
  return whole ? textsIn(body) : secretsIn(body)
}

/** The secrets in a tenant.yaml, of 4 characters and more: shorter ones are in too many words. */
export function secretsOfTenant(tenant: Readonly<Record<string, unknown>>): string[] {
  const { rulesConfigs, ...others } = tenant
  const values = Array.isArray(rulesConfigs)
    ? rulesConfigs.map((one) => (isEntry(one) ? one['value'] : ''))
    : []
  return [...secretsIn(others), ...textsIn(values)].filter((secret) => secret.length >= 4)
}

/** Members whose texts are secret as far as anybody knows: what a provider or a vault wants differs for each. */
const SECRET_MAPS = ['credentials', 'setup']

function secretsIn(value: unknown, name = ''): string[] {
  if (typeof value === 'string') return isSecretName(name) && value.length > 0 ? [value] : []
  if (SECRET_MAPS.includes(name) || (name === 'secrets' && isEntry(value))) return textsIn(value)
  if (Array.isArray(value)) {
    return value.flatMap((item) =>
      // Of a secret of an Action the value is called so.
      name === 'secrets' && isEntry(item) && typeof item['value'] === 'string'
        ? [item['value']]
        : secretsIn(item),
    )
  }
  return isEntry(value) ? Object.entries(value as Entry).flatMap(([key, item]) => secretsIn(item, key)) : []
}

/** Texts that are long enough to be a secret, wherever they stand. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return value.length >= 4 ? [value] : []
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}
