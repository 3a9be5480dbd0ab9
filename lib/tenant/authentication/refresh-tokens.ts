import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { type AskedEnds, type Ends, hasEnded, isRotating, refreshTokenEnds } from '../../policy/index.ts'
import type { Client } from '../entities.ts'

/** All refresh tokens that descend from one login. Times in milliseconds since the epoch. */
export interface RefreshFamily {
  id: string
  client_id: string
  user_id: string
  session_id?: string
  organization?: string
  audience?: string
  /** Of the first grant; a reduced scope concerns one access token only. */
  scopes: string[]
  created_at: number
  last_exchanged_at?: number
  rotating: boolean
  /** Number of the newest token of the family. */
  generation: number
  /** When the newest token was made. */
  generated_at: number
  expires_at?: number
  idle_expires_at?: number
  /** What Actions have written. */
  metadata?: Record<string, string>
  /** Every token is an HMAC with this key, so that old ones are recognised without being kept. */
  key: Buffer
}

export type Presented = Claim | { state: 'reused'; family: RefreshFamily } | { state: 'unknown' }

/** A token that may be exchanged, once. */
export interface Claim {
  state: 'claimed'
  family: RefreshFamily
  /** Number of the token that this exchange gives, and no other: two within the overlap period give two. */
  next: number
  /** What `release` puts back. */
  before: Pick<RefreshFamily, 'generation' | 'generated_at'>
}

const PER_USER_AND_CLIENT = 200

/**
 * Refresh tokens with rotation, reuse detection and overlap period.
 *
 * @see https://auth0.com/docs/secure/tokens/refresh-tokens/refresh-token-rotation
 */
export class RefreshTokens {
  readonly #families = new Map<string, RefreshFamily>()
  readonly #byOwner = new Map<string, Set<string>>()
  readonly #clock: () => Date
  #sweepAt = 256

  constructor(clock: () => Date) {
    this.#clock = clock
  }

  get size(): number {
    return this.#families.size
  }

  families(): Iterable<RefreshFamily> {
    return this.#families.values()
  }

  /** Starts a family, and returns it with its first token. */
  issue(
    client: Client,
    grant: Pick<RefreshFamily, 'user_id' | 'scopes'> &
      Partial<Pick<RefreshFamily, 'session_id' | 'organization' | 'audience' | 'metadata'>>,
    asked: AskedEnds = {},
  ): { family: RefreshFamily; token: string } {
    const now = this.#clock().getTime()
    const family: RefreshFamily = {
      ...grant,
      id: randomBytes(12).toString('base64url'),
      client_id: client.client_id,
      scopes: [...grant.scopes],
      created_at: now,
      rotating: isRotating(client.refresh_token),
      generation: 0,
      generated_at: now,
      key: randomBytes(32),
    }
    setEnds(family, refreshTokenEnds(client.refresh_token, {}, now, asked))
    this.add(family)
    this.#limit(family)
    return { family, token: tokenOf(family, 0) }
  }

  add(family: RefreshFamily): void {
    this.#families.set(family.id, family)
    if (this.#families.size >= this.#sweepAt) this.#sweep()
    const owner = ownerOf(family)
    const ids = this.#byOwner.get(owner) ?? new Set()
    ids.add(family.id)
    this.#byOwner.set(owner, ids)
  }

  /**
   * Looks at a token and, when it may be used and its family rotates, claims it in the same step: whoever comes
   * later with the same token finds it used. `release` undoes the claim when no tokens were given after all.
   */
  claim(text: string, client: Client): Presented {
    const found = this.#find(text)
    if (found === undefined || found.family.client_id !== client.client_id) return { state: 'unknown' }
    const { family, generation } = found
    const now = this.#clock().getTime()
    // An app that starts to rotate changes the tokens that it has at their next exchange.
    family.rotating = isRotating(client.refresh_token)
    if (hasEnded(family, now)) {
      this.revoke(family.id)
      return { state: 'unknown' }
    }
    // Nobody else can have made it: the state file was left behind before its exchange was saved.
    if (generation > family.generation) family.generation = generation
    const before = { generation: family.generation, generated_at: family.generated_at }
    if (!family.rotating) {
      return generation === family.generation
        ? { state: 'claimed', family, next: generation, before }
        : { state: 'unknown' }
    }
    const leeway = (client.refresh_token?.leeway ?? 0) * 1000
    const isPrevious =
      generation === family.generation - 1 && leeway > 0 && now - family.generated_at < leeway
    if (generation !== family.generation && !isPrevious) {
      this.revoke(family.id)
      return { state: 'reused', family }
    }
    family.generation++
    family.generated_at = now
    return { state: 'claimed', family, next: family.generation, before }
  }

  /** Takes a claim back, unless the family has moved on. */
  release({ family, next, before }: Claim): void {
    if (family.rotating && family.generation === next) Object.assign(family, before)
  }

  /** Ends an exchange: the new token of a rotating family, `undefined` where the old one stays good. */
  renew({ family, next }: Claim, client: Client, asked: AskedEnds = {}): string | undefined {
    const now = this.#clock().getTime()
    family.last_exchanged_at = now
    setEnds(family, refreshTokenEnds(client.refresh_token, family, now, asked))
    return family.rotating ? tokenOf(family, next) : undefined
  }

  /** Brings the ends of a family closer. */
  bound(family: RefreshFamily, { expiresAt = Infinity, idleExpiresAt = Infinity }: AskedEnds): void {
    const { expires_at = Infinity, idle_expires_at = Infinity } = family
    if (expiresAt < expires_at) family.expires_at = expiresAt
    if (idleExpiresAt < idle_expires_at) family.idle_expires_at = idleExpiresAt
  }

  /** The family of a token, whatever its generation; for revocation. */
  familyOf(text: string): RefreshFamily | undefined {
    return this.#find(text)?.family
  }

  isAlive(id: string): boolean {
    return this.#families.has(id)
  }

  revoke(id: string): void {
    const family = this.#families.get(id)
    if (family === undefined) return
    this.#families.delete(id)
    const ids = this.#byOwner.get(ownerOf(family))
    ids?.delete(id)
    if (ids?.size === 0) this.#byOwner.delete(ownerOf(family))
  }

  revokeWhere(matches: (family: RefreshFamily) => boolean): void {
    for (const family of [...this.#families.values()]) if (matches(family)) this.revoke(family.id)
  }

  #find(text: string): { family: RefreshFamily; generation: number } | undefined {
    const match = /^v1\.([\w-]{16})\.([0-9a-z]{1,6})\.([\w-]{43})$/.exec(text)
    if (match === null) return undefined
    const family = this.#families.get(match[1]!)
    const generation = Number.parseInt(match[2]!, 36)
    if (family === undefined) return undefined
    const expected = Buffer.from(tokenOf(family, generation))
    const actual = Buffer.from(text)
    return expected.length === actual.length && timingSafeEqual(expected, actual)
      ? { family, generation }
      : undefined
  }

  #sweep(): void {
    const now = this.#clock().getTime()
    this.revokeWhere((family) => hasEnded(family, now))
    this.#sweepAt = Math.max(256, this.#families.size * 2)
  }

  #limit(family: RefreshFamily): void {
    const ids = this.#byOwner.get(ownerOf(family))
    if (ids === undefined || ids.size <= PER_USER_AND_CLIENT) return
    const [oldest] = ids
    this.revoke(oldest!)
  }
}

function setEnds(family: RefreshFamily, { expires_at, idle_expires_at }: Ends): void {
  if (expires_at === undefined) delete family.expires_at
  else family.expires_at = expires_at
  if (idle_expires_at === undefined) delete family.idle_expires_at
  else family.idle_expires_at = idle_expires_at
}

function ownerOf(family: RefreshFamily): string {
  return `${family.client_id} ${family.user_id}`
}

function tokenOf(family: RefreshFamily, generation: number): string {
  const number = generation.toString(36)
  const mac = createHmac('sha256', family.key).update(`${family.id}.${number}`).digest('base64url')
  return `v1.${family.id}.${number}.${mac}`
}
