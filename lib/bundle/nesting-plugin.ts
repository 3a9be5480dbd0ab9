import { readFile, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Plugin } from 'esbuild'
import { nestingFault } from './nesting.ts'

/** Smaller files cannot end the bundler: its stack takes some 100 000 brackets. */
const LARGE = 100_000

/** Refuses large files that are nested too deeply, before the bundler ends over them with its own stack on stderr. */
export const nestingPlugin: Plugin = {
  name: 'nesting',
  setup({ onLoad }) {
    onLoad({ filter: /\.[cm]?[jt]sx?$/ }, async ({ path }) => {
      // What cannot be read is said by the bundler.
      const size = await stat(path).then(
        (stats) => stats.size,
        () => 0,
      )
      if (size < LARGE) return undefined
      const text = await readFile(path, 'utf8').catch(() => '')
      const fault = nestingFault(text)
      if (fault === undefined) return undefined
      const before = text.slice(0, fault.offset).split('\n')
      const location = { file: path, line: before.length, column: before.at(-1)!.length }
      return { errors: [{ text: `"${basename(path)}" is not read: ${fault.message}`, location }] }
    })
  },
}
