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
  const watched = watchedOutput(terminal)
  try {
    return await runLine(commands, args, watched.terminal, version)
  } catch (error) {
    const failure = failureOf(error, terminal)
    for (const line of failure.lines) terminal.err(line)
    if (asksForJson(args) && !watched.hasPrinted()) terminal.out(await failureDocument(args[0]!, failure))
    return failure.exit
  }
}

/** A line that no command can be called with. */
class WrongLine extends Error {
  readonly hint: string
  constructor(message: string, hint: string) {
    super(message)
    this.hint = hint
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
    if (about !== undefined && !Object.hasOwn(commands, about)) throw unknownCommand(about, commands)
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
    throw unknownCommand(name, commands)
  }
  // Before anything is loaded: packages ask for the folder as well, and a folder that is gone is no bug of theirs.
  const { cwd } = terminal
  const command = await commands[name]!()

  const parsed = parseLine(rest, { ...command, name })
  if ('message' in parsed) throw new WrongLine(`claims ${name}: ${parsed.message}`, parsed.hint)
  const { values, words } = parsed
  if (values['help'] === true) {
    terminal.out(helpOf(command).split('\n'))
    return EXIT.clean
  }

  const { workspace } = values
  const there = typeof workspace === 'string' ? calledIn(resolve(cwd, workspace), terminal) : terminal
  return command.run(there, values, words)
}

function unknownCommand(name: string, commands: CommandLoaders): WrongLine {
  const near = nearest(name, Object.keys(commands))
  return new WrongLine(
    `"${shortWord(name)}" is not a command; there are ${Object.keys(commands).join(', ')}.`,
    `${near === undefined ? '' : `Did you mean claims ${near}? Or `}run claims --help`,
  )
}

/** Not a copy: that would read `stopped`, which takes Ctrl-C over. */
function calledIn(cwd: string, terminal: Terminal): Terminal {
  return Object.create(terminal, { cwd: { value: cwd }, workspace: { value: cwd } })
}

/** Prints an error as {@link failureOf} words it, and returns its exit code. */
export function report(error: unknown, terminal: Pick<Terminal, 'err'> & FailurePlace): number {
  const failure = failureOf(error, terminal)
  for (const line of failure.lines) terminal.err(line)
  return failure.exit
}

type FailurePlace = Partial<Pick<Terminal, 'cwd' | 'env'>>

/** Why a command ended without a result. */
interface Failure {
  /** As in `errors.ts`; `ERR_BUG` for a bug of ours. */
  code: string
  message: string
  hint?: string
  at?: { file: string; line?: number; column?: number }
  /** For stderr: one clickable line and the hint. A list is a text of several lines. */
  lines: (string | string[])[]
  exit: number
}

/**
 * Words an error for the user, with its exit code. The one place that turns the system's refusals (a full disk, a
 * missing permission) into a sentence: they are no bugs of ours.
 */
function failureOf(error: unknown, terminal: FailurePlace): Failure {
  if (error instanceof WrongLine) {
    const { message, hint } = error
    return { code: 'ERR_USAGE', message, hint, lines: [message, `  hint: ${hint}`], exit: EXIT.usage }
  }
  if (error instanceof ToolkitError) {
    const { code, hint, file, line, column } = error
    // The reason, where our own sentence says only what failed.
    const reason = systemFault(error.cause)?.reason
    const why = reason === undefined || error.message.includes(reason) ? '' : ` (${reason})`
    return failure(code, `${error.message}${why}`, hint, {
      ...(file !== undefined && {
        at: { file, ...(line !== undefined && { line }), ...(column !== undefined && { column }) },
      }),
      exit: code === 'ERR_DEPLOY' || code === 'ERR_OAUTH' ? EXIT.findings : EXIT.usage,
    })
  }
  if (
    error instanceof RangeError &&
    /call stack|string length|array length|(?:Map|Set) maximum/.test(error.message)
  ) {
    // What the limits of lib/limits.ts have let through, or do not know.
    return failure(
      'ERR_INPUT',
      'something that was read is nested more deeply, or is larger, than can be worked on',
      'Make the file, or the value, smaller.',
    )
  }
  const fault = systemFault(error, folderOf(terminal))
  if (fault !== undefined) return failure('ERR_ENVIRONMENT', fault.message, fault.hint)
  const message = 'This is a bug in auth0-claims. Please report it with what follows.'
  return {
    code: 'ERR_BUG',
    message: 'this is a bug in auth0-claims; standard error has what to report',
    lines: [message, bugText(error, terminal.env ?? {}).split('\n')],
    exit: EXIT.bug,
  }
}

function failure(
  code: string,
  message: string,
  hint: string | undefined,
  { at, exit = EXIT.usage }: { at?: Failure['at']; exit?: number } = {},
): Failure {
  const place = at === undefined ? '' : `${[at.file, at.line, at.column].filter(isSet).join(':')} `
  return {
    code,
    message,
    ...(hint !== undefined && { hint }),
    ...(at !== undefined && { at }),
    lines: [`${place}error ${code} ${message}`, ...(hint === undefined ? [] : [`  hint: ${hint}`])],
    exit,
  }
}

/** What `--json` of any command prints where there is no result: `schemas/error-output.schema.json`. */
async function failureDocument(command: string, { code, message, hint, at }: Failure): Promise<string> {
  // Loaded when it is asked for: each file costs a short run its time.
  const { jsonDocument } = await import('./json-document.ts')
  return jsonDocument(shortWord(command), { error: { code, message, hint, ...at } })
}

/** Also for a line that cannot be read: its author waits for a document. */
function asksForJson(args: readonly string[]): boolean {
  return args.some(
    (arg, index) =>
      arg === '--json' || arg === '--format=json' || (arg === 'json' && args[index - 1] === '--format'),
  )
}

/** The same terminal, and whether a result was printed: a second document beside one would be none that a program reads. */
function watchedOutput(terminal: Terminal): { terminal: Terminal; hasPrinted(): boolean } {
  let printed = false
  const noting =
    <Args extends unknown[]>(print: (...args: Args) => void) =>
    (...args: Args) => {
      printed = true
      print(...args)
    }
  return {
    // Not a copy: see calledIn.
    terminal: Object.create(terminal, {
      out: { value: noting(terminal.out.bind(terminal)) },
      document: { value: noting(terminal.document.bind(terminal)) },
    }),
    hasPrinted: () => printed,
  }
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
