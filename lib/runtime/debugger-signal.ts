let ignored = false

/**
 * From now on SIGUSR1 does nothing to this process. Node answers it by opening a debugger's port, through which whoever
 * can send signals, such as an Action in a child process, would run code in here. A debugger of your own starts with
 * `--inspect`.
 */
export function ignoreDebuggerSignal(): void {
  if (ignored || process.platform === 'win32') return
  ignored = true
  process.on('SIGUSR1', () => {})
}
