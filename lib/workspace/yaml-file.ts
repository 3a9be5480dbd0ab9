import { isMap, isPair, isScalar, LineCounter, parseDocument } from 'yaml'
import { ToolkitError } from '../errors.ts'
import type { Position } from '../runtime/types.ts'

export interface YamlFile {
  value: unknown
  /** Place of the value at `path`, or of its nearest parent that exists. */
  positionOf(path: readonly (string | number)[]): Position
}

/**
 * Parses YAML text. `file` is the path as the user would type it; it goes into positions and errors.
 *
 * @throws {ToolkitError} `ERR_INPUT` with line and column when the text is not YAML, or has a key twice.
 */
export function parseYaml(text: string, file: string): YamlFile {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const fault = document.errors[0]
  if (fault !== undefined) {
    const { line, col } = lines.linePos(fault.pos[0])
    throw new ToolkitError('ERR_INPUT', `"${file}" is not valid YAML: ${fault.message}`, {
      file,
      line,
      column: col,
      hint: 'Correct the line; indentation with spaces only, and quotes around values that begin with @, # or *.',
    })
  }

  function offsetOf(path: readonly (string | number)[]): number {
    for (let length = path.length; length > 0; length--) {
      const key = path[length - 1]
      const parent = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true)
      if (isMap(parent)) {
        // The key's place, not the value's: that is where a person looks.
        const pair = parent.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === key)
        if (pair !== undefined && isScalar(pair.key) && pair.key.range) return pair.key.range[0]
      } else {
        const node = document.getIn(path.slice(0, length), true)
        if (hasRange(node)) return node.range[0]
      }
    }
    return hasRange(document.contents) ? document.contents.range[0] : 0
  }

  return {
    value: document.toJS() as unknown,
    positionOf(path) {
      const { line, col } = lines.linePos(offsetOf(path))
      return { file, line: Math.max(1, line), column: Math.max(1, col) }
    },
  }
}

function hasRange(node: unknown): node is { range: [number, number, number] } {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)
}
