import type { Terminal } from '../../lib/cli/command.ts'
import { printerTo } from '../../lib/cli/printer.ts'

export interface RecordedTerminal extends Terminal {
  stdout(): string
  stderr(): string
  /** Lets a serving command end, as Ctrl-C would. */
  stop(): void
}

/** A terminal that keeps what is printed, for a command run inside the test's process; a person's with an `answer`. */
export function recordedTerminal(
  options: Partial<Pick<Terminal, 'cwd' | 'env'>> & { stdin?: string; answer?: string } = {},
): RecordedTerminal {
  const out: string[] = []
  const err: string[] = []
  let stop = () => {}
  const stopped = new Promise<void>((resolve) => {
    stop = resolve
  })
  return {
    cwd: options.cwd ?? process.cwd(),
    env: options.env ?? {},
    ...printerTo(
      (text) => void out.push(text),
      (text) => void err.push(text),
    ),
    interactive: options.answer !== undefined,
    ask: async (question) => {
      err.push(question)
      return options.answer ?? ''
    },
    stdin: async () => options.stdin ?? '',
    stdinChunks: async function* () {
      yield options.stdin ?? ''
    },
    stopped,
    stdout: () => out.join(''),
    stderr: () => err.join(''),
    stop: () => stop(),
  }
}
