import { type Node, plainKey, visitAll } from '../check/tree.ts'
import type { JsonSchemaObject } from '../contract/index.ts'
import { anyOf } from './value-schema.ts'

const BOOLEAN = new Set([
  'includes',
  'some',
  'every',
  'startsWith',
  'endsWith',
  'has',
  'test',
  'hasOwn',
  'isArray',
  'hasOwnProperty',
])
const STRING = new Set([
  ...[
    'toString',
    'toLowerCase',
    'toUpperCase',
    'trim',
    'join',
    'replace',
    'replaceAll',
    'substring',
    'substr',
  ],
  ...[
    'toISOString',
    'padStart',
    'padEnd',
    'stringify',
    'digest',
    'charAt',
    'repeat',
    'normalize',
    'randomUUID',
  ],
])
const LIST = new Set([
  'map',
  'filter',
  'split',
  'keys',
  'values',
  'entries',
  'flat',
  'flatMap',
  'sort',
  'from',
])
const NUMBER = new Set([
  'now',
  'getTime',
  'indexOf',
  'parse',
  'floor',
  'round',
  'ceil',
  'max',
  'min',
  'parseInt',
])
const CALLED: Readonly<Record<string, JsonSchemaObject>> = {
  Boolean: { type: 'boolean' },
  String: { type: 'string' },
  Number: { type: 'number' },
  parseInt: { type: 'number' },
  parseFloat: { type: 'number' },
}
/** Variables of variables are followed so far. */
const DEEPEST = 6

/**
 * The second argument of the calls of a file, by where their first one stands, as far as its form says what it is: a
 * comparison is true or false, and what `join` gives a text. For values of which the walk knows nothing.
 */
export function expressionSchemas(tree: Node): (firstOffset: number) => JsonSchemaObject {
  const calls = new Map<number, Node>()
  const constants = new Map<string, Node | undefined>()
  visitAll(tree, (node) => {
    if (node.type === 'CallExpression' && node.arguments[1] !== undefined)
      calls.set(node.arguments[0].start, node.arguments[1])
    // Of a name that is declared twice nothing is said.
    if (node.type === 'VariableDeclaration') {
      for (const { id, init } of node.declarations as Node[]) {
        if (id.type === 'Identifier')
          constants.set(id.name, constants.has(id.name) || node.kind !== 'const' ? undefined : init)
      }
    }
  })
  return (firstOffset) => ofNode(calls.get(firstOffset), constants, 0)
}

function ofNode(
  node: Node | null | undefined,
  constants: ReadonlyMap<string, Node | undefined>,
  depth: number,
): JsonSchemaObject {
  if (node === null || node === undefined || depth > DEEPEST) return {}
  const of = (one: Node) => ofNode(one, constants, depth + 1)
  switch (node.type) {
    case 'Identifier':
      return ofNode(constants.get(node.name), constants, depth + 1)
    case 'ChainExpression':
    case 'ParenthesizedExpression':
      return of(node.expression)
    case 'Literal':
      return typeof node.value === 'string'
        ? { enum: [node.value] }
        : typeof node.value === 'boolean' || typeof node.value === 'number'
          ? { type: typeof node.value }
          : {}
    case 'TemplateLiteral':
      return { type: 'string' }
    case 'ArrayExpression':
      return { type: 'array' }
    case 'ObjectExpression':
      return { type: 'object' }
    case 'UnaryExpression':
      return node.operator === '!'
        ? { type: 'boolean' }
        : node.operator === 'typeof'
          ? { type: 'string' }
          : {}
    case 'BinaryExpression':
      return /^(?:[=!]==?|[<>]=?|in|instanceof)$/.test(node.operator)
        ? { type: 'boolean' }
        : /^[-*/%]$|^\*\*$/.test(node.operator)
          ? { type: 'number' }
          : {}
    case 'ConditionalExpression':
      return anyOf([of(node.consequent), of(node.alternate)])
    case 'LogicalExpression':
      return anyOf([of(node.left), of(node.right)])
    case 'MemberExpression':
      return plainKey(node) === 'length' ? { type: 'number' } : {}
    case 'CallExpression':
      return ofCall(node)
    default:
      return {}
  }
}

function ofCall({ callee, optional }: Node): JsonSchemaObject {
  if (callee.type === 'Identifier') return CALLED[callee.name] ?? {}
  const method = callee.type === 'MemberExpression' ? plainKey(callee) : undefined
  // `a?.includes(b)` may be undefined, which is no value of a claim.
  if (method === undefined || optional === true) return {}
  if (BOOLEAN.has(method)) return { type: 'boolean' }
  if (STRING.has(method)) return { type: 'string' }
  if (LIST.has(method)) return { type: 'array' }
  const isNumber = NUMBER.has(method) && /^(?:Date|Math|Number)$/.test(callee.object.name ?? '')
  return isNumber || method === 'getTime' || method === 'indexOf' ? { type: 'number' } : {}
}
