import { type ParseArgsConfig, parseArgs } from 'node:util'
import { nearest } from '../check/nearest.ts'

/** One flag of a command: all that parsing, the usage line and the help know of it. */
export interface Flag {
  /** What follows it, e.g. `<file>`; omit it for a switch. */
  value?: `<${string}>`
  help: string
  /** Value where the flag is not given. */
  default?: string
  /** May be given several times. */
  several?: true
  /** The command is wrong without it, or without the flag that it stands in place of. */
  required?: true
  /** The flag in whose place it stands: of the two only one makes sense. */
  insteadOf?: string
  /** The flag that it belongs to: without that it means nothing. */
  with?: string
}

/** The flags of a command by name, in the order of the help. */
export type FlagTable = Readonly<Record<string, Flag>>

/** A word without a dash. */
export interface Word {
  /** As in the usage, e.g. `<file>...`; in brackets where it may be left out. */
  name: string
  help: string
}

/** What a command line gave for the flags of a table. */
export type FlagValues<Table extends FlagTable> = {
  readonly [Name in keyof Table]?:
    | (Table[Name] extends { several: true }
        ? string[]
        : Table[Name] extends { value: string }
          ? string
          : boolean)
    | undefined
}

/** The flag of every command that has results. */
export const JSON_FLAG = { json: { help: 'print one JSON document' } } as const satisfies FlagTable

/** Flags that every command takes. */
const COMMON: FlagTable = {
  help: { help: '' },
  workspace: { value: '<folder>', help: '' },
}

/** What is wrong with a command line, and what to do about it. No long word of it is repeated: it may be a token. */
export interface LineFault {
  message: string
  hint: string
}

export interface ParsedLine {
  values: Record<string, string | boolean | (string | boolean)[] | undefined>
  words: string[]
}

/** Reads what follows the name of a command. */
export function parseLine(
  args: readonly string[],
  { name, flags, words }: { name: string; flags: FlagTable; words?: readonly Word[] },
): ParsedLine | LineFault {
  const all = { ...flags, ...COMMON }
  const help = `run claims ${name} --help`
  try {
    const { values, positionals, tokens } = parseArgs({
      args: [...args],
      options: optionsOf(all),
      allowPositionals: words !== undefined,
      strict: true,
      tokens: true,
    })
    const twice = flagWithTwoValues(tokens, all)
    if (twice === undefined) return { values, words: positionals }
    return {
      message: `--${twice} is there twice, with two values.`,
      hint: 'Name one; where it takes several they are in one, with blanks between them.',
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    // parseArgs explains at length how to escape a dash; its first sentence says what is wrong.
    const sentence = `${withoutLongWords(message.split(/\.\s/)[0]!)}.`
    const unknown = code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION' ? /'--?([^'=]+)/.exec(message)?.[1] : undefined
    const meant = unknown === undefined ? undefined : nearest(unknown, Object.keys(all))
    return { message: sentence, hint: meant === undefined ? help : `Did you mean --${meant}? Or ${help}` }
  }
}

/** The flags and words of a command, as its usage shows them. */
export function usageOf({ flags, words = [] }: { flags: FlagTable; words?: readonly Word[] }): string {
  const entries = Object.entries(flags)
  const groups = entries
    .filter(([, { insteadOf, with: other }]) => insteadOf === undefined && other === undefined)
    .map(([name, flag]) => {
      const others = entries.filter(([, { insteadOf }]) => insteadOf === name)
      const beside = entries.filter(([, one]) => one.with === name)
      const shown = [
        [[name, flag] as const, ...beside].map(([own, one]) => flagText(own, one)).join(' '),
        ...others.map(([own, one]) => flagText(own, one)),
      ].join(' | ')
      if (flag.required === true) return others.length > 0 ? `(${shown})` : shown
      return `[${shown}]${flag.several === true ? '...' : ''}`
    })
  return [...words.map((word) => word.name), ...groups].join(' ')
}

/** Rows of the help: words first, then flags. */
export function helpRows({ flags, words = [] }: { flags: FlagTable; words?: readonly Word[] }): string[][] {
  return [
    ...words.map(({ name, help }) => [name.replace(/^\[|\]$/g, ''), help]),
    ...Object.entries(flags).map(([name, flag]) => [flagText(name, flag), flag.help]),
  ]
}

/** A word of the user's, in a message: a token that was given in place of another word is not repeated. */
export function shortWord(word: string): string {
  return word.length < 40 ? word : `${word.slice(0, 6)}…`
}

function flagText(name: string, { value }: Flag): string {
  return value === undefined ? `--${name}` : `--${name} ${value}`
}

function optionsOf(flags: FlagTable): NonNullable<ParseArgsConfig['options']> {
  return Object.fromEntries(
    Object.entries(flags).map(([name, { value, several, default: preset }]) => [
      name,
      {
        type: value === undefined ? ('boolean' as const) : ('string' as const),
        ...(several === true && { multiple: true }),
        ...(preset !== undefined && { default: preset }),
        ...(name === 'help' && { short: 'h' }),
      },
    ]),
  )
}

/** What is used of what `parseArgs` has seen. */
type Token =
  | { kind: 'option'; name: string; value: string | undefined }
  | { kind: 'positional' | 'option-terminator' }

/** The last value would win: a check would be for less than was asked, and a deploy to somewhere else. */
function flagWithTwoValues(tokens: readonly Token[], flags: FlagTable): string | undefined {
  const values = new Map<string, string>()
  for (const token of tokens) {
    if (token.kind !== 'option' || token.value === undefined || flags[token.name]?.several === true) continue
    if (values.has(token.name) && values.get(token.name) !== token.value) return token.name
    values.set(token.name, token.value)
  }
  return undefined
}

function withoutLongWords(text: string): string {
  return text.replaceAll(
    /'([^']{40,})'/g,
    (_, word: string) => `'${shortWord(word)}' (${word.length} characters)`,
  )
}
