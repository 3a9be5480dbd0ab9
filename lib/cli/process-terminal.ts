import { ToolkitError } from '../errors.ts'
import { visible } from '../report/index.ts'
import type { Terminal } from './command.ts'
import { EXIT } from './exit-codes.ts'
import { printerTo } from './printer.ts'
import { systemFault } from './system-error.ts'

export interface ProcessTerminal extends Terminal {
  /** Writes to stdout as it is, colours too. */
  write(text: string): void
}

/** The real process as commands see it. Once in a process: it listens for what becomes of stdout and stderr. */
export function processTerminal(): ProcessTerminal {
  const stdout = output(process.stdout)
  const stderr = output(process.stderr)
  process.once('exit', () => {
    const { failure } = stdout
    // A bug, or wrong use, is said all the same; what nobody has read is neither clean nor a finding.
    if (failure === undefined || (process.exitCode !== EXIT.clean && process.exitCode !== EXIT.findings))
      return
    process.exitCode = isClosed(failure) ? EXIT.closed : EXIT.usage
  })
  void stdout.failed.then((failure) => {
    if (isClosed(failure)) return
    const { message, hint } = systemFault(failure) ?? { message: failure.message, hint: undefined }
    stderr.write(`error ERR_ENVIRONMENT standard output: ${visible(message)}\n`)
    if (hint !== undefined) stderr.write(`  hint: ${visible(hint)}\n`)
  })
  return {
    // Asked for within a command: the folder may be gone.
    get cwd() {
      return process.cwd()
    },
    env: process.env,
    ...printerTo(stdout.write, stderr.write),
    write: stdout.write,
    outputClosed: stdout.failed.then(() => undefined),
    interactive: process.stdout.isTTY === true && process.stdin.isTTY === true,
    stdin: async () => {
      let text = ''
      for await (const chunk of stdinChunks()) text += chunk
      return text
    },
    stdinChunks,
    ask: async (question) => {
      const { createInterface } = await import('node:readline/promises')
      // On stderr, as everything that is not a result.
      const lines = createInterface({ input: process.stdin, output: process.stderr })
      const ended = new Promise<string>((resolve) => lines.once('close', () => resolve('')))
      try {
        return await Promise.race([lines.question(visible(question)), ended])
      } finally {
        lines.close()
      }
    },
    // Lazy: a handler that is installed but not awaited would swallow Ctrl-C.
    get stopped() {
      return new Promise<void>((resolve) => {
        process.once('SIGINT', () => resolve())
        process.once('SIGTERM', () => resolve())
      })
    },
  }
}

async function* stdinChunks(): AsyncGenerator<string> {
  try {
    yield* process.stdin.setEncoding('utf8') as AsyncIterable<string>
  } catch (cause) {
    throw new ToolkitError('ERR_INPUT', 'standard input cannot be read', {
      hint: 'Send a file or the output of a program to it.',
      cause,
    })
  }
}

/** A stream that stops taking text, without a word, once it has failed: what is at work, such as a deploy, goes on. */
function output(stream: NodeJS.WriteStream) {
  let fail: (error: Error) => void = () => {}
  const state = {
    failure: undefined as Error | undefined,
    failed: new Promise<Error>((resolve) => {
      fail = resolve
    }),
    write(text: string): void {
      if (state.failure !== undefined) return
      try {
        stream.write(text)
      } catch (error) {
        onError(error as Error)
      }
    },
  }
  const onError = (error: Error) => {
    if (state.failure !== undefined) return
    state.failure = error
    fail(error)
  }
  stream.on('error', onError)
  return state
}

function isClosed(error: Error): boolean {
  return ['EPIPE', 'EOF', 'ECONNRESET', 'ERR_STREAM_DESTROYED'].includes(
    String((error as NodeJS.ErrnoException).code),
  )
}
