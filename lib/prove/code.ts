import { parseSync } from 'oxc-parser'
import { nestingFault } from '../bundle/nesting.ts'
import { ToolkitError } from '../errors.ts'

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

/** Visits every node, parents first; what `visit` answers is called after the children. */
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
