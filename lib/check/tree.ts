/**
 * A node of the syntax tree (ESTree, with TypeScript's nodes). Loosely typed on purpose: the walk looks at
 * `type` and takes the fields that ESTree gives to that type.
 */
export interface Node {
  type: string
  start: number
  end: number
  // biome-ignore lint/suspicious/noExplicitAny: the fields depend on `type`, and ESTree names some ninety types.
  [field: string]: any
}

export function isFunction(node: Node): boolean {
  return (
    node.type === 'ArrowFunctionExpression' ||
    node.type === 'FunctionExpression' ||
    node.type === 'FunctionDeclaration'
  )
}

/** The constant name of a property or a member access; `undefined` when it is computed. */
export function plainKey(node: Node): string | undefined {
  const key: Node = node.type === 'MemberExpression' ? node.property : node.key
  if (!node.computed && (key.type === 'Identifier' || key.type === 'PrivateIdentifier')) return key.name
  return key.type === 'Literal' ? String(key.value) : undefined
}

/** Calls `visit` for a node and all below it, parents first. Slow: the checks use it only where the text gives cause. */
export function visitAll(node: Node, visit: (node: Node) => void): void {
  visit(node)
  for (const key in node) {
    const value = node[key] as unknown
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) visitAll(item, visit)
    } else if (isNode(value)) {
      visitAll(value, visit)
    }
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string'
}
