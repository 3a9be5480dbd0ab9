import type { FlagTable, FlagValues, Word } from './flags.ts'

/** The process, as commands see it: nothing else in `lib/` reads `process`. */
export interface Terminal {
  /** Folder in which the user called the command, absolute. */
  cwd: string
  /** Folder that --workspace names, absolute: it is the workspace, and none is searched for. */
  workspace?: string
  env: Readonly<Record<string, string | undefined>>
  /**
   * Results: a text is one line, a list one line each. What breaks a line, or cannot be seen, within a text is shown
   * escaped, so that no value of a file, a tenant or an Action writes a line of its own.
   */
  out(text: string | readonly string[]): void
  /** Progress, notes and errors; as {@link out}. */
  err(text: string | readonly string[]): void
  /**
   * A result that another program reads, such as JSON or XML: its line breaks stay. The caller makes sure that no value
   * breaks a line; `commands`: it is made of workflow commands of GitHub.
   */
  document(text: string, options?: { commands?: boolean }): void
  /** Whether a person reads stdout and can answer. */
  interactive: boolean
  /** All of standard input as text. */
  stdin(): Promise<string>
  /** Standard input as it comes, for what may be longer than memory holds. */
  stdinChunks(): AsyncIterable<string>
  /** One line of answer to a question; empty when the person ends the input. Only where `interactive`. */
  ask(question: string): Promise<string>
  /** Resolves when nobody reads the results any more, such as after `| head -1`: a command that serves ends then. */
  outputClosed?: Promise<void>
  /** Resolves at the first SIGINT or SIGTERM: a command that serves waits for it and then cleans up. */
  stopped: Promise<void>
}

export type OptionValues = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>

/** One command, in a file of its own under `lib/cli/commands/`. */
export interface Command {
  name: string
  /** One line for `claims --help`. */
  summary: string
  flags: FlagTable
  /** Words without a dash. @defaultValue none: one is wrong use */
  words?: readonly Word[]
  /** More lines for `claims <name> --help`. */
  notes?: readonly string[]
  /** Resolves to the exit code: see `exit-codes.ts`. Throws ToolkitError for wrong use. */
  run(terminal: Terminal, values: OptionValues, words: readonly string[]): Promise<number>
}

/** A command whose `run` gets the values that its table of flags says. */
export function defineCommand<const Table extends FlagTable>(
  command: Omit<Command, 'flags' | 'run'> & {
    flags: Table
    run(terminal: Terminal, values: FlagValues<Table>, words: readonly string[]): Promise<number>
  },
): Command {
  // The parser gives what the table says, and so do the tests.
  return command as Command
}
