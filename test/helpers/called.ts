import type { Command } from '../../lib/cli/command.ts'
import { run } from '../../lib/cli/run.ts'
import { recordedTerminal } from './terminal.ts'

/** Runs a command as `claims <name> …` would, refusals included; one that serves ends at once. */
export async function called(cwd: string, command: Command, args: readonly string[] = [], stdin = '') {
  const terminal = recordedTerminal({ cwd, stdin })
  terminal.stop()
  const code = await run(
    { [command.name]: async () => command },
    [command.name, ...args],
    terminal,
    async () => '0',
  )
  return { code, out: terminal.stdout(), err: terminal.stderr() }
}
