import { setOwn } from '../../json.ts'

/** A JSON object of the Management API. */
export type Entry = Record<string, unknown>

export function isEntry(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Members by whose name a tenant tells a secret, and of which it does not show the value. */
const SECRET = /secret|pass(word)?$|private|signing_?key|token$|api_?key|connection_?string/i

/** Of a key of an application, which a tenant takes and never shows. */
const NEVER_SHOWN = /^(pem|parse_expiry_from_cert)$/

/** What stands in place of a secret of an Action or a hook. */
export const NOT_SHOWN = '_VALUE_NOT_SHOWN_'

/** What a tenant shows in place of a value that it keeps to itself. */
const HIDDEN = /^\*+$/

/** Whether a member's name is that of a secret. */
export function isSecretName(name: string): boolean {
  return SECRET.test(name)
}

/**
 * Whether a value cannot be compared: its member is named like a secret, and the tenant shows nothing or a mask there.
 * What the tenant does show is compared, whatever its name.
 */
function isHidden(name: string, shown: unknown, sent: unknown): boolean {
  if (shown === undefined && NEVER_SHOWN.test(name)) return true
  if (typeof sent !== 'string') return false
  if (shown === NOT_SHOWN) return true
  return SECRET.test(name) && (shown === undefined || (typeof shown === 'string' && HIDDEN.test(shown)))
}

/** A body merged into a value: objects member by member, where `null` removes; all else is replaced. */
export function merged(before: unknown, body: unknown): unknown {
  if (!isEntry(body) || !isEntry(before)) return body
  const result: Entry = { ...before }
  for (const [key, value] of Object.entries(body)) {
    if (value === null) delete result[key]
    else setOwn(result, key, merged(Object.hasOwn(before, key) ? before[key] : undefined, value))
  }
  return result
}

/**
 * Whether a tenant has a value already. A member that it does not show equals `false` and emptiness, in both
 * directions; items of a list are compared in order.
 */
export function sameValue(has: unknown, sent: unknown): boolean {
  return compared(has, sent, true)
}

/** The same, where the tenant may have more members than were sent. */
export function coversValue(has: unknown, sent: unknown): boolean {
  return compared(has, sent, false)
}

function compared(has: unknown, sent: unknown, exactly: boolean): boolean {
  // Of an object with nothing but secrets a tenant shows nothing.
  if (has === undefined || has === null)
    return isNothing(sent) || (isEntry(sent) && compared({}, sent, exactly))
  if (sent === undefined || sent === null) return isNothing(has)
  if (isEntry(sent)) {
    if (!isEntry(has)) return false
    return (
      Object.entries(sent).every(([key, value]) =>
        // A script is no secret, whatever its name.
        key === 'customScripts'
          ? sameTexts(has[key], value)
          : isHidden(key, has[key], value) || compared(has[key], value, exactly),
      ) &&
      (!exactly || Object.entries(has).every(([key, value]) => key in sent || isNothing(value)))
    )
  }
  if (Array.isArray(sent)) {
    return (
      Array.isArray(has) &&
      has.length === sent.length &&
      sent.every((item, i) => compared(has[i], item, exactly))
    )
  }
  return has === sent
}

function sameTexts(has: unknown, sent: unknown): boolean {
  const text = (value: unknown) => JSON.stringify(Object.entries(isEntry(value) ? value : {}).sort())
  return text(has) === text(sent)
}

function isNothing(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return true
  return typeof value === 'object' && Object.values(value).every(isNothing)
}
