/** What an Action's code looks for, by names only: what a variable holds at which time is not followed. */

import { type Node, walk } from './code.ts'
import { FREE_PARTS, type FreePart, isFree } from './free-parts.ts'

export type Literal = string | number | boolean

/** What is found, as it is found; a reader may leave out what it does not need. */
export interface CodeReader {
  /** A member of a free part, e.g. `['preferences', 'language']`; it is not known of a computed one. */
  member(part: FreePart, path: string[], node: Node): void
  /** A member of a free part by a name that only a run knows. */
  computed(part: FreePart, node: Node): void
  /** All members of a free part are walked over. */
  walked(part: FreePart, node: Node): void
  /**
   * What a place of the event is compared with; `name` is the whole path, with `length` at its end for a length. A
   * condition that is the place itself asks for `true`.
   */
  compared(name: string, value: Literal, node: Node): void
  /** What a text is asked to begin with. */
  start(text: string, node: Node): void
}

const COMPARES = new Set(['===', '==', '!==', '!=', '<', '>', '<=', '>='])
const LOOKS_IN = new Set(['includes', 'startsWith', 'endsWith', 'indexOf', 'has'])

const WALKS = new Set(['entries', 'keys', 'values'])

/**
 * Members of free parts that the code reads, and what it compares, through variables, patterns and parameters of
 * functions that are called by name.
 */
export function readCode(tree: Node, reader: Partial<CodeReader>): void {
  const aliases = new Map<string, string[]>()
  const functions = new Map<string, Node[]>()
  const constants = new Map<string, Node>()

  const textOf = (node: Node | null | undefined, depth = 0): string | undefined => {
    if (node === null || node === undefined || depth > 4) return undefined
    if (node.type === 'Literal') return typeof node['value'] === 'string' ? node['value'] : undefined
    if (node.type === 'Identifier') return textOf(constants.get(node['name']), depth + 1)
    if (node.type === 'BinaryExpression' && node['operator'] === '+') {
      const [left, right] = [textOf(node['left'], depth + 1), textOf(node['right'], depth + 1)]
      return left === undefined || right === undefined ? undefined : left + right
    }
    if (node.type !== 'TemplateLiteral') return undefined
    const parts = (node['expressions'] as Node[]).map((one) => textOf(one, depth + 1))
    if (parts.includes(undefined)) return undefined
    return (node['quasis'] as Node[]).map((quasi, at) => quasi['value'].cooked + (parts[at] ?? '')).join('')
  }
  const keyOf = (node: Node): string | undefined => {
    const key = (node.type === 'Property' ? node['key'] : node['property']) as Node
    if (node['computed'] === false && key.type === 'Identifier') return key['name']
    if (key.type === 'Literal') return String(key['value'])
    return textOf(key)
  }
  const pathOf = (node: Node | null | undefined): string[] | undefined => {
    if (node === null || node === undefined) return undefined
    if (node.type === 'Identifier') return aliases.get(node['name']) ?? [node['name']]
    if (node.type === 'ChainExpression') return pathOf(node['expression'])
    if (node.type === 'AwaitExpression') return pathOf(node['argument'])
    if (node.type === 'LogicalExpression') return pathOf(node['left'])
    if (node.type === 'CallExpression') {
      // `String(x)` and `x.toLowerCase()` are still about x.
      const { callee } = node
      if (callee.type === 'MemberExpression') return pathOf(callee['object'])
      return callee.type === 'Identifier' && /^(?:String|Number|parseInt|Boolean)$/.test(callee['name'])
        ? pathOf(node['arguments'][0])
        : undefined
    }
    if (node.type !== 'MemberExpression') return undefined
    const object = pathOf(node['object'])
    const key = keyOf(node)
    return object === undefined || key === undefined ? undefined : [...object, key]
  }
  /** The free part that a path leads to, and where in the path it ends. */
  const partOf = (path: readonly string[]): { part: FreePart; end: number } | undefined => {
    for (const part of FREE_PARTS) {
      const names = part.split('.')
      const last = names.at(-1)!
      // `user.app_metadata` of whatever is called so; `metadata` and `query` only of what they belong to.
      const whole = last.endsWith('_metadata') ? [last] : names
      const at = path.findIndex((_, index) => whole.every((name, place) => path[index + place] === name))
      const next = path[at + whole.length]
      if (at >= 0 && (next === undefined || isFree(part, next))) return { part, end: at + whole.length }
    }
    return undefined
  }
  const report = (path: readonly string[], node: Node): void => {
    const found = partOf(path)
    const below = found === undefined ? [] : path.slice(found.end, found.end + 2)
    if (found !== undefined && below.length > 0) reader.member?.(found.part, below, node)
  }
  /** The free part that an expression is, as a whole. */
  const wholePart = (object: Node | undefined): FreePart | undefined => {
    const path = pathOf(object)
    const found = path === undefined ? undefined : partOf(path)
    return found !== undefined && found.end === path!.length ? found.part : undefined
  }
  const reportComputed = (object: Node, node: Node): void => {
    const part = wholePart(object)
    if (part !== undefined) reader.computed?.(part, node)
  }
  const reportWalked = (object: Node | undefined, node: Node): void => {
    const part = wholePart(object)
    if (part !== undefined) reader.walked?.(part, node)
  }
  const bind = (pattern: Node, path: string[] | undefined): void => {
    if (path === undefined) return
    if (pattern.type === 'AssignmentPattern') bind(pattern['left'], path)
    else if (pattern.type === 'Identifier') {
      if (pattern['name'] !== path[0] && !aliases.has(pattern['name'])) aliases.set(pattern['name'], path)
    } else if (pattern.type === 'ObjectPattern') {
      for (const property of pattern['properties'] as Node[]) {
        const key = property.type === 'Property' ? keyOf(property) : undefined
        if (key === undefined) continue
        report([...path, key], property)
        bind(property['value'], [...path, key])
      }
    }
  }
  const compare = (subject: Node, value: Node): void => {
    const path = pathOf(subject)
    const known: unknown = value.type === 'Literal' ? value['value'] : undefined
    const literal = typeof known === 'number' || typeof known === 'boolean' ? known : textOf(value)
    if (path !== undefined && path.length > 1 && literal !== undefined)
      reader.compared?.(path.join('.'), literal, value)
  }
  /** `if (event.user.app_metadata.beta)` */
  const ask = (test: Node): void => {
    if (test.type === 'UnaryExpression' && test['operator'] === '!') ask(test['argument'])
    if (test.type === 'LogicalExpression') {
      ask(test['left'])
      ask(test['right'])
    }
    const path = /^(?:Member|Chain)Expression$|^Identifier$/.test(test.type) ? pathOf(test) : undefined
    if (path !== undefined && partOf(path) !== undefined) reader.compared?.(path.join('.'), true, test)
  }
  const visit = (node: Node): void => {
    switch (node.type) {
      case 'IfStatement':
      case 'ConditionalExpression':
        ask(node['test'])
        break
      case 'VariableDeclarator':
        bind(node['id'], pathOf(node['init']))
        break
      case 'MemberExpression': {
        const path = pathOf(node)
        if (path !== undefined) report(path, node)
        else if (node['computed'] === true) reportComputed(node['object'], node)
        break
      }
      case 'BinaryExpression':
        if (COMPARES.has(node['operator'])) {
          compare(node['left'], node['right'])
          compare(node['right'], node['left'])
        }
        // `key in event.user.app_metadata`
        if (node['operator'] === 'in') reportComputed(node['right'], node)
        break
      case 'SwitchStatement':
        for (const { test } of node['cases'] as Node[]) if (test !== null) compare(node['discriminant'], test)
        break
      case 'ForInStatement':
        reportWalked(node['right'], node)
        break
      case 'CallExpression': {
        const params = functions.get(node['callee'].name) ?? []
        for (const [index, param] of params.entries()) bind(param, pathOf(node['arguments'][index]))
        const { callee } = node
        const [first] = node['arguments'] as Node[]
        if (callee.type !== 'MemberExpression' || first === undefined) break
        const asked = String(keyOf(callee))
        if (WALKS.has(asked) && callee['object'].name === 'Object') reportWalked(first, node)
        if (!LOOKS_IN.has(asked)) break
        const begins = asked === 'startsWith' ? textOf(first) : undefined
        if (begins !== undefined) reader.start?.(begins, first)
        compare(callee['object'], first)
        if (callee['object'].type !== 'ArrayExpression') break
        for (const one of callee['object'].elements as (Node | null)[]) if (one !== null) compare(first, one)
      }
    }
  }
  walk(tree, (node) => {
    if (node.type === 'FunctionDeclaration') functions.set(node['id']?.name, node['params'])
    if (node.type !== 'VariableDeclarator') return
    if (/Function/.test(node['init']?.type ?? '')) functions.set(node['id'].name, node['init'].params)
    else if (node['id'].type === 'Identifier' && node['init'] !== null) {
      constants.set(node['id'].name, node['init'])
    }
  })
  // Twice, since a function may stand before what it is called with.
  for (let pass = 0; pass < 2; pass++) walk(tree, visit)
}
