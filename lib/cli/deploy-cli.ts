import { type StartedCli, withStartedCli } from '../deploy/index.ts'
import type { Command, OptionValues, Terminal } from './command.ts'

type Planning = Omit<Command, 'run'> & {
  run(terminal: Terminal, values: OptionValues, cli: StartedCli): Promise<number>
}

/** A command that plans: the deploy CLI is loaded while the workspace is read and checked. */
export function withDeployCli(command: Planning): Command {
  return {
    ...command,
    run: (terminal, values) => withStartedCli((cli) => command.run(terminal, values, cli)),
  }
}
