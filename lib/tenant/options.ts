import { nearest } from '../check/nearest.ts'
import { ToolkitError } from '../errors.ts'
import type { Runtime } from '../runtime/types.ts'
import type { KeyRing } from '../tokens/index.ts'
import type { LocalFile } from '../workspace/types.ts'
import type { BruteForceProtection } from './entities.ts'
import { emptyState, type TenantState } from './state.ts'

export interface StartTenantOptions {
  /** Folder of a workspace: its tenant.yaml, tenant.local.yaml and Actions, built in memory, are the tenant. */
  workspace?: string
  /** Users, memberships and settings to begin with. */
  local?: LocalFile
  /** @defaultValue an empty tenant */
  state?: TenantState
  /**
   * File that keeps keys, users, sessions and refresh tokens over restarts. Made when it is missing; holds secrets.
   * @defaultValue everything is in memory
   */
  stateFile?: string
  /** Signing keys, to share them between the tenants of a test suite. @defaultValue new ones, or those of `stateFile` */
  keys?: KeyRing
  /** Port for apps. @defaultValue a free one */
  port?: number
  /** Serve apps over https too, with the certificate in `certificate`. @defaultValue false */
  https?: boolean
  /** Where the time comes from: expiry, `iat`, `exp`. @defaultValue `() => new Date()` */
  clock?: () => Date
  /**
   * Blocks a user for an address after ten wrong passwords in a row, until a right one, a restart, or a `DELETE` at
   * `/api/v2/user-blocks`. `false`, or settings under Auth0's names, go over those of tenant.yaml.
   * @defaultValue `attackProtection.bruteForceProtection` of tenant.yaml, else Auth0's defaults
   */
  bruteForceProtection?: boolean | Partial<BruteForceProtection>
  /** Runs the Actions; not stopped by `stop`. @defaultValue an isolated runtime of its own, started at the first Action */
  runtime?: Runtime
  /** Source map of a deployed Action's code, so that traces name the TypeScript source. */
  sourceMapFor?: (code: string) => string | undefined
}

/** What a value must be, in words that follow "must be", and whether it is. */
type MustBe = readonly [words: string, is: (value: unknown) => boolean]

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isText = (value: unknown) => typeof value === 'string' && value.trim() !== ''
const isFunction = (value: unknown) => typeof value === 'function'

const TEXT: MustBe = ['a text that is not empty', isText]
const BOOLEAN: MustBe = ['true or false', (value) => typeof value === 'boolean']
const FUNCTION: MustBe = ['a function', isFunction]

const OPTIONS: { [Name in keyof Required<StartTenantOptions>]: MustBe } = {
  workspace: TEXT,
  local: [
    'what a tenant.local.yaml holds: users with email and password, organizations with members',
    isLocal,
  ],
  state: ['a state as emptyState() makes it', isState],
  stateFile: TEXT,
  keys: ['keys as createKeyRing() makes them', isKeyRing],
  port: ['a whole number from 0 to 65535', isPort],
  https: BOOLEAN,
  clock: FUNCTION,
  bruteForceProtection: ['true, false or settings', (value) => typeof value === 'boolean' || isObject(value)],
  runtime: ['a runtime', (value) => isObject(value) && isFunction(value['run'])],
  sourceMapFor: FUNCTION,
}

/**
 * Checks what TypeScript would check. Members that are `undefined` count as left out. Does not look into
 * `bruteForceProtection`, nor at what is more than the shape of the others.
 *
 * @throws {ToolkitError} `ERR_USAGE` with the name of the option at fault, never its value.
 */
export function assertOptions(given: unknown): asserts given is StartTenantOptions {
  if (!isObject(given)) throw usage('the options of startTenant must be an object')
  const known = Object.keys(OPTIONS)
  for (const [name, value] of Object.entries(given)) {
    if (!known.includes(name)) {
      const near = nearest(name, known)
      throw usage(
        `"${name}" is no option of startTenant`,
        near === undefined ? `Its options: ${known.join(', ')}.` : `Did you mean "${near}"?`,
      )
    }
    if (value === undefined) continue
    const [words, is] = OPTIONS[name as keyof StartTenantOptions]
    if (!is(value)) throw usage(`"${name}" of startTenant must be ${words}`)
  }
}

function isPort(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65_535
}

function isState(value: unknown): boolean {
  if (!isObject(value)) return false
  return Object.entries(emptyState()).every(([name, part]) => {
    if (part instanceof Map) return value[name] instanceof Map
    return Array.isArray(part) ? Array.isArray(value[name]) : isObject(value[name])
  })
}

function isKeyRing(value: unknown): boolean {
  if (!isObject(value) || !isFunction(value['elliptic']) || !isFunction(value['jwks'])) return false
  return isObject(value['current']) && isObject(value['next'])
}

function isLocal(value: unknown): boolean {
  if (!isObject(value)) return false
  const { users, organizations = [] } = value
  if (!Array.isArray(users) || !Array.isArray(organizations)) return false
  return (
    users.every((user) => isObject(user) && isText(user['email']) && typeof user['password'] === 'string') &&
    organizations.every(
      (one) =>
        isObject(one) &&
        isText(one['name']) &&
        Array.isArray(one['members']) &&
        one['members'].every((member) => isObject(member) && isText(member['user'])),
    )
  )
}

function usage(message: string, hint?: string): ToolkitError {
  return new ToolkitError('ERR_USAGE', message, hint === undefined ? {} : { hint })
}
