import { type StartedCli, withStartedCli } from '../deploy/index.ts'
import { type Command, defineCommand, type Terminal } from './command.ts'
import type { FlagTable, FlagValues } from './flags.ts'

/** A command that plans: the deploy CLI is loaded while the workspace is read and checked. */
export function withDeployCli<const Table extends FlagTable>(
  command: Omit<Command, 'flags' | 'run'> & {
    flags: Table
    run(terminal: Terminal, values: FlagValues<Table>, cli: StartedCli): Promise<number>
  },
): Command {
  return defineCommand<Table>({
    ...command,
    run: (terminal, values) => withStartedCli((cli) => command.run(terminal, values, cli)),
  })
}
