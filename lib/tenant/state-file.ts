import { open, readFile, rename, rm, stat } from 'node:fs/promises'
import { ToolkitError } from '../errors.ts'
import { type KeyRing, restoreKeyRing, storeKeyRing } from '../tokens/index.ts'
import { storeSession } from './authentication/sessions.ts'
import type { Store } from './authentication/store.ts'
import type { TenantState } from './state.ts'
import { type Content, DamagedContentError, stateContent, VERSION } from './state-content.ts'
import { notWritable } from './state-lock.ts'

/** Tens of thousands of users and sessions take a tenth of it. */
const MAX_BYTES = 100_000_000

export interface RestoredState {
  keys: KeyRing
  opaqueKey: Uint8Array
  /** Puts the rest into state and store. */
  apply(state: TenantState, store: Store): void
}

/**
 * Reads a state file; `undefined` when there is none yet.
 *
 * @throws {ToolkitError} `ERR_INPUT` for a file that is damaged. It is left as it is.
 */
export async function readStateFile(path: string): Promise<RestoredState | undefined> {
  let text: string
  try {
    const found = await stat(path)
    // A pipe or a device may never end.
    if (!found.isFile()) throw damaged(path, 'is not a file', undefined)
    if (found.size > MAX_BYTES) throw damaged(path, `is larger than ${MAX_BYTES} bytes`, undefined)
    text = await readFile(path, 'utf8')
  } catch (cause) {
    if (cause instanceof ToolkitError) throw cause
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw damaged(path, 'cannot be read', cause)
  }
  try {
    const content = stateContent(JSON.parse(text))
    const keys = await restoreKeyRing(content.keys)
    const opaqueKey = Buffer.from(content.opaqueKey, 'base64url')
    return { keys, opaqueKey, apply: (state, store) => apply(content, state, store) }
  } catch (error) {
    // Errors of JSON and of keys show what they read: secrets. Ours say where it is.
    const cause = error instanceof DamagedContentError ? error : undefined
    const place = cause === undefined ? '' : `: ${cause.message}`
    throw damaged(path, `is not a state file of this version, or is damaged${place}`, cause)
  }
}

function apply(content: Content, state: TenantState, store: Store): void {
  for (const user of content.users) state.users.set(user.user_id, user)
  // Not spread as arguments, of which there may be too many.
  state.memberships = [...state.memberships, ...content.memberships]
  for (const [session, expires] of content.sessions) {
    storeSession(store, { idle_expiry: expires, ...session }, expires)
  }
  for (const family of content.refreshTokens) {
    store.refreshTokens.add({ ...family, key: Buffer.from(family.key, 'base64url') })
  }
  for (const [key, scopes] of content.consents) store.consents.set(key, new Set(scopes))
}

/** Writes beside the file and renames: whoever reads finds the old state or the new one, never half of it. */
export async function writeStateFile(
  path: string,
  {
    keys,
    opaqueKey,
    state,
    store,
  }: { keys: KeyRing; opaqueKey: Uint8Array; state: TenantState; store: Store },
): Promise<void> {
  const content: Content = {
    version: VERSION,
    keys: await storeKeyRing(keys),
    opaqueKey: Buffer.from(opaqueKey).toString('base64url'),
    users: [...state.users.values()],
    memberships: state.memberships,
    sessions: [...store.sessions.entries()].map(([, session, expires]) => [session, expires]),
    refreshTokens: [...store.refreshTokens.families()].map((family) => ({
      ...family,
      key: family.key.toString('base64url'),
    })),
    consents: [...store.consents].map(([key, scopes]) => [key, [...scopes]]),
  }
  // Nobody else writes here: see `lockStateFile`. A write that was cut off has left the same name behind.
  const temporary = `${path}.tmp`
  try {
    await rm(temporary, { force: true })
    const file = await open(temporary, 'wx', 0o600)
    try {
      await file.writeFile(JSON.stringify(content))
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (cause) {
    await rm(temporary, { force: true })
    throw notWritable(path, cause)
  }
}

function damaged(path: string, what: string, cause: unknown): ToolkitError {
  return new ToolkitError('ERR_INPUT', `"${path}" ${what}`, {
    hint: 'Repair it, move it away, or name another file. It was not changed.',
    file: path,
    cause,
  })
}

/** Saves now and then while things change, and once more at the end. One write at a time. */
export class StateSaver {
  readonly #save: () => Promise<void>
  #timer: NodeJS.Timeout | undefined
  #last: Promise<void> = Promise.resolve()

  constructor(save: () => Promise<void>) {
    this.#save = save
  }

  changed(): void {
    if (this.#timer !== undefined) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      // A failure shows at the end, when there is somebody to tell.
      this.#last = this.#last.catch(() => {}).then(this.#save)
      this.#last.catch(() => {})
    }, 1000)
    this.#timer.unref()
  }

  async finish(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#last = this.#last.catch(() => {}).then(this.#save)
    await this.#last
  }
}
