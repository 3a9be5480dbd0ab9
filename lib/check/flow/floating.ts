import { isFunction, type Node, visitAll } from '../tree.ts'
import { alternatives, type FunctionValue, type Scope, type Value } from './values.ts'
import type { Walk } from './walk.ts'

/** Functions of Node and of well-known packages that give a promise. */
const PROMISES =
  /^(?:fetch|Promise\.(?:all|allSettled|any|race)|(?:unlimited )?require\((?:axios|got|node-fetch)\)(?:\.(?:request|get|post|put|patch|delete|head|options))?|require\(auth0\)\.\w+Client\.[\w.]+)$/
/** Methods of lists that give each element to a function and forget what it returns. */
const EACH = new Set(['forEach', 'map'])
const CHAIN = new Set(['then', 'catch', 'finally'])

/** Notes a statement that makes a promise and neither awaits it nor keeps it. `void promise` says that it is meant. */
export function noteFloating(walk: Walk, expression: Node, scope: Scope): void {
  switch (expression.type) {
    case 'ChainExpression':
    case 'ParenthesizedExpression':
      noteFloating(walk, expression.expression, scope)
      return
    case 'LogicalExpression':
      noteFloating(walk, expression.right, scope)
      return
    case 'ConditionalExpression':
      noteFloating(walk, expression.consequent, scope)
      noteFloating(walk, expression.alternate, scope)
      return
    case 'CallExpression': {
      const { what, handled } = promiseOf(walk, expression, scope)
      if (what !== undefined) walk.observe({ kind: 'floating', offset: expression.start, what, handled })
      return
    }
    default:
  }
}

interface Found {
  /** What makes the promise, in words; `undefined` where no promise is known to be made. */
  what?: string
  handled: boolean
}

function promiseOf(walk: Walk, { callee, arguments: args }: Node, scope: Scope): Found {
  if (isFunction(callee)) return { ...(waits(callee) ? { what: 'The function' } : {}), handled: false }
  const name = callee.type === 'MemberExpression' && !callee.computed ? callee.property.name : undefined
  if (name !== undefined && callee.object.type === 'CallExpression') {
    if (!CHAIN.has(name)) return { handled: false }
    const made = promiseOf(walk, callee.object, scope)
    const handled = made.handled || name === 'catch' || (name === 'then' && args.length > 1)
    return { what: made.what ?? 'The chain of promises', handled }
  }
  if (EACH.has(name) && args[0] !== undefined && isFunction(args[0]) && waits(args[0])) {
    return { what: `What ${name} calls for each element`, handled: false }
  }
  // A function at the end is called back with the result.
  const called = args.at(-1) !== undefined && isFunction(args.at(-1))
  if (called || !isPlain(callee, scope)) return { handled: false }
  // Of a chain it is the call that counts: the receiver has been walked.
  for (const one of alternatives(walk.evaluate(callee, scope))) {
    const what = madeBy(one, callee)
    if (what !== undefined) return { what, handled: false }
  }
  return { handled: false }
}

function madeBy(value: Value, callee: Node): string | undefined {
  if (value.kind === 'function') return waits(value.node) ? `${nameOf(callee)}(…)` : undefined
  return value.kind === 'global' && PROMISES.test(value.name) ? `${nameOf(callee)}(…)` : undefined
}

/** A name, or members of one, which can be evaluated once more. Parts of event and api give no promise that is kept. */
function isPlain(node: Node, scope: Scope): boolean {
  if (node.type === 'ThisExpression') return true
  if (node.type === 'Identifier') {
    const cell = scope.find(node.name)
    return cell === undefined ? !/^(?:event|api)$/.test(node.name) : cell.value.kind !== 'path'
  }
  return node.type === 'MemberExpression' && !node.computed && isPlain(node.object, scope)
}

function nameOf(node: Node): string {
  if (node.type === 'MemberExpression') return `${nameOf(node.object)}.${node.property.name}`
  return node.type === 'ThisExpression' ? 'this' : String(node.name)
}

const known = new WeakMap<Node, boolean>()

/** Whether a function is async and awaits something: what stands before that has happened when it returns. */
function waits(node: FunctionValue['node']): boolean {
  if (node.async !== true || node.generator === true) return false
  let waiting = known.get(node)
  if (waiting === undefined) {
    waiting = false
    visitAll(node.body, ({ type, await: awaits }) => {
      waiting ||= type === 'AwaitExpression' || (type === 'ForOfStatement' && awaits === true)
    })
    known.set(node, waiting)
  }
  return waiting
}
