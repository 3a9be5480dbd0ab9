import { createHash } from 'node:crypto'
import { BlockList, isIP } from 'node:net'
import { ExpiringMap } from './authentication/expiring-map.ts'
import type { BruteForceProtection, User } from './entities.ts'
import { DATABASE_CONNECTION, type TenantState } from './state.ts'

const DEFAULTS: BruteForceProtection = {
  enabled: true,
  shields: ['block', 'user_notification'],
  allowlist: [],
  mode: 'count_per_identifier_and_ip',
  max_attempts: 10,
}

export function bruteForceProtection({ settings }: TenantState): BruteForceProtection {
  return { ...DEFAULTS, ...settings.brute_force_protection }
}

/** Whether sent settings are valid; members may be missing. */
export function isBruteForceProtection(sent: Readonly<Record<string, unknown>>): boolean {
  const { enabled, shields, allowlist, mode, max_attempts: max } = sent
  const each = (value: unknown, fits: (item: unknown) => boolean) =>
    value === undefined || (Array.isArray(value) && value.length <= 100 && value.every(fits))
  return (
    (enabled === undefined || typeof enabled === 'boolean') &&
    each(shields, (name) => name === 'block' || name === 'user_notification') &&
    each(allowlist, (entry) => typeof entry === 'string' && rangeOf(entry) !== undefined) &&
    (mode === undefined || mode === 'count_per_identifier_and_ip' || mode === 'count_per_identifier') &&
    (max === undefined || (Number.isInteger(max) && Number(max) >= 1 && Number(max) <= 100))
  )
}

function rangeOf(entry: string): { address: string; bits: number; family: 'ipv4' | 'ipv6' } | undefined {
  const [address = '', prefix, ...more] = entry.split('/')
  const version = isIP(address)
  if (version === 0 || more.length > 0 || (prefix !== undefined && !/^\d{1,3}$/.test(prefix)))
    return undefined
  const longest = version === 4 ? 32 : 128
  const bits = prefix === undefined ? longest : Number(prefix)
  return bits > longest ? undefined : { address, bits, family: version === 4 ? 'ipv4' : 'ipv6' }
}

/** Who tries to log in, and from where. */
export interface Attempt {
  /** As typed. */
  identifier: string
  user: User | undefined
  ip: string
}

/** As `GET /user-blocks` shows it. */
export interface UserBlock {
  identifier: string
  ip?: string
  connection: string
}

interface Count extends UserBlock {
  user_id?: string
  failures: number
}

/** "Thirty (30) days have passed since the last failed login attempt." */
const LIFETIME = 30 * 24 * 60 * 60 * 1000
const MAX_UNKNOWN = 10_000

/**
 * Counts wrong passwords in a row, by user and address, and says who is blocked. In memory: a restart unblocks.
 * A name that is no user's counts like any other, so that a block tells nobody who exists.
 */
export class LoginAttempts {
  readonly #state: TenantState
  readonly #clock: () => Date
  readonly #users: ExpiringMap<Count>
  /** Counts for names that are no user's. Apart, so that made-up names push out no user's count. */
  readonly #unknown: ExpiringMap<Count>

  constructor(state: TenantState, clock: () => Date) {
    this.#state = state
    this.#clock = clock
    this.#users = new ExpiringMap(clock)
    this.#unknown = new ExpiringMap(clock, MAX_UNKNOWN)
  }

  isBlocked(attempt: Attempt): boolean {
    const settings = bruteForceProtection(this.#state)
    if (!settings.enabled || !settings.shields.includes('block')) return false
    const failures = this.#counts(attempt).get(keyOf(settings, attempt))?.failures ?? 0
    return failures >= settings.max_attempts && !isAllowed(settings, attempt.ip)
  }

  failed(attempt: Attempt): void {
    const settings = bruteForceProtection(this.#state)
    if (!settings.enabled || isAllowed(settings, attempt.ip)) return
    const { identifier, user, ip } = attempt
    const key = keyOf(settings, attempt)
    const counts = this.#counts(attempt)
    const count: Count = {
      identifier: user?.email ?? identifier.trim().slice(0, 320),
      connection: DATABASE_CONNECTION,
      failures: (counts.get(key)?.failures ?? 0) + 1,
      ...(settings.mode === 'count_per_identifier_and_ip' && { ip: machineOf(ip) }),
      ...(user !== undefined && { user_id: user.user_id }),
    }
    counts.set(key, count, this.#clock().getTime() + LIFETIME)
  }

  /** A right password starts the count anew. */
  succeeded(attempt: Attempt): void {
    this.#counts(attempt).delete(keyOf(bruteForceProtection(this.#state), attempt))
  }

  /** Blocks of a user, or of a name that is no user's. */
  blocksOf(who: User | string): UserBlock[] {
    const { max_attempts } = bruteForceProtection(this.#state)
    return this.#of(who)
      .filter(([, { failures }]) => failures >= max_attempts)
      .map(([, { failures: _, user_id: _id, ...block }]) => block)
  }

  unblock(who: User | string): void {
    const counts = typeof who === 'string' ? this.#unknown : this.#users
    for (const [key] of this.#of(who)) counts.delete(key)
  }

  #of(who: User | string): [key: string, count: Count][] {
    const found = [...(typeof who === 'string' ? this.#unknown : this.#users).entries()]
    return found
      .map(([key, count]): [string, Count] => [key, count])
      .filter(([, count]) =>
        typeof who === 'string'
          ? count.identifier.toLowerCase() === who.trim().toLowerCase()
          : count.user_id === who.user_id,
      )
  }

  #counts({ user }: Attempt): ExpiringMap<Count> {
    return user === undefined ? this.#unknown : this.#users
  }
}

function keyOf({ mode }: BruteForceProtection, { identifier, user, ip }: Attempt): string {
  const who = createHash('sha256')
    .update(user?.user_id ?? identifier.trim().toLowerCase())
    .digest('base64url')
  return mode === 'count_per_identifier' ? who : `${machineOf(ip)} ${who}`
}

/** One address for all loopback addresses: a program on this machine may choose among millions of them. */
function machineOf(ip: string): string {
  return /^(?:::ffff:)?127\.|^::1$/.test(ip) ? '127.0.0.1' : ip
}

function isAllowed({ allowlist }: BruteForceProtection, ip: string): boolean {
  if (allowlist.length === 0) return false
  const list = new BlockList()
  for (const entry of allowlist) {
    const range = rangeOf(entry)
    if (range !== undefined) list.addSubnet(range.address, range.bits, range.family)
  }
  const addresses = machineOf(ip) === '127.0.0.1' ? [ip, '127.0.0.1', '::1'] : [ip]
  return addresses.some((address) => list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4'))
}
