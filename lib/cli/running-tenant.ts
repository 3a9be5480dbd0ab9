import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { makeOwnFolder, OWN_FILE, OWN_FOLDER, readIfThere, writeWhole } from '../files/index.ts'
import { isObject } from '../json.ts'
import { isLoopback } from '../loopback.ts'

const FILE = 'tenant.json'

/** Milliseconds for an answer of a tenant on this machine. */
const PATIENCE = 2000

/**
 * Notes in the workspace where its local tenant is, so that other commands find it. A workspace that cannot be written
 * to has no note. Returns a function that takes the note away.
 */
export async function announceTenant(root: string, url: string): Promise<() => Promise<void>> {
  const text = `${JSON.stringify({ url })}\n`
  const path = join(root, OWN_FOLDER, FILE)
  try {
    await makeOwnFolder(root)
    await writeWhole(path, text, { root, mode: OWN_FILE })
  } catch {
    return async () => {}
  }
  return async () => {
    // Another tenant may have been started since.
    if ((await readIfThere(path).catch(() => undefined)) === text) await rm(path, { force: true })
  }
}

/**
 * Address of the local tenant that runs for a workspace; `undefined` where none does. Only an address of this machine
 * counts, and only if it answers as a tenant: the note may be of one that was killed.
 */
export async function runningTenant(root: string): Promise<string | undefined> {
  const text = await readIfThere(join(root, OWN_FOLDER, FILE)).catch(() => undefined)
  const url = text === undefined ? undefined : urlIn(text)
  if (url === undefined) return undefined
  try {
    const response = await fetch(new URL('/.well-known/openid-configuration', url), {
      redirect: 'error',
      signal: AbortSignal.timeout(PATIENCE),
    })
    const found: unknown = response.ok ? await response.json() : undefined
    return isObject(found) && found['issuer'] === `${url}/` ? url : undefined
  } catch {
    return undefined
  }
}

function urlIn(text: string): string | undefined {
  try {
    const note: unknown = JSON.parse(text)
    const url = isObject(note) ? String(note['url']) : ''
    const { hostname, origin, protocol } = new URL(url)
    return protocol === 'http:' && origin === url && isLoopback(hostname) ? url : undefined
  } catch {
    return undefined
  }
}
