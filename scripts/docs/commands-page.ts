import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from '../../lib/cli/command.ts'
import { COMMANDS } from '../../lib/cli/command-table.ts'
import { usageOf } from '../../lib/cli/flags.ts'
import { cell, GENERATED } from './markdown.ts'

const root = join(import.meta.dirname, '../..')

/** The page of all commands and flags, from the tables that parsing and `--help` use. */
export async function commandsPage(): Promise<string> {
  const commands = await Promise.all(Object.values(COMMANDS).map((load) => load()))
  return `${[
    '# Commands',
    GENERATED,
    'Every command works in the workspace of the current folder or of one above it, or of `--workspace <folder>`, as if called there (`claims pull` in the current folder itself). `--help` prints what this page says of a command.',
    '| exit code | |\n| ---: | --- |\n| 0 | clean |\n| 1 | findings of severity error, or a refused outcome |\n| 2 | wrong use, unreadable input or a refusal of the system |\n| 70 | a bug of ours: please report it |\n| 141 | nobody read the output to its end, such as with `\\| head` |',
    [
      '| command | |',
      '| --- | --- |',
      ...commands.map((one) => `| [${one.name}](#${one.name}) | ${cell(one.summary)} |`),
    ].join('\n'),
    ...commands.map(section),
  ].join('\n\n')}\n`
}

function section({ name, summary, flags, words = [], notes = [] }: Command): string {
  const rows = [
    ...words.map((word) => `| \`${cell(word.name.replace(/^\[|\]$/g, ''))}\` | ${cell(word.help)} |`),
    ...Object.entries(flags).map(
      ([flag, { value, help }]) =>
        `| \`--${flag}${value === undefined ? '' : cell(` ${value}`)}\` | ${cell(help)} |`,
    ),
  ]
  const schema = `schemas/${name}-output.schema.json`
  return [
    `## ${name}`,
    `${summary}.`,
    ['```text', `claims ${name} ${usageOf({ flags, words })}`.trimEnd(), '```'].join('\n'),
    ...(rows.length === 0 ? [] : [['| | |', '| --- | --- |', ...rows].join('\n')]),
    ...(notes.length === 0 ? [] : [notes.map((note) => `- ${note.replaceAll('<', '&lt;')}`).join('\n')]),
    ...(existsSync(join(root, schema)) ? [`What \`--json\` prints: [${schema}](../../${schema}).`] : []),
  ].join('\n\n')
}
