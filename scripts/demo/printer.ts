import { styleText } from 'node:util'
import { visible } from '../../lib/report/index.ts'

/** What one step of the main job shows. */
export interface StepResult {
  /** Name and value, one a line, aligned. */
  facts?: readonly (readonly [name: string, value: string])[]
  /** Lines below the facts, as they are. */
  lines?: readonly string[]
}

export interface Printer {
  /** Runs one step, prints its block, and keeps how long it took. Rethrows what the step throws. */
  step<T extends StepResult>(title: string, work: () => Promise<T>): Promise<T>
  /** Title and milliseconds of each step that ended well. */
  readonly times: readonly { title: string; milliseconds: number }[]
  line(text?: string): void
}

/** Prints blocks through `print`; colour only where `stream` is a terminal that wants it. What cannot be seen is shown escaped. */
export function printer(
  stream: NodeJS.WriteStream,
  print: (text: string) => void = (text) => void stream.write(text),
): Printer {
  const times: { title: string; milliseconds: number }[] = []
  const write = (text: string) => print(`${text}\n`)
  const paint = (style: Parameters<typeof styleText>[0], text: string) => styleText(style, text, { stream })
  let number = 0

  return {
    times,
    line: (text = '') => write(text),
    async step(title, work) {
      number++
      const heading = `${String(number).padStart(2)}  ${title}`
      const started = performance.now()
      try {
        const result = await work()
        times.push({ title, milliseconds: performance.now() - started })
        write(`${paint('green', '✔')} ${paint('bold', heading)}`)
        const width = Math.max(0, ...(result.facts ?? []).map(([name]) => name.length))
        for (const [name, value] of result.facts ?? [])
          write(`      ${paint('dim', visible(name).padEnd(width))}  ${visible(value)}`)
        for (const line of result.lines ?? []) write(`      ${visible(line)}`)
        write('')
        return result
      } catch (error) {
        write(`${paint('red', '✘')} ${paint('bold', heading)}`)
        throw error
      }
    },
  }
}

/** Shows that a secret is there without showing it: the first characters and the length. */
export function shortened(secret: string): string {
  return secret.length <= 12 ? '…' : `${secret.slice(0, 8)}… (${secret.length} characters)`
}
