// Not SIGHUP: a listener would undo what nohup does.
const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/**
 * Calls `use`, and `clear` at once when the process exits or is told to end meanwhile. When `use` ends in its own way,
 * `clear` is not called.
 */
export async function clearedAtEnd<T>(clear: () => void, use: () => Promise<T>): Promise<T> {
  const onSignal = (signal: NodeJS.Signals) => {
    // Another listener ends the process in its own way, after `use` has ended.
    if (process.listenerCount(signal) > listenersOfOurs(signal)) return
    clear()
    process.off(signal, onSignal)
    OURS.delete(onSignal)
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
  }
  OURS.add(onSignal)
  process.on('exit', clear)
  for (const signal of SIGNALS) process.on(signal, onSignal)
  try {
    return await use()
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal)
    process.off('exit', clear)
    OURS.delete(onSignal)
  }
}

const OURS = new Set<NodeJS.SignalsListener>()

function listenersOfOurs(signal: NodeJS.Signals): number {
  return process.listeners(signal).filter((listener) => OURS.has(listener)).length
}
