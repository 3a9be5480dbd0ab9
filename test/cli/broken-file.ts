import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Command } from '../../lib/cli/command.ts'
import { run } from '../../lib/cli/run.ts'
import { exampleWorkspace } from '../helpers/example-workspace.ts'
import { recordedTerminal } from '../helpers/terminal.ts'

/** A password that lost its key, and one in the middle of what is not closed. */
const BROKEN = ['hunter2', '{ "password": hunter2 }', '{ "password": "hunter2', '["hunter2",]', '{"hunter2"}']

/** Runs a command on a file of the example that cannot be read, and looks for what stands in it. */
export async function quotesNothing(command: Command, file: string, args: readonly string[]): Promise<void> {
  for (const text of BROKEN) {
    const cwd = await exampleWorkspace()
    await mkdir(join(cwd, file, '..'), { recursive: true })
    await writeFile(join(cwd, file), text)
    const terminal = recordedTerminal({ cwd, stdin: 'a.b.c' })
    const code = await run({ it: async () => command }, ['it', ...args], terminal, async () => '')
    expect([1, 2], `${text}: ${terminal.stderr()}`).toContain(code)
    expect(terminal.stdout() + terminal.stderr()).not.toContain('hunter2')
  }
}
