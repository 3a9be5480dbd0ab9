import { parseSync } from 'oxc-parser'

/** A node of an ESTree syntax tree; what a kind of node holds is known by its `type`. */
export interface Node {
  type: string
  start: number
  end: number
  [property: string]: unknown
}

/** Parses CommonJS text. Answers what could be read, also when there is a syntax error. */
export function parse(code: string): Node {
  return parseSync('action.js', code, { sourceType: 'script', lang: 'js' }).program as unknown as Node
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string'
}

/** Calls `visit` for a node and all below it, parents first, with the node's ancestors, nearest last. */
export function walk(root: Node, visit: (node: Node, ancestors: readonly Node[]) => void): void {
  const ancestors: Node[] = []
  const step = (node: Node): void => {
    visit(node, ancestors)
    ancestors.push(node)
    for (const [key, value] of Object.entries(node)) {
      if (key === 'type' || key === 'start' || key === 'end') continue
      if (Array.isArray(value)) {
        for (const item of value) if (isNode(item)) step(item)
      } else if (isNode(value)) {
        step(value)
      }
    }
    ancestors.pop()
  }
  step(root)
}

/** The expression without `?.` chains and parentheses around it. */
export function bare(node: unknown): Node | undefined {
  let current = isNode(node) ? node : undefined
  while (current?.type === 'ChainExpression' || current?.type === 'ParenthesizedExpression') {
    current = isNode(current['expression']) ? current['expression'] : undefined
  }
  return current
}

export function isFunction(node: Node | undefined): node is Node {
  return (
    node?.type === 'FunctionDeclaration' ||
    node?.type === 'FunctionExpression' ||
    node?.type === 'ArrowFunctionExpression'
  )
}

export function nodes(value: unknown): Node[] {
  return Array.isArray(value) ? value.filter(isNode) : []
}
