import { copyJson } from '../../json.ts'
import type { DeepPartial, SimulatedEvent } from './simulated-event.ts'

type Members = Record<string, unknown>

/** What stands in several places of an event: where it is from, and where else. `0` is the first of a list. */
interface Repeated {
  of: string
  at: readonly string[]
  /** How it is written there. */
  as?: (value: unknown) => unknown
}

const spaced = (value: unknown) => (Array.isArray(value) ? value.join(' ') || undefined : value)

/** The part of a user id after its provider, which the user's identity has. */
const withoutProvider = (value: unknown) =>
  typeof value === 'string' ? value.slice(value.indexOf('|') + 1) : value

const REPEATED: readonly Repeated[] = [
  { of: 'transaction.requested_scopes', at: ['transaction.target_scopes'] },
  {
    of: 'transaction.requested_scopes',
    at: ['request.query.scope', 'request.body.scope', 'refresh_token.resource_servers.0.scopes'],
    as: spaced,
  },
  { of: 'transaction.redirect_uri', at: ['request.query.redirect_uri'] },
  { of: 'transaction.state', at: ['request.query.state'] },
  { of: 'transaction.login_hint', at: ['request.query.login_hint'] },
  { of: 'transaction.response_mode', at: ['request.query.response_mode'] },
  { of: 'transaction.response_type', at: ['request.query.response_type'], as: spaced },
  { of: 'transaction.prompt', at: ['request.query.prompt'], as: spaced },
  { of: 'transaction.acr_values', at: ['request.query.acr_values'], as: spaced },
  { of: 'transaction.ui_locales', at: ['request.query.ui_locales'], as: spaced },
  {
    of: 'client.client_id',
    at: [
      'request.query.client_id',
      'request.body.client_id',
      'session.clients.0.client_id',
      'refresh_token.client_id',
    ],
  },
  {
    of: 'resource_server.identifier',
    at: ['request.query.audience', 'request.body.audience', 'refresh_token.resource_servers.0.audience'],
  },
  { of: 'user.user_id', at: ['session.user_id', 'refresh_token.user_id'] },
  { of: 'user.user_id', at: ['user.identities.0.user_id'], as: withoutProvider },
  { of: 'session.id', at: ['refresh_token.session_id'] },
  { of: 'request.ip', at: ['session.device.last_ip'] },
]

/** Parameters that applications send to `/authorize` only when they need them. */
const QUERY = 'request.query.'

/**
 * Some facts of a login stand in several places of its event, as the application does in `client`, in the query string
 * and in the session. Where `overrides` name the first place alone, the others follow: what is not in the event stays
 * away, and a parameter is added to the query string of an authorization request alone. Changes and returns `event`.
 */
export function follow(event: SimulatedEvent, overrides: DeepPartial<SimulatedEvent>): SimulatedEvent {
  const isAuthorization = event.request.query?.['response_type'] !== undefined
  for (const { of, at, as = (value: unknown) => value } of REPEATED) {
    if (!isNamed(overrides, of)) continue
    const { owner, key } = ownerOf(event, of)
    const value = owner?.[key]
    // Without an API nothing is asked for; other members that are gone as a whole say nothing about the request.
    if (owner === undefined && of !== 'resource_server.identifier') continue
    for (const place of at) {
      if (!isNamed(overrides, place)) put(event, place, as(value), isAuthorization && place.startsWith(QUERY))
    }
  }
  return event
}

/** Whether the overrides say what is at this place, also by saying what a member above it is. */
function isNamed(overrides: unknown, place: string): boolean {
  let current = overrides
  for (const key of place.split('.')) {
    if (typeof current !== 'object' || current === null || Array.isArray(current)) return true
    if (!Object.hasOwn(current, key)) return false
    current = (current as Members)[key]
  }
  return true
}

function ownerOf(
  event: SimulatedEvent,
  place: string,
): { owner: Members | undefined; key: string; list?: unknown[] } {
  const keys = place.split('.')
  const key = keys.pop()!
  let owner: unknown = event
  let list: unknown[] | undefined
  for (const one of keys) {
    list = Array.isArray(owner) ? owner : undefined
    owner =
      typeof owner === 'object' && owner !== null && Object.hasOwn(owner, one)
        ? (owner as Members)[one]
        : undefined
  }
  const found = typeof owner === 'object' && owner !== null && !Array.isArray(owner)
  return { owner: found ? (owner as Members) : undefined, key, ...(list !== undefined && { list }) }
}

function put(event: SimulatedEvent, place: string, value: unknown, mayAdd: boolean): void {
  const { owner, key, list } = ownerOf(event, place)
  if (owner === undefined || !(mayAdd || Object.hasOwn(owner, key))) return
  if (value !== undefined) owner[key] = copyJson(value)
  else if (list === undefined) delete owner[key]
  else list.shift()
}
