import { type Node, visitAll } from '../tree.ts'
import { classValue } from './classes.ts'
import { noteFloating } from './floating.ts'
import { entriesOf } from './maps.ts'
import { elementOf } from './members.ts'
import { narrow } from './operators.ts'
import { bind, noteReturned } from './patterns.ts'
import {
  factsWhenFalse,
  factsWhenTrue,
  literal,
  mayBeFalse,
  mayBeTrue,
  NO_FACTS,
  record,
  Scope,
  UNDEFINED,
  UNKNOWN,
  union,
  type Value,
} from './values.ts'
import type { Branch, End, Walk } from './walk.ts'

/** Makes the functions that statements declare, which can be called before their place. */
export function declareFunctions(walk: Walk, statements: readonly Node[], scope: Scope): void {
  for (const statement of statements) {
    const declared: Node | null = statement.type.startsWith('Export') ? statement.declaration : statement
    if (declared?.type !== 'FunctionDeclaration') continue
    walk.functions.push({ node: declared, scope })
    if (declared.id) scope.set(declared.id.name, { kind: 'function', node: declared, scope })
  }
}

export function block(walk: Walk, statements: readonly Node[], scope: Scope): End {
  declareFunctions(walk, statements, scope)
  for (const statement of statements) {
    const end = execute(walk, statement, scope)
    if (end !== 'next') return end
  }
  return 'next'
}

/** Walks one statement. */
export function execute(walk: Walk, node: Node, scope: Scope): End {
  walk.step()
  const executor = EXECUTORS[node.type]
  return executor === undefined ? 'next' : executor(walk, node, scope)
}

type Executor = (walk: Walk, node: Node, scope: Scope) => End

const ofLoop: Executor = (walk, node, scope) => walk.breakable(() => loop(walk, node, scope))
const ofItems: Executor = (walk, node, scope) => walk.breakable(() => eachStatement(walk, node, scope))

/** By type of node; what is not here does nothing. */
const EXECUTORS: Readonly<Record<string, Executor>> = {
  BlockStatement: (walk, node, scope) => block(walk, node.body, new Scope(scope)),
  BreakStatement: () => 'break',
  ClassDeclaration: (walk, node, scope) => {
    if (node.id) scope.set(node.id.name, classValue(walk, node, scope))
    return 'next'
  },
  ContinueStatement: () => 'break',
  DoWhileStatement: ofLoop,
  ExportDefaultDeclaration: (walk, node, scope) => {
    const { declaration } = node
    const value: Value =
      declaration.type === 'FunctionDeclaration'
        ? { kind: 'function', node: declaration, scope }
        : walk.evaluate(declaration, scope)
    walk.exported.whole = { value, offset: node.start, as: 'default' }
    return 'next'
  },
  ExportNamedDeclaration: exportNamed,
  ExpressionStatement: (walk, node, scope) => {
    walk.evaluate(node.expression, scope)
    noteFloating(walk, node.expression, scope)
    return 'next'
  },
  ForInStatement: ofItems,
  ForOfStatement: ofItems,
  ForStatement: ofLoop,
  IfStatement: ifStatement,
  ImportDeclaration: (_walk, node, scope) => importNames(node, scope),
  LabeledStatement: (walk, node, scope) => execute(walk, node.body, scope),
  ReturnStatement: (walk, node, scope) => {
    const value = node.argument ? walk.evaluate(node.argument, scope) : UNDEFINED
    if (node.argument) noteReturned(walk, node.argument, value)
    walk.exits.push({ value, facts: walk.factsSince(walk.entry) })
    return 'return'
  },
  SwitchStatement: (walk, node, scope) => walk.breakable(() => switchStatement(walk, node, scope)),
  ThrowStatement: (walk, node, scope) => {
    walk.evaluate(node.argument, scope)
    return 'throw'
  },
  TryStatement: tryStatement,
  VariableDeclaration: variableDeclaration,
  WhileStatement: ofLoop,
}

function variableDeclaration(walk: Walk, node: Node, scope: Scope): End {
  for (const { id, init } of node.declarations as Node[]) {
    // `var Enum = (…)(Enum || {})`
    if (node.kind === 'var' && id.type === 'Identifier' && scope.find(id.name) === undefined) {
      scope.set(id.name, UNDEFINED)
    }
    bind(walk, id, init ? walk.evaluate(init, scope) : UNDEFINED, scope)
  }
  return 'next'
}

function ifStatement(walk: Walk, node: Node, scope: Scope): End {
  const condition = walk.evaluate(node.test, scope)
  if (!mayBeFalse(condition)) {
    walk.assume(factsWhenTrue(condition))
    narrow(walk, node.test, scope)
    return execute(walk, node.consequent, new Scope(scope))
  }
  if (!mayBeTrue(condition)) {
    walk.assume(factsWhenFalse(condition))
    return node.alternate ? execute(walk, node.alternate, new Scope(scope)) : 'next'
  }
  const then = walk.branch(factsWhenTrue(condition), () => {
    narrow(walk, node.test, scope)
    return execute(walk, node.consequent, new Scope(scope))
  })
  const otherwise = walk.branch(factsWhenFalse(condition), () => {
    narrow(walk, node.test, scope, false)
    return node.alternate ? execute(walk, node.alternate, new Scope(scope)) : 'next'
  })
  return walk.join([then, otherwise])
}

function eachStatement(walk: Walk, node: Node, scope: Scope): End {
  const subject = walk.evaluate(node.right, scope)
  const once = (item: Value): End => {
    const inner = new Scope(scope)
    if (node.left.type === 'VariableDeclaration') bind(walk, node.left.declarations[0].id, item, inner)
    else bind(walk, node.left, item, inner, true)
    const end = execute(walk, node.body, inner)
    return end === 'break' ? 'next' : end
  }
  const items = itemsOf(node, subject)
  if (items !== undefined && items.length <= 100) {
    for (const item of items) {
      const end = once(item)
      if (end !== 'next') return end
    }
    return 'next'
  }
  const element = node.type === 'ForOfStatement' ? elementOf(walk, subject, node.right.start) : UNKNOWN
  return walk.join([turns(walk, () => once(element)), walk.idle()])
}

function itemsOf(node: Node, subject: Value): readonly Value[] | undefined {
  if (node.type === 'ForOfStatement') {
    if (subject.kind === 'record' && subject.isMap === true) return entriesOf(subject)
    return subject.kind === 'list' && subject.open !== true ? subject.items : undefined
  }
  return subject.kind === 'record' && !subject.open ? [...subject.members.keys()].map(literal) : undefined
}

function loop(walk: Walk, node: Node, scope: Scope): End {
  const inner = new Scope(scope)
  if (node.init?.type === 'VariableDeclaration') execute(walk, node.init, inner)
  else if (node.init) walk.evaluate(node.init, inner)
  const body = () => {
    if (node.test && node.type !== 'DoWhileStatement') {
      walk.assume(factsWhenTrue(walk.evaluate(node.test, inner)))
      narrow(walk, node.test, inner)
    }
    const end = execute(walk, node.body, new Scope(inner))
    if (node.update) walk.evaluate(node.update, inner)
    return end === 'break' ? 'next' : end
  }
  const taken = turns(walk, body)
  return walk.join(node.type === 'DoWhileStatement' ? [taken] : [taken, walk.idle()])
}

/**
 * The turns of a loop: the first with what is known before it, and, where a turn changes variables, another with what
 * they may be from then on.
 */
function turns(walk: Walk, turn: () => End): Branch {
  const first = walk.branch(NO_FACTS, turn)
  const changes = first.writes === undefined ? walk.broken : [first.writes, ...walk.broken]
  if (changes.length === 0) return first
  return walk.branch(NO_FACTS, () => {
    for (const writes of changes) {
      for (const [cell, value] of writes) walk.assign(cell, union([cell.value, value, UNKNOWN]))
    }
    return turn()
  })
}

function switchStatement(walk: Walk, node: Node, scope: Scope): End {
  const subject = walk.evaluate(node.discriminant, scope)
  const inner = new Scope(scope)
  const cases = node.cases as Node[]
  const facts = factsWhenTrue(subject)
  const branches: Branch[] = []
  const from = (index: number, holds = NO_FACTS): Branch =>
    walk.branch(holds, () => {
      for (const one of cases.slice(index)) {
        const end = block(walk, one.consequent, inner)
        if (end === 'break') return 'next'
        if (end !== 'next') return end
      }
      return 'next'
    })
  // `switch (true)` is a chain of conditions: each case holds where those before it do not.
  const chain = subject.kind === 'literal' && subject.value === true
  const { mark } = walk
  let decided = false
  for (const [index, one] of cases.entries()) {
    if (one.test === null) continue
    const value = walk.evaluate(one.test, inner)
    const comparable = subject.kind === 'literal' && value.kind === 'literal'
    if (comparable && subject.value !== value.value) continue
    const same = value.kind === 'literal' && !value.value ? NO_FACTS : facts
    branches.push(from(index, chain ? factsWhenTrue(value) : same))
    if (chain) walk.assume(factsWhenFalse(value))
    if (comparable) {
      decided = true
      break
    }
  }
  if (!decided) {
    const fallback = cases.findIndex((one) => one.test === null)
    branches.push(fallback === -1 ? walk.idle() : from(fallback))
  }
  walk.forget(mark)
  return walk.join(branches)
}

function tryStatement(walk: Walk, node: Node, scope: Scope): End {
  // A handler that always throws again catches nothing.
  const swallows = node.handler && !node.handler.body.body.some((one: Node) => one.type === 'ThrowStatement')
  if (swallows) walk.catching++
  const main = walk.branch(NO_FACTS, () => block(walk, node.block.body, new Scope(scope)), false)
  if (swallows) walk.catching--
  const branches = [main]
  if (node.handler) {
    branches.push(
      walk.branch(NO_FACTS, () => {
        const inner = new Scope(scope)
        if (node.handler.param) bind(walk, node.handler.param, caughtValue(node.block), inner)
        return block(walk, node.handler.body.body, inner)
      }),
    )
  }
  const end = walk.join(branches)
  if (node.finalizer) {
    const last = block(walk, node.finalizer.body, new Scope(scope))
    if (last !== 'next') return last
  }
  return end
}

/** What a `try` catches is an error, unless its own code throws something else. */
function caughtValue(block: Node): Value {
  let other = false
  visitAll(block, (node) => {
    other ||= node.type === 'ThrowStatement' && node.argument.type !== 'NewExpression'
    other ||= node.type === 'CallExpression' && /^(?:reject|cb|callback|done)$/.test(nameOf(node.callee))
  })
  return other ? UNKNOWN : record(new Map(), true)
}

function nameOf({ name, property }: Node): string {
  return name ?? property?.name ?? ''
}

function exportNamed(walk: Walk, node: Node, scope: Scope): End {
  const share = (local: string, exported: string) => {
    const value = scope.find(local)?.value
    if (value === undefined) return
    if (exported !== 'default') walk.exported.write(walk, exported, value, node.start, 'module.exports')
    else walk.exported.whole = { value, offset: node.start, as: 'default' }
  }
  if (node.declaration) {
    execute(walk, node.declaration, scope)
    const names: string[] =
      node.declaration.type === 'VariableDeclaration'
        ? node.declaration.declarations.map((one: Node) => one.id.name)
        : [node.declaration.id?.name]
    for (const name of names) share(name, name)
  } else {
    for (const { local, exported } of node.specifiers ?? [])
      share(local.name, exported.name ?? exported.value)
  }
  return 'next'
}

function importNames(node: Node, scope: Scope): End {
  const library = `require(${String(node.source.value).replace(/^node:/, '')})`
  for (const { type, local, imported } of node.specifiers as Node[]) {
    const name = type === 'ImportSpecifier' ? `${library}.${imported.name ?? imported.value}` : library
    scope.set(local.name, { kind: 'global', name })
  }
  return 'next'
}
