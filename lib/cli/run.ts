import { resolve } from 'node:path'
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { ToolkitError } from '../errors.ts'
import type { Command, OptionValues, Terminal } from './command.ts'
import { EXIT } from './exit-codes.ts'
import { systemFault } from './system-error.ts'

/** Flags that every command takes. */
const COMMON = {
  help: { type: 'boolean', short: 'h' },
  workspace: { type: 'string' },
} as const satisfies NonNullable<ParseArgsConfig['options']>

/** What is used of what `parseArgs` has seen. */
type Token =
  | { kind: 'option'; name: string; value: string | undefined }
  | { kind: 'positional' | 'option-terminator' }

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
    const about = Object.hasOwn(commands, rest[0] ?? '') ? commands[rest[0]!] : undefined
    terminal.out((about === undefined ? await overview(commands) : helpOf(await about())).split('\n'))
    return name === undefined ? EXIT.usage : EXIT.clean
  }
  if (name === '--version' || name === '-V') {
    terminal.out(await version())
    return EXIT.clean
  }
  if (!Object.hasOwn(commands, name)) {
    terminal.err(`"${name}" is not a command; there are ${Object.keys(commands).join(', ')}.`)
    terminal.err('  hint: run claims --help')
    return EXIT.usage
  }
  // Before anything is loaded: packages ask for the folder as well, and a folder that is gone is no bug of theirs.
  const { cwd } = terminal
  const command = await commands[name]!()

  let values: OptionValues
  let positionals: string[]
  try {
    const parsed = parseArgs({
      args: rest,
      options: { ...command.options, ...COMMON },
      allowPositionals: command.positionals === true,
      strict: true,
      tokens: true,
    })
    const twice = flagWithTwoValues(parsed.tokens, command.options)
    if (twice !== undefined) {
      terminal.err(`claims ${name}: --${twice} is there twice, with two values.`)
      terminal.err('  hint: Name one; where it takes several they are in one, with blanks between them.')
      return EXIT.usage
    }
    values = parsed.values
    positionals = parsed.positionals
  } catch (error) {
    // parseArgs explains at length how to escape a dash; its first sentence says what is wrong.
    terminal.err(`claims ${name}: ${withoutLongWords((error as Error).message.split(/\.\s/)[0]!)}.`)
    terminal.err(`  hint: run claims ${name} --help`)
    return EXIT.usage
  }
  if (values['help'] === true) {
    terminal.out(helpOf(command).split('\n'))
    return EXIT.clean
  }

  const { workspace } = values
  const there = typeof workspace === 'string' ? calledIn(resolve(cwd, workspace), terminal) : terminal
  return command.run(there, values, positionals)
}

/** The last value would win: a check would be for less than was asked, and a deploy to somewhere else. */
function flagWithTwoValues(tokens: readonly Token[], options: Command['options']): string | undefined {
  const values = new Map<string, string>()
  for (const token of tokens) {
    if (token.kind !== 'option' || token.value === undefined || options[token.name]?.multiple === true)
      continue
    if (values.has(token.name) && values.get(token.name) !== token.value) return token.name
    values.set(token.name, token.value)
  }
  return undefined
}

/** A token that was given in place of a flag is not printed. */
function withoutLongWords(text: string): string {
  return text.replaceAll(
    /'([^']{40,})'/g,
    (_, word: string) => `'${word.slice(0, 6)}…' (${word.length} characters)`,
  )
}

/** Not a copy: that would read `stopped`, which takes Ctrl-C over. */
function calledIn(cwd: string, terminal: Terminal): Terminal {
  return Object.create(terminal, { cwd: { value: cwd } })
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
    'All commands work in the workspace of the current folder, or of --workspace <folder>, as if called there;',
    'and take --json where they have results.',
    'Exit codes: 0 clean; 1 findings, or a refused outcome; 2 wrong use, unreadable input or a refusal of',
    'the system; 70 a bug of ours; 141 nobody read the output to its end.',
  ].join('\n')
}

function helpOf(command: Command): string {
  const width = Math.max(0, ...command.help.map(([flag]) => flag.length)) + 2
  return [
    command.summary,
    '',
    `Usage: claims ${command.name} ${command.usage}`.trimEnd(),
    ...(command.help.length === 0 ? [] : ['']),
    ...command.help.map(([flag, meaning]) => `  ${flag.padEnd(width)}${meaning}`),
  ].join('\n')
}

function isSet<T>(value: T | undefined): value is T {
  return value !== undefined
}
