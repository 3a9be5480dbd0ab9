import { parseSync } from 'oxc-parser'
import { nestingFault } from '../bundle/nesting.ts'
import { ToolkitError } from '../errors.ts'
import type { Position } from '../finding.ts'
import { sourcePositions } from '../runtime/source-positions.ts'
import type { RunnableAction } from '../runtime/types.ts'

/** A node of an ESTree, as far as it is looked at here. */
export interface Node {
  type: string
  start: number
  end: number
  // biome-ignore lint/suspicious/noExplicitAny: each type of node has members of its own
  [member: string]: any
}

/** The tree of a bundle, which is CommonJS. */
export function treeOf(code: string): Node {
  const nested = nestingFault(code)
  if (nested !== undefined) throw unread(nested.message)
  try {
    const { program } = parseSync('bundle.cjs', code, { sourceType: 'script', preserveParens: false })
    return program as unknown as Node
  } catch (cause) {
    if (cause instanceof RangeError) throw unread('it is nested too deeply', cause)
    throw cause
  }
}

function unread(why: string, cause?: unknown): ToolkitError {
  return new ToolkitError('ERR_INPUT', `the code of an Action cannot be read: ${why}`, {
    cause,
    hint: 'Write it flatter; claims check says where.',
  })
}

/**
 * Returns where a node of a bundle stands in the Action's own source; `undefined` for what comes from packages or the
 * bundler. Without a source map it goes by the bundler's comments.
 */
export function ownPlaces(action: RunnableAction): (node: Pick<Node, 'start'>) => Position | undefined {
  const { code, file, sourceMap } = action
  const positions = sourcePositions(action)
  const lines = lineStarts(code)
  // `// node_modules/lodash/get.js` stands before each file of a bundle.
  const parts = [...code.matchAll(/^\/\/ (\S+\.[cm]?[jt]sx?)$/gm)]
  return ({ start }) => {
    let [low, high] = [0, lines.length - 1]
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if (lines[middle]! <= start) low = middle
      else high = middle - 1
    }
    const at = { file, line: low + 1, column: start - lines[low]! + 1 }
    const source = positions.of(at)
    if (source.file.includes('node_modules/') || (source === at && sourceMap !== undefined)) return undefined
    if (source === at && parts.findLast(({ index }) => index <= start)?.[1]?.includes('node_modules/'))
      return undefined
    return source
  }
}

function lineStarts(text: string): number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

/** Visits every node, parents first; what `visit` returns is called after the children. */
// biome-ignore lint/suspicious/noConfusingVoidType: most visits answer nothing
export function walk(node: Node, visit: (node: Node) => (() => void) | void): void {
  const leave = visit(node)
  for (const member of Object.values(node)) {
    for (const child of Array.isArray(member) ? member : [member]) {
      if (typeof child === 'object' && child !== null && typeof child.type === 'string') walk(child, visit)
    }
  }
  leave?.()
}
