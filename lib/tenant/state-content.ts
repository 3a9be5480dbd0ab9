import { randomBytes } from 'node:crypto'
import type { StoredKeys } from '../tokens/index.ts'
import type { RefreshFamily } from './authentication/refresh-tokens.ts'
import type { Session } from './authentication/store.ts'
import { isDeeperThan, MAX_DEPTH } from './bounds.ts'
import type { Membership, User } from './entities.ts'

export const VERSION = 2

/** What a tenant keeps over a restart; all of it is secret. Not what a deploy brings. */
export interface Content {
  version: typeof VERSION
  keys: StoredKeys
  /** Base64url of 32 bytes. */
  opaqueKey: string
  users: User[]
  memberships: Membership[]
  sessions: [Session, expires: number][]
  /** The key as base64url of 32 bytes. */
  refreshTokens: (Omit<RefreshFamily, 'key'> & { key: string })[]
  consents: [key: string, scopes: string[]][]
}

/** Says where a value is not of its kind, and never shows the value. */
export class DamagedContentError extends Error {}

type Check = (value: unknown, place: string) => void

const kind =
  (name: string, holds: (value: unknown) => boolean): Check =>
  (value, place) => {
    if (!holds(value)) throw new DamagedContentError(`"${place}" is not ${name}`)
  }

const text = kind('a text', (value) => typeof value === 'string')
const flag = kind('true or false', (value) => typeof value === 'boolean')
/** Of a date. */
const MAX_TIME = 8.64e15
const time = kind('a time', (value) => Number.isFinite(value) && Math.abs(Number(value)) <= MAX_TIME)
const count = kind('a count', (value) => Number.isSafeInteger(value) && Number(value) >= 0)
const key = kind('a key', (value) => typeof value === 'string' && /^[\w-]{43}$/.test(value))
const list = kind('a list', Array.isArray)
const map = kind('a map', (value) => typeof value === 'object' && value !== null && !Array.isArray(value))
const metadata: Check = (value, place) => {
  map(value, place)
  // Ten times what is taken today: an older tenant took more.
  if (isDeeperThan(value, 10 * MAX_DEPTH)) throw new DamagedContentError(`"${place}" is nested too deeply`)
}

/** Metadata of a session or a refresh token. */
const texts: Check = (value, place) => {
  map(value, place)
  for (const [name, item] of Object.entries(value as object)) text(item, `${place}.${name}`)
}

const listOf =
  (item: Check): Check =>
  (value, place) => {
    list(value, place)
    for (const [index, each] of (value as unknown[]).entries()) item(each, `${place}[${index}]`)
  }

const tuple =
  (...items: Check[]): Check =>
  (value, place) => {
    list(value, place)
    for (const [index, item] of items.entries()) item((value as unknown[])[index], `${place}[${index}]`)
  }

/** Members whose names end with `?` may be missing; those that are not named are not looked at. */
const mapOf =
  (members: Readonly<Record<string, Check>>): Check =>
  (value, place) => {
    map(value, place)
    for (const [name, check] of Object.entries(members)) {
      const member = name.replace('?', '')
      const part = (value as Record<string, unknown>)[member]
      if (part !== undefined || member === name) check(part, place === '' ? member : `${place}.${member}`)
    }
  }

const CONTENT = mapOf({
  version: kind(`${VERSION} or an older version`, (value) => value === VERSION),
  keys: mapOf({ current: text, next: text, 'elliptic?': text }),
  opaqueKey: key,
  users: listOf(
    mapOf({
      user_id: text,
      email: text,
      email_verified: flag,
      'username?': text,
      'phone_number?': text,
      'blocked?': flag,
      created_at: text,
      updated_at: text,
      user_metadata: metadata,
      app_metadata: metadata,
      password_hash: text,
      roles: listOf(text),
      logins_count: count,
      id_token_claims: metadata,
    }),
  ),
  memberships: listOf(mapOf({ organization: text, user_id: text, roles: listOf(text) })),
  sessions: listOf(
    tuple(
      mapOf({
        id: text,
        cookie: key,
        user_id: text,
        created_at: time,
        authenticated_at: time,
        last_interacted_at: time,
        absolute_expiry: time,
        'idle_expiry?': time,
        'cookie_mode?': kind(
          'a mode of cookies',
          (value) => value === 'persistent' || value === 'non-persistent',
        ),
        'metadata?': texts,
        clients: listOf(text),
        methods: listOf(mapOf({ name: text, timestamp: text })),
      }),
      time,
    ),
  ),
  refreshTokens: listOf(
    mapOf({
      id: text,
      client_id: text,
      user_id: text,
      'session_id?': text,
      'organization?': text,
      'audience?': text,
      scopes: listOf(text),
      created_at: time,
      'last_exchanged_at?': time,
      rotating: flag,
      generation: count,
      generated_at: time,
      'expires_at?': time,
      'idle_expires_at?': time,
      'metadata?': texts,
      key,
    }),
  ),
  consents: listOf(tuple(text, listOf(text))),
})

/**
 * Older versions are taken over as they are read.
 *
 * @throws {DamagedContentError} with the place of what is wrong. The keys' own text is not looked at.
 */
export function stateContent(value: unknown): Content {
  const content = isVersionOne(value) ? fromVersionOne(value) : value
  CONTENT(content, '')
  return content as Content
}

interface VersionOne {
  version: 1
  sessions: unknown
}

function isVersionOne(value: unknown): value is VersionOne {
  return typeof value === 'object' && value !== null && (value as VersionOne).version === 1
}

/**
 * There the session's id, which tokens carry, was the cookie too: the sessions stay for the refresh tokens that
 * belong to them, and browsers log in again.
 */
function fromVersionOne(content: VersionOne): unknown {
  const { sessions } = content
  if (!Array.isArray(sessions)) return { ...content, version: VERSION }
  return {
    ...content,
    version: VERSION,
    sessions: sessions.map((entry) =>
      Array.isArray(entry) && typeof entry[0] === 'object'
        ? [{ ...entry[0], cookie: randomBytes(32).toString('base64url') }, ...entry.slice(1)]
        : entry,
    ),
  }
}
