import { type Entry, isEntry, sameValue } from './json.ts'

/** Two ways to say what a password must be, of which a connection takes one, and shows both. */
const PASSWORD_OPTIONS = ['password_options']
const PASSWORD_POLICY = [
  'passwordPolicy',
  'password_complexity_options',
  'password_history',
  'password_no_personal_info',
  'password_dictionary',
]

/** What a tenant gives a database that does not name it, as it was recorded. */
const DEFAULTS: Entry = {
  authentication_methods: {
    password: { enabled: true, api_behavior: 'required', signup_behavior: 'allow' },
    passkey: { enabled: false },
  },
  passkey_options: {
    challenge_ui: 'both',
    progressive_enrollment_enabled: true,
    local_enrollment_enabled: true,
  },
}

/** Options of a connection with those that follow from what was sent, or come by themselves. */
export function withDerived(connection: unknown, sent: unknown): unknown {
  const shown = isEntry(connection) ? connection['options'] : undefined
  if (!isEntry(shown) || !isEntry(sent)) return sent
  const says = (names: readonly string[]) => names.some((name) => name in sent)
  const derived = says(PASSWORD_OPTIONS) ? PASSWORD_POLICY : says(PASSWORD_POLICY) ? PASSWORD_OPTIONS : []
  const given = Object.keys(DEFAULTS).filter((name) => sameValue(shown[name], DEFAULTS[name]))
  const kept = [...derived, ...given].filter((name) => name in shown && !(name in sent))
  return { ...sent, ...Object.fromEntries(kept.map((name) => [name, shown[name]])) }
}
