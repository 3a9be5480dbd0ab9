import { randomBytes, scrypt } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ToolkitError } from '../errors.ts'
import { makeOwnFolder, OWN_FILE, OWN_FOLDER, readIfThere, writeWhole } from '../files/index.ts'
import type { Workspace } from '../workspace/types.ts'
import { markersOf, resolvedTenant } from './markers.ts'

/** What was sent, by tenant and then `<action> <secret>`: a salted, slow hash, from which a good secret cannot be told. */
interface Fingerprints {
  version: 1
  salt: string
  tenants: Record<string, Record<string, string>>
}

export interface FingerprintOptions {
  workspace: Workspace
  domain: string
  keywords: Readonly<Record<string, string>>
  /** What the deploy CLI is told to leave out. @defaultValue nothing */
  config?: Readonly<Record<string, unknown>>
}

const FILE = join(OWN_FOLDER, 'secrets.json')

/**
 * Names of secrets, by Action, whose value has changed since the last deploy from this workspace. Auth0 never shows
 * values, so only the sender can tell. Empty where {@link writeFingerprints} has kept nothing; `undefined` without its
 * file.
 */
export async function changedSecrets(
  options: FingerprintOptions,
): Promise<ReadonlyMap<string, readonly string[]> | undefined> {
  const kept = await read(options.workspace.root)
  if (kept === undefined) return undefined
  const changed = new Map<string, string[]>()
  const old = kept.tenants[options.domain] ?? {}
  const now = await fingerprintsOf(kept.salt, options)
  for (const [key, fingerprint] of Object.entries(now)) {
    if (old[key] === undefined || old[key] === fingerprint) continue
    const [action = '', secret = ''] = JSON.parse(key) as string[]
    changed.set(action, [...(changed.get(action) ?? []), secret])
  }
  return changed
}

/** Keeps fingerprints of the values that have just been sent with these Actions, in a file that only the user can read. */
export async function writeFingerprints(options: FingerprintOptions, sent: readonly string[]): Promise<void> {
  const { root } = options.workspace
  const kept = (await read(root)) ?? { version: 1, salt: randomBytes(32).toString('base64url'), tenants: {} }
  const now = Object.entries(await fingerprintsOf(kept.salt, options))
  kept.tenants[options.domain] = {
    ...kept.tenants[options.domain],
    ...Object.fromEntries(now.filter(([key]) => sent.includes((JSON.parse(key) as string[])[0]!))),
  }
  await makeOwnFolder(root)
  await writeWhole(join(root, FILE), `${JSON.stringify(kept, null, 2)}\n`, { root, mode: OWN_FILE })
}

async function read(root: string): Promise<Fingerprints | undefined> {
  const text = await readIfThere(join(root, FILE))
  if (text === undefined) return undefined
  try {
    const kept = JSON.parse(text) as Fingerprints | null
    if (typeof kept?.salt === 'string' && typeof kept.tenants === 'object' && kept.tenants !== null)
      return kept
  } catch {
    // Not the cause: it quotes the text.
  }
  throw new ToolkitError('ERR_INPUT', `"${FILE}" is not what claims deploy keeps there`, {
    hint: 'Delete it.',
    file: FILE,
  })
}

async function fingerprintsOf(
  salt: string,
  { workspace, domain, keywords, config }: FingerprintOptions,
): Promise<Record<string, string>> {
  const hash = promisify<string, string, number, Buffer>(scrypt)
  // The key shows markers as they are written; the value is what is sent.
  const { filled } = markersOf(workspace, keywords)
  const isSent = resolvedTenant(workspace, keywords, config).actions !== undefined
  const entries = (isSent ? workspace.actions : []).flatMap((action) =>
    action.secrets.map(async (secret) => {
      const key = JSON.stringify([action.name, secret.name])
      const value = filled(secret.value)
      const fingerprint = await hash(String(value), `${salt} ${domain} ${key}`, 32)
      return [key, fingerprint.toString('base64url')] as const
    }),
  )
  return Object.fromEntries(await Promise.all(entries))
}
