import type { TokenKind } from '../finding.ts'
import { bindingsOf, keyOf } from './bindings.ts'
import { Evaluator, type Texts } from './evaluate.ts'
import type { Program } from './program.ts'
import { bare, type Node, nodes, parse, walk } from './syntax.ts'

/** A call to `setCustomClaim` that was found in a bundle. */
export interface FoundWrite {
  token: TokenKind
  names: Texts
  /** Offset of the name's expression in the bundle, in UTF-16 units. */
  offset: number
}

const AREAS: Readonly<Record<string, TokenKind>> = { accessToken: 'access_token', idToken: 'id_token' }

/**
 * Finds the claim writes of a bundle from its syntax tree. Follows aliases (`const { accessToken } = api`, bound
 * methods, parameters of named functions) and names made of constants. Does not run anything, and does not
 * follow values through classes, arrays that are filled later, or imported packages.
 */
export function claimWrites(code: string): FoundWrite[] {
  const tree = parse(code)
  return claimWritesIn({ tree, bindings: bindingsOf(tree) })
}

/** {@link claimWrites} of a bundle that is parsed already. */
export function claimWritesIn({ tree, bindings }: Pick<Program, 'tree' | 'bindings'>): FoundWrite[] {
  const evaluator = new Evaluator(bindings)

  /** The tokens whose area (`api.accessToken`) an expression is. */
  const areas = (expression: unknown, depth = 0): Set<TokenKind> => {
    const node = bare(expression)
    const found = new Set<TokenKind>()
    if (node === undefined || depth > 10) return found
    if (node.type === 'MemberExpression') {
      const key = node['computed'] === true ? evaluator.texts(node['property']).values : [keyOf(node) ?? '']
      for (const name of key) if (Object.hasOwn(AREAS, name)) found.add(AREAS[name]!)
    }
    if (node.type === 'ConditionalExpression') {
      for (const branch of [node['consequent'], node['alternate']]) {
        for (const token of areas(branch, depth + 1)) found.add(token)
      }
    }
    if (found.size > 0) return found
    if (node.type === 'Identifier') {
      const binding = bindings.of(String(node['name']))
      const last = String(binding?.path.at(-1))
      if (binding !== undefined && Object.hasOwn(AREAS, last)) return found.add(AREAS[last]!)
    }
    for (const source of evaluator.sources(node) ?? []) {
      if (typeof source !== 'string' && source !== node)
        for (const token of areas(source, depth + 1)) found.add(token)
    }
    return found
  }

  /** The tokens that a called expression writes to; empty when it is not `setCustomClaim`. */
  const writers = (expression: unknown, depth = 0): Set<TokenKind> => {
    const node = bare(expression)
    if (node === undefined || depth > 10) return new Set()
    if (node.type === 'MemberExpression') {
      const key = node['computed'] === true ? evaluator.texts(node['property']).values[0] : keyOf(node)
      if (key === 'setCustomClaim') return areas(node['object'])
      if (key === 'call') return writers(node['object'], depth + 1)
    }
    if (node.type === 'CallExpression') {
      const callee = bare(node['callee'])
      return callee?.type === 'MemberExpression' && keyOf(callee) === 'bind'
        ? writers(callee['object'], depth + 1)
        : new Set()
    }
    if (node.type !== 'Identifier') return new Set()
    const binding = bindings.of(String(node['name']))
    if (binding?.kind !== 'value') return new Set()
    if (binding.path.length === 0) return writers(binding.init, depth + 1)
    return binding.path.at(-1) === 'setCustomClaim' ? areas(binding.init) : new Set()
  }

  const writes: FoundWrite[] = []
  walk(tree, (node) => {
    if (node.type !== 'CallExpression') return
    const callee = bare(node['callee'])
    const tokens = writers(callee)
    const shift = callee?.type === 'MemberExpression' && keyOf(callee) === 'call' ? 1 : 0
    const name: Node | undefined = nodes(node['arguments'])[shift]
    for (const token of tokens) {
      writes.push({ token, names: evaluator.texts(name), offset: name?.start ?? node.start })
    }
  })
  return writes
}
