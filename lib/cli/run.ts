import { resolve } from 'node:path'
import { nearest } from '../check/nearest.ts'
import { ToolkitError } from '../errors.ts'
import type { Command, Terminal } from './command.ts'
import { EXIT } from './exit-codes.ts'
import { helpRows, parseLine, shortWord, usageOf } from './flags.ts'
import { systemFault } from './system-error.ts'

/** Commands by name. Only the one that is called is loaded. */
export type CommandLoaders = Readonly<Record<string, () => Promise<Command>>>

/**
 * Runs one command line, without the program's own name.
 * Never throws: what is wrong becomes a message on stderr and an exit code.
 */
export async function run(
  commands: CommandLoaders,
  args: readonly string[],
  terminal: Terminal,
  version: () => Promise<string>,
): Promise<number> {
  try {
    return await runLine(commands, args, terminal, version)
  } catch (error) {
    return report(error, terminal)
  }
}

async function runLine(
  commands: CommandLoaders,
  args: readonly string[],
  terminal: Terminal,
  version: () => Promise<string>,
): Promise<number> {
  const [name, ...rest] = args
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const about = rest.find((word) => !word.startsWith('-'))
    if (about !== undefined && !Object.hasOwn(commands, about))
      return unknownCommand(about, commands, terminal)
    terminal.out(
      (about === undefined ? await overview(commands) : helpOf(await commands[about]!())).split('\n'),
    )
    return name === undefined ? EXIT.usage : EXIT.clean
  }
  if (name === '--version' || name === '-V') {
    terminal.out(await version())
    return EXIT.clean
  }
  if (!Object.hasOwn(commands, name)) {
    return unknownCommand(name, commands, terminal)
  }
  // Before anything is loaded: packages ask for the folder as well, and a folder that is gone is no bug of theirs.
  const { cwd } = terminal
  const command = await commands[name]!()

  const parsed = parseLine(rest, { ...command, name })
  if ('message' in parsed) {
    terminal.err(`claims ${name}: ${parsed.message}`)
    terminal.err(`  hint: ${parsed.hint}`)
    return EXIT.usage
  }
  const { values, words } = parsed
  if (values['help'] === true) {
    terminal.out(helpOf(command).split('\n'))
    return EXIT.clean
  }

  const { workspace } = values
  const there = typeof workspace === 'string' ? calledIn(resolve(cwd, workspace), terminal) : terminal
  return command.run(there, values, words)
}

function unknownCommand(name: string, commands: CommandLoaders, terminal: Terminal): number {
  const near = nearest(name, Object.keys(commands))
  terminal.err(`"${shortWord(name)}" is not a command; there are ${Object.keys(commands).join(', ')}.`)
  terminal.err(`  hint: ${near === undefined ? '' : `Did you mean claims ${near}? Or `}run claims --help`)
  return EXIT.usage
}

/** Not a copy: that would read `stopped`, which takes Ctrl-C over. */
function calledIn(cwd: string, terminal: Terminal): Terminal {
  return Object.create(terminal, { cwd: { value: cwd }, workspace: { value: cwd } })
}

/**
 * Prints an error as one clickable line and its hint, and answers the exit code that belongs to it. The one place that
 * turns the system's refusals (a full disk, a missing permission) into a sentence: they are no bugs of ours.
 */
export function report(
  error: unknown,
  terminal: Pick<Terminal, 'err'> & Partial<Pick<Terminal, 'cwd' | 'env'>>,
): number {
  if (error instanceof ToolkitError) {
    const place =
      error.file === undefined ? '' : `${[error.file, error.line, error.column].filter(isSet).join(':')} `
    // Why, where our own sentence says only what.
    const reason = systemFault(error.cause)?.reason
    const why = reason === undefined || error.message.includes(reason) ? '' : ` (${reason})`
    terminal.err(`${place}error ${error.code} ${error.message}${why}`)
    if (error.hint !== undefined) terminal.err(`  hint: ${error.hint}`)
    return error.code === 'ERR_DEPLOY' || error.code === 'ERR_OAUTH' ? EXIT.findings : EXIT.usage
  }
  if (
    error instanceof RangeError &&
    /call stack|string length|array length|(?:Map|Set) maximum/.test(error.message)
  ) {
    // What the limits of lib/limits.ts have let through, or do not know.
    terminal.err(
      'error ERR_INPUT something that was read is nested more deeply, or is larger, than can be worked on',
    )
    terminal.err('  hint: Make the file, or the value, smaller.')
    return EXIT.usage
  }
  const fault = systemFault(error, folderOf(terminal))
  if (fault !== undefined) {
    terminal.err(`error ERR_ENVIRONMENT ${fault.message}`)
    terminal.err(`  hint: ${fault.hint}`)
    return EXIT.usage
  }
  terminal.err('This is a bug in auth0-claims. Please report it with what follows.')
  terminal.err(bugText(error, terminal.env ?? {}).split('\n'))
  return EXIT.bug
}

/** What to report of a bug: never what a parser has read, nor a credential of the environment. */
function bugText(error: unknown, env: Terminal['env']): string {
  if (!(error instanceof Error)) return `what was thrown is no error but ${typeof error}`
  const stack = error.stack ?? error.message
  const frames = stack.split('\n').filter((line) => /^ {4}at /.test(line))
  let text =
    error instanceof SyntaxError
      ? [`${error.name} (its message may quote a file)`, ...frames].join('\n')
      : stack
  for (const [name, value = ''] of Object.entries(env)) {
    if (/SECRET|TOKEN|PASSW|CREDENTIAL|PRIVATE|_KEY$/i.test(name) && value.length >= 6)
      text = text.replaceAll(value, '***')
  }
  return text
}

/** The folder may be what is missing. */
function folderOf(terminal: { cwd?: string }): string | undefined {
  try {
    return terminal.cwd
  } catch {
    return undefined
  }
}

async function overview(loaders: CommandLoaders): Promise<string> {
  const commands = await Promise.all(Object.values(loaders).map((load) => load()))
  const width = Math.max(...commands.map((command) => command.name.length)) + 2
  return [
    'Gives Auth0 token claims a contract, and proves it from the Action to the API.',
    '',
    'Usage: claims <command> [--help]',
    '',
    ...commands.map((command) => `  ${command.name.padEnd(width)}${command.summary}`),
    '',
    'All commands work in the workspace of the current folder or of one above it, or of --workspace <folder>,',
    'as if called there (claims pull in the current folder itself);',
    'and take --json where they have results.',
    'Exit codes: 0 clean; 1 findings, or a refused outcome; 2 wrong use, unreadable input or a refusal of',
    'the system; 70 a bug of ours; 141 nobody read the output to its end.',
  ].join('\n')
}

function helpOf(command: Command): string {
  const rows = [...helpRows(command), ...(command.notes ?? []).map((note) => ['', note])]
  const width = Math.max(0, ...rows.map(([flag]) => flag!.length)) + 2
  return [
    command.summary,
    '',
    `Usage: claims ${command.name} ${usageOf(command)}`.trimEnd(),
    ...(rows.length === 0 ? [] : ['']),
    ...rows.map(([flag, meaning]) => `  ${flag!.padEnd(width)}${meaning}`),
  ].join('\n')
}

function isSet<T>(value: T | undefined): value is T {
  return value !== undefined
}
