import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { link, open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { kill, pid } from 'node:process'
import { ifMissing } from './missing.ts'

/** A process that has a lock, and the line that it left for others. */
export interface LockHolder {
  pid: number
  name: string
}

/** Locks of this process. */
const held = new Map<string, string>()

/**
 * Claims a lock by a file that names this process; its folder must exist. The lock of a dead process does not count,
 * also where another process has its number now (as far as `/proc` tells). Does not see processes of other machines or
 * containers.
 *
 * @param name What is told to others that want it: one line.
 * @returns how to give it back, or who has it
 * @throws the system's error where the file cannot be written
 */
export async function lockFile(lock: string, name: string): Promise<(() => void) | LockHolder> {
  const own = held.get(lock)
  if (own !== undefined) return { pid, name: own }
  held.set(lock, name)
  try {
    const holder = await claimed(lock, `${pid} ${(await startOf(pid)) ?? 0} ${name}`)
    if (holder !== undefined) {
      held.delete(lock)
      return holder
    }
  } catch (error) {
    held.delete(lock)
    throw error
  }
  return () => {
    if (held.delete(lock)) rmSync(lock, { force: true })
  }
}

async function claimed(lock: string, text: string): Promise<LockHolder | undefined> {
  for (;;) {
    if (await written(lock, text)) return undefined
    const there = await readFile(lock, 'utf8').catch(ifMissing(''))
    const holder = await livingHolder(there)
    if (holder !== undefined) return holder
    await takeAway(lock, there)
  }
}

/** Written together with its content: an empty lock would look like nobody's. */
async function written(lock: string, text: string): Promise<boolean> {
  const temporary = besides(lock)
  try {
    await writeFile(temporary, text, { flag: 'wx', mode: 0o600 })
    await link(temporary, lock).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') throw error
      // A file system without links.
      const file = await open(lock, 'wx', 0o600)
      await file.writeFile(text)
      await file.close()
    })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await rm(temporary, { force: true })
  }
}

/** Takes away what a dead process has left, and nothing that another one has put there meanwhile. */
async function takeAway(lock: string, stale: string): Promise<void> {
  const aside = besides(lock)
  try {
    await rename(lock, aside)
  } catch (error) {
    ifMissing()(error)
    return
  }
  if ((await readFile(aside, 'utf8')) !== stale) await link(aside, lock).catch(() => {})
  await rm(aside, { force: true })
}

async function livingHolder(text: string): Promise<LockHolder | undefined> {
  const [number = '', start = '', ...name] = text.split(' ')
  const owner = Number(number)
  // Our own number without a lock of ours: another process had it before this one.
  if (!Number.isInteger(owner) || owner <= 0 || owner === pid || !isAlive(owner)) return undefined
  const now = await startOf(owner)
  if (now !== undefined && Number(start) > 0 && now !== Number(start)) return undefined
  return { pid: owner, name: name.join(' ') }
}

function isAlive(owner: number): boolean {
  try {
    kill(owner, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/**
 * When a process began, in ticks of the system; tells two processes with the same number apart. `undefined` where the
 * system does not say.
 */
async function startOf(owner: number): Promise<number | undefined> {
  const stat = await readFile(`/proc/${owner}/stat`, 'utf8').catch(() => undefined)
  // The second field is a name in parentheses, and may hold anything; the start is the 22nd.
  const start = Number(stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19])
  return Number.isInteger(start) ? start : undefined
}

function besides(lock: string): string {
  return `${lock}.${randomBytes(6).toString('hex')}`
}
