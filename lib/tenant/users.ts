import {
  createHmac,
  scrypt as nodeScrypt,
  randomBytes,
  type ScryptOptions,
  timingSafeEqual,
} from 'node:crypto'
import { ToolkitError } from '../errors.ts'
import { profileDefaults } from '../policy/index.ts'
import { localUserId } from '../workspace/local-ids.ts'
import type { LocalFile, LocalUser } from '../workspace/types.ts'
import { isDeeperThan, MAX_DEPTH } from './bounds.ts'
import type { User } from './entities.ts'
import { DATABASE_CONNECTION, type TenantState } from './state.ts'

// Cheap on purpose: the passwords of a local tenant stand in tenant.local.yaml, and every login pays for it.
const COST: ScryptOptions = { N: 1024, r: 8, p: 1 }

function scrypt(password: string, salt: Buffer, length: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    nodeScrypt(password.normalize('NFKC'), salt, length, COST, (error, key) =>
      error === null ? resolve(key) : reject(error),
    )
  })
}

/** `scrypt$<salt>$<hash>`, both base64url. */
async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  return `scrypt$${salt.toString('base64url')}$${(await scrypt(password, salt, 32)).toString('base64url')}`
}

// A password that was verified once in this process is recognised by a keyed hash: a test suite logs in thousands of
// times.
const VERIFIED_KEY = randomBytes(32)
const verified = new Map<string, Buffer>()
const MAX_VERIFIED = 1000

/** Takes as long for an unknown user (`undefined`) as for a wrong password. */
export async function verifyPassword(user: User | undefined, password: string): Promise<boolean> {
  const mark = createHmac('sha256', VERIFIED_KEY).update(password.normalize('NFKC')).digest()
  const known = user === undefined ? undefined : verified.get(user.password_hash)
  if (known !== undefined && timingSafeEqual(known, mark)) return true
  const fits = await fitsHash(user, password)
  if (fits && user !== undefined) {
    if (verified.size >= MAX_VERIFIED) verified.clear()
    verified.set(user.password_hash, mark)
  }
  return fits
}

async function fitsHash(user: User | undefined, password: string): Promise<boolean> {
  const [, salt = '', hash = ''] = (user?.password_hash ?? '').split('$')
  const expected = Buffer.from(hash, 'base64url')
  const actual = await scrypt(password, Buffer.from(salt || 'no such user', 'base64url'), 32)
  return expected.length === actual.length && timingSafeEqual(expected, actual)
}

/** By e-mail address, user name or phone number; addresses do not differ by case. */
export function findUser(state: TenantState, identifier: string): User | undefined {
  const wanted = identifier.trim().toLowerCase()
  if (wanted === '') return undefined
  for (const user of state.users.values()) {
    if (user.email.toLowerCase() === wanted || user.username?.toLowerCase() === wanted) return user
    if (user.phone_number === wanted) return user
  }
  return undefined
}

/** Whether a text can be an address: without blanks and characters that nobody sees, or that a terminal obeys. */
export function isEmailAddress(text: unknown): boolean {
  return (
    typeof text === 'string' && text.length <= 320 && /^[^@\s\p{Cc}\p{Cf}]+@[^@\s\p{Cc}\p{Cf}]+$/u.test(text)
  )
}

/** Whether anybody may sign up: a setting of the database connection. */
export function signupIsOpen({ connections }: TenantState): boolean {
  const database = [...connections.values()].find(({ name }) => name === DATABASE_CONNECTION)
  return database?.options?.['disable_signup'] !== true
}

/** A new user of the database connection, as a signup or an import makes it. */
export async function createUser(local: LocalUser, now: Date): Promise<User> {
  const email = local.email.trim()
  const date = now.toISOString()
  const { password, roles, user_metadata, app_metadata, user_id, ...profile } = local
  return {
    ...profile,
    user_id: user_id ?? localUserId(email),
    ...profileDefaults({ ...local, email }),
    created_at: date,
    updated_at: date,
    user_metadata: structuredClone(user_metadata ?? {}),
    app_metadata: structuredClone(app_metadata ?? {}),
    password_hash: await hashPassword(password),
    roles: [...(roles ?? [])],
    logins_count: 0,
    id_token_claims: {},
  }
}

function keptOf(user: User): Partial<User> {
  const { user_metadata, app_metadata, logins_count, id_token_claims, created_at } = user
  return { user_metadata, app_metadata, logins_count, id_token_claims, created_at }
}

/**
 * Puts users, memberships and settings of a tenant.local.yaml into the state. Users that are already there keep
 * what logins have changed (metadata, counts), and take the rest from the file.
 *
 * @throws {ToolkitError} `ERR_INPUT` when a member of an organization is no user of the file, or metadata is nested
 * too deeply.
 */
export async function importLocalFile(state: TenantState, local: LocalFile, now: Date): Promise<void> {
  const deep = local.users.find(({ user_metadata, app_metadata }) =>
    isDeeperThan([user_metadata, app_metadata], MAX_DEPTH + 1),
  )
  if (deep !== undefined) {
    throw new ToolkitError(
      'ERR_INPUT',
      `the metadata of "${deep.email}" is nested more than ${MAX_DEPTH} levels deep`,
      { hint: 'Make it flatter: no Action can set such metadata either.', file: 'tenant.local.yaml' },
    )
  }
  const users = await Promise.all(local.users.map((user) => createUser(user, now)))
  for (const user of users) {
    const known = state.users.get(user.user_id)
    if (known === undefined) state.users.set(user.user_id, user)
    else Object.assign(known, { ...user, ...keptOf(known) })
  }
  for (const organization of local.organizations ?? []) {
    for (const member of organization.members) {
      const user = findUser(state, member.user) ?? state.users.get(member.user)
      if (user === undefined) {
        throw new ToolkitError(
          'ERR_INPUT',
          `"${member.user}" is a member of "${organization.name}", but no user`,
          {
            hint: 'Add it to users, or correct the address.',
            file: 'tenant.local.yaml',
          },
        )
      }
      const rest = state.memberships.filter(
        ({ organization: name, user_id }) => name !== organization.name || user_id !== user.user_id,
      )
      state.memberships = [
        ...rest,
        { organization: organization.name, user_id: user.user_id, roles: [...(member.roles ?? [])] },
      ]
    }
  }
  Object.assign(state.settings, local.settings ?? {})
}
