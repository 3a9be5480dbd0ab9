import { visible, visibleDocument } from '../report/index.ts'
import type { Terminal } from './command.ts'

/** The printing part of a terminal: the one place that what commands print goes through, whatever takes it up. */
export function printerTo(
  out: (text: string) => void,
  err: (text: string) => void,
): Pick<Terminal, 'out' | 'err' | 'document'> {
  const lines = (text: string | readonly string[]) =>
    [text]
      .flat()
      .map((line) => `${visible(line)}\n`)
      .join('')
  return {
    out: (text) => out(lines(text)),
    err: (text) => err(lines(text)),
    document: (text, options) => out(`${visibleDocument(text, options)}\n`),
  }
}
