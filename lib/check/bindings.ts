import { bare, isFunction, isNode, type Node, nodes, walk } from './syntax.ts'

/** Where a name gets its value from. */
export type Binding =
  | { kind: 'value'; init: Node; path: readonly (string | number)[] }
  | { kind: 'parameter'; of: Node; index: number; path: readonly (string | number)[] }
  | { kind: 'element'; iterable: Node; path: readonly (string | number)[] }

/** What is known about the names of one bundle. */
export interface Bindings {
  /** `undefined` for a name that is declared more than once or assigned to: its value is not certain. */
  of(name: string): Binding | undefined
  /** Calls of a function by its name. */
  callsOf(fn: Node): Node[]
  /** Whether all uses of a function are calls by its name. */
  closed(fn: Node): boolean
  /** The function that a call by name calls. */
  functionNamed(name: string): Node | undefined
}

/**
 * Collects the names of a bundle. One table for the whole file: a name that is declared twice, in whatever
 * scope, counts as unknown, which errs on the side of saying less.
 */
export function bindingsOf(program: Node): Bindings {
  const bindings = new Map<string, Binding | undefined>()
  const names = new Map<Node, string>()
  const calls = new Map<string, Node[]>()
  const uses = new Map<string, number>()

  const declare = (name: string, binding: Binding | undefined) => {
    bindings.set(name, bindings.has(name) ? undefined : binding)
  }
  const declarePattern = (
    pattern: unknown,
    make: (path: readonly (string | number)[]) => Binding,
    path: readonly (string | number)[] = [],
  ): void => {
    if (!isNode(pattern)) return
    if (pattern.type === 'Identifier') declare(String(pattern['name']), make(path))
    else if (pattern.type === 'AssignmentPattern') declarePattern(pattern['left'], make, path)
    else if (pattern.type === 'RestElement') declarePattern(pattern['argument'], () => make(['...']))
    else if (pattern.type === 'ArrayPattern') {
      const elements = pattern['elements'] as unknown[]
      for (const [index, element] of elements.entries()) declarePattern(element, make, [...path, index])
    } else if (pattern.type === 'ObjectPattern') {
      for (const property of nodes(pattern['properties'])) {
        if (property.type === 'RestElement') declarePattern(property, make, path)
        else declarePattern(property['value'], make, [...path, keyOf(property) ?? '...'])
      }
    }
  }

  walk(program, (node, ancestors) => {
    const parent = ancestors.at(-1)
    if (node.type === 'VariableDeclarator') {
      const loop = ancestors.at(-2)
      if (loop?.type === 'ForOfStatement' && loop['left'] === parent) {
        const iterable = loop['right'] as Node
        declarePattern(node['id'], (path) => ({ kind: 'element', iterable, path }))
      } else if (isNode(node['init'])) {
        const init = node['init']
        declarePattern(node['id'], (path) => ({ kind: 'value', init, path }))
        const id = node['id'] as Node
        const value = bare(init)
        if (id.type === 'Identifier' && isFunction(value)) names.set(value, String(id['name']))
      } else {
        declarePattern(node['id'], () => ({ kind: 'value', init: node, path: ['...'] }))
      }
    }
    if (isFunction(node)) {
      const id = node['id']
      if (node.type === 'FunctionDeclaration' && isNode(id)) {
        names.set(node, String(id['name']))
        declare(String(id['name']), { kind: 'value', init: node, path: [] })
      }
      const iterated = iteratedBy(node, parent)
      for (const [index, parameter] of nodes(node['params']).entries()) {
        declarePattern(parameter, (path) =>
          iterated !== undefined && index === 0
            ? { kind: 'element', iterable: iterated, path }
            : { kind: 'parameter', of: node, index, path },
        )
      }
    }
    if (node.type === 'AssignmentExpression' && isNode(node['left']) && node['left'].type === 'Identifier') {
      bindings.set(String(node['left']['name']), undefined)
    }
    if (node.type === 'CallExpression' && isNode(node['callee']) && node['callee'].type === 'Identifier') {
      const name = String(node['callee']['name'])
      calls.set(name, [...(calls.get(name) ?? []), node])
    }
    if (node.type === 'Identifier') uses.set(String(node['name']), (uses.get(String(node['name'])) ?? 0) + 1)
  })

  return {
    of: (name) => bindings.get(name),
    callsOf: (fn) => calls.get(names.get(fn) ?? '') ?? [],
    closed(fn) {
      const name = names.get(fn)
      // One use is the declaration itself, every other one must be a call.
      return name !== undefined && uses.get(name) === (calls.get(name)?.length ?? 0) + 1
    },
    functionNamed(name) {
      const binding = bindings.get(name)
      const init = binding?.kind === 'value' && binding.path.length === 0 ? bare(binding.init) : undefined
      return isFunction(init) ? init : undefined
    },
  }
}

/** For a callback of `list.forEach(...)` and its like: the list. */
function iteratedBy(fn: Node, call: Node | undefined): Node | undefined {
  if (call?.type !== 'CallExpression' || nodes(call['arguments'])[0] !== fn) return undefined
  const callee = bare(call['callee'])
  if (callee?.type !== 'MemberExpression') return undefined
  return ['forEach', 'map', 'flatMap'].includes(keyOf(callee) ?? '') ? (callee['object'] as Node) : undefined
}

/** The constant name of a property or a member access; `undefined` when it is computed at run time. */
export function keyOf(node: Node): string | undefined {
  const key = (node.type === 'MemberExpression' ? node['property'] : node['key']) as Node | undefined
  if (key === undefined) return undefined
  if (key.type === 'Identifier' && node['computed'] !== true) return String(key['name'])
  if (key.type === 'Literal') return String(key['value'])
  return undefined
}
