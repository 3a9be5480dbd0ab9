/** One line of the tenant's log, with the type codes of Auth0's own. Never holds a token, a secret or a password. */
export interface TenantLogEntry {
  /** Auth0's log event type code, e.g. `s` for a login, `fp` for a wrong password, `seacft` for a code exchange. */
  type: string
  /** ISO 8601. */
  date: string
  description: string
  client_id?: string
  client_name?: string
  user_id?: string
  user_name?: string
  audience?: string
  scope?: string
  ip?: string
  details?: Record<string, unknown>
}

/**
 * The entry for an unexpected error, without its message: errors of parsers quote what they read, passwords as well.
 */
export function internalError(error: Error): Omit<TenantLogEntry, 'date'> {
  const stack = (error.stack ?? '').split('\n').filter((line) => /^ {4}at /.test(line))
  return { type: 'fapi', description: `Internal error: ${error.name}`, details: { stack: stack.join('\n') } }
}

const LIMIT = 1000

/** Keeps the newest entries, so that a tenant that runs for long stays small. */
export function keepNewest<T>(list: T[], entry: T, limit: number = LIMIT): void {
  list.push(entry)
  // In blocks: removing one at a time from the front would cost as much as the list is long.
  if (list.length > limit * 1.25) list.splice(0, list.length - limit)
}
