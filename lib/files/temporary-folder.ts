import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

// Not SIGHUP: a listener would undo what nohup does.
const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/**
 * Calls `use` with a new folder that only the user can read, and removes it afterwards: also when `use` throws, when
 * the process exits meanwhile, and at Ctrl-C.
 */
export async function withTemporaryFolder<T>(name: string, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), `auth0-claims-${name}`))
  const removeNow = () => rmSync(folder, { recursive: true, force: true })
  const onSignal = (signal: NodeJS.Signals) => {
    // Whoever else listens ends in its own way, and comes to the end of `use`.
    if (process.listenerCount(signal) > listenersOfOurs(signal)) return
    removeNow()
    process.off(signal, onSignal)
    OURS.delete(onSignal)
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
  }
  OURS.add(onSignal)
  process.on('exit', removeNow)
  for (const signal of SIGNALS) process.on(signal, onSignal)
  try {
    return await use(folder)
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal)
    process.off('exit', removeNow)
    OURS.delete(onSignal)
    await rm(folder, { recursive: true, force: true })
  }
}

const OURS = new Set<NodeJS.SignalsListener>()

function listenersOfOurs(signal: NodeJS.Signals): number {
  return process.listeners(signal).filter((listener) => OURS.has(listener)).length
}
