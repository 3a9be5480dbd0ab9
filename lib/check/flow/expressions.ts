import type { Node } from '../tree.ts'
import { call, callExpression, callFunction } from './calls.ts'
import { classValue, staticMember } from './classes.ts'
import { entriesOf } from './maps.ts'
import type { Path } from './paths.ts'
import { assignMember, bind, noteModuleState } from './patterns.ts'
import {
  alternatives,
  choice,
  common,
  concatenate,
  type Facts,
  factsWhenFalse,
  factsWhenTrue,
  implying,
  literal,
  mayBeFalse,
  mayBeTrue,
  NO_FACTS,
  narrowed,
  orElse,
  type Primitive,
  plainly,
  record,
  type Scope,
  test,
  texts,
  UNDEFINED,
  UNKNOWN,
  undefinedWhere,
  union,
  type Value,
} from './values.ts'
import { type Branch, pathValue, type Walk } from './walk.ts'

/** What an expression gives, as far as can be told without running it. */
export function evaluate(walk: Walk, node: Node, scope: Scope): Value {
  walk.step()
  switch (node.type) {
    case 'Identifier':
      return identifier(walk, node.name, scope)
    case 'MemberExpression':
      return memberExpression(walk, node, scope)
    case 'Literal':
      return node.regex || node.bigint ? UNKNOWN : literal(node.value)
    case 'CallExpression':
    case 'NewExpression':
      return callExpression(walk, node, scope)
    case 'TemplateLiteral':
      return templateLiteral(walk, node, scope)
    case 'ChainExpression':
      return chainExpression(walk, node, scope)
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      walk.functions.push({ node, scope })
      return { kind: 'function', node, scope }
    case 'ObjectExpression':
      return objectExpression(walk, node, scope)
    case 'ArrayExpression':
      return arrayExpression(walk, node, scope)
    case 'LogicalExpression':
      return logicalExpression(walk, node, scope)
    case 'BinaryExpression':
      return binaryExpression(walk, node, scope)
    case 'UnaryExpression':
      return unaryExpression(walk, node, scope)
    case 'ConditionalExpression':
      return conditionalExpression(walk, node, scope)
    case 'AssignmentExpression':
      return assignmentExpression(walk, node, scope)
    case 'AwaitExpression':
    case 'SpreadElement':
      return evaluate(walk, node.argument, scope)
    case 'YieldExpression':
      return yieldExpression(walk, node, scope)
    case 'SequenceExpression': {
      let last: Value = UNDEFINED
      for (const one of node.expressions as Node[]) last = evaluate(walk, one, scope)
      return last
    }
    case 'ThisExpression':
    case 'Super':
      return scope.find('this')?.value ?? UNKNOWN
    case 'TaggedTemplateExpression':
      return taggedTemplate(walk, node, scope)
    case 'MetaProperty':
      return UNKNOWN
    case 'UpdateExpression':
      if (node.argument.type === 'Identifier') {
        const cell = scope.find(node.argument.name)
        if (cell !== undefined) walk.assign(cell, UNKNOWN)
        noteModuleState(walk, node.argument, UNKNOWN, scope)
      }
      return UNKNOWN
    case 'ClassExpression':
      return classValue(walk, node, scope)
    case 'ParenthesizedExpression':
    case 'TSAsExpression':
    case 'TSNonNullExpression':
    case 'TSSatisfiesExpression':
    case 'TSTypeAssertion':
      return evaluate(walk, node.expression, scope)
    default:
      return UNKNOWN
  }
}

function identifier(walk: Walk, name: string, scope: Scope): Value {
  if (name === 'undefined') return UNDEFINED
  const cell = scope.find(name)
  if (cell !== undefined) return settled(cell.value)
  // A snippet shows the inside of a handler.
  if (name === 'api') return pathValue(walk.api, 1)
  if (name === 'event') return pathValue(walk.event, 1)
  return { kind: 'global', name }
}

/** A place that a condition has shown to be there since its value was taken. */
function settled(value: Value): Value {
  if (value.kind !== 'path') return value
  const { path, known } = value
  return path.there && known < path.depth ? { ...value, known: path.depth } : value
}

/** The name of a property or a member, when it can be told. */
export function keyOf(walk: Walk, node: Node, scope: Scope): string | undefined {
  const key: Node = node.type === 'MemberExpression' ? node.property : node.key
  if (!node.computed && (key.type === 'Identifier' || key.type === 'PrivateIdentifier')) return key.name
  const value = evaluate(walk, key, scope)
  return value.kind === 'literal' ? String(value.value) : undefined
}

function memberExpression(walk: Walk, node: Node, scope: Scope): Value {
  const object = evaluate(walk, node.object, scope)
  if (node.optional) walk.assume(factsWhenTrue(object))
  const key = keyOf(walk, node, scope)
  return key === undefined
    ? computedMember(walk, object, node, scope)
    : readMember(walk, object, key, node.start, node.optional)
}

/** `object.key`; a getter is called. */
export function readMember(walk: Walk, object: Value, key: string, offset: number, optional: boolean): Value {
  const value =
    object.kind === 'class'
      ? (staticMember(walk, object, key) ?? UNKNOWN)
      : walk.member(object, key, offset, optional)
  return value.kind === 'function' && value.getter === true ? callFunction(walk, value, []) : value
}

/** `object[key]` with a key that is known at run time only. */
export function computedMember(walk: Walk, object: Value, node: Node, scope: Scope): Value {
  const names = texts(evaluate(walk, node.property, scope))
  if (names.complete && names.values.length <= 8) {
    return union(names.values.map((name) => readMember(walk, object, name, node.start, node.optional)))
  }
  if (object.kind === 'path') {
    if (object.path.root === 'api') return UNKNOWN
    if (!node.optional) walk.present(object, node.start)
    if (object.path.below === 'secrets') {
      walk.observe({ kind: 'secret', offset: node.start, name: undefined, owner: 'event' })
    }
    return object.path.shape?.kind === 'list' ? walk.elementOf(object) : UNKNOWN
  }
  if (object.kind === 'union' && !node.optional) walk.use(object, node.start)
  if (object.kind === 'list') return union(object.items)
  return object.kind === 'record' ? union([...object.members.values(), UNKNOWN]) : UNKNOWN
}

function chainExpression(walk: Walk, node: Node, scope: Scope): Value {
  const [value, learnt] = walk.learning(() => evaluate(walk, node.expression, scope))
  // The chain may have ended early: nothing on the way is certain but what was so before.
  if (value.kind === 'path') return { ...value, known: knownDepth(value.path) }
  if (value.kind === 'union') {
    return union(value.of.map((one) => (one.kind === 'path' ? { ...one, known: knownDepth(one.path) } : one)))
  }
  if (learnt.length === 0) return value
  return implying(value, [...factsWhenTrue(value), ...learnt], factsWhenFalse(value))
}

function knownDepth(path: Path): number {
  let known: Path | undefined = path
  while (known !== undefined && !known.there) known = known.parent
  return known?.depth ?? 1
}

/** Lets the variables of a condition have what is left of their values where it holds. */
export function narrow(walk: Walk, condition: Node, scope: Scope, holds = true): void {
  switch (condition.type) {
    case 'Identifier': {
      const cell = holds ? scope.find(condition.name) : undefined
      if (cell?.value.kind === 'union') walk.assign(cell, narrowed(cell.value))
      return
    }
    case 'UnaryExpression':
      if (condition.operator === '!') narrow(walk, condition.argument, scope, !holds)
      return
    case 'LogicalExpression':
      if (condition.operator !== (holds ? '&&' : '||')) return
      narrow(walk, condition.left, scope, holds)
      narrow(walk, condition.right, scope, holds)
      return
    case 'BinaryExpression': {
      const { operator, left, right } = condition
      const equal = operator === '===' || operator === '=='
      if (!equal && operator !== '!==' && operator !== '!=') return
      const nullish =
        (right.type === 'Literal' && right.value === null && operator.length === 2) ||
        right.name === 'undefined'
      if (left.type === 'Identifier' && nullish) narrow(walk, left, scope, equal !== holds)
      if (isTypeof(left) && right.type === 'Literal') {
        narrow(walk, left.argument, scope, right.value === 'undefined' ? equal !== holds : equal === holds)
      }
      return
    }
    default:
  }
}

function templateLiteral(walk: Walk, node: Node, scope: Scope): Value {
  const parts: Value[] = []
  const { quasis, expressions } = node as unknown as { quasis: Node[]; expressions: Node[] }
  for (let index = 0; index < quasis.length; index++) {
    const text = quasis[index]!.value.cooked
    if (text !== '') parts.push(literal(text ?? ''))
    const expression = expressions[index]
    if (expression !== undefined) parts.push(evaluate(walk, expression, scope))
  }
  return concatenate(parts)
}

/** String.raw, or a function of the file that is called with the texts and the values. */
function taggedTemplate(walk: Walk, node: Node, scope: Scope): Value {
  const tag = evaluate(walk, node.tag, scope)
  if (tag.kind === 'global' && tag.name === 'String.raw') return templateLiteral(walk, node.quasi, scope)
  const values = (node.quasi.expressions as Node[]).map((one) => evaluate(walk, one, scope))
  const strings = (node.quasi.quasis as Node[]).map((quasi) => literal(quasi.value.cooked))
  return call(walk, tag, [{ kind: 'list', items: strings }, ...values], node)
}

/** What a generator yields is what going through its call gives. */
function yieldExpression(walk: Walk, node: Node, scope: Scope): Value {
  const value = node.argument ? evaluate(walk, node.argument, scope) : UNDEFINED
  const { yielded } = walk
  if (yielded === undefined) return UNKNOWN
  if (walk.conditional > 0) yielded.open = true
  if (!node.delegate) yielded.items.push(value)
  else if (value.kind === 'list') yielded.items.push(...value.items)
  else yielded.open = true
  return UNKNOWN
}

function objectExpression(walk: Walk, node: Node, scope: Scope): Value {
  const members = new Map<string, Value>()
  let open = false
  for (const property of node.properties as Node[]) {
    if (property.type === 'SpreadElement') {
      for (const spread of alternatives(evaluate(walk, property.argument, scope))) {
        if (spread.kind === 'record') {
          for (const [name, member] of spread.members) members.set(name, member)
          open ||= spread.open
        } else if (spread.kind !== 'literal') open = true
      }
      continue
    }
    const key = keyOf(walk, property, scope)
    const value = evaluate(walk, property.value, scope)
    if (key === undefined || property.kind === 'set') open = true
    else
      members.set(
        key,
        property.kind === 'get' && value.kind === 'function' ? { ...value, getter: true } : value,
      )
  }
  const value = record(members, open)
  // `this` of a method is the object.
  for (const [name, member] of members) {
    if (member.kind === 'function' && member.node.type === 'FunctionExpression') {
      members.set(name, { ...member, self: value })
    }
  }
  return value
}

function arrayExpression(walk: Walk, node: Node, scope: Scope): Value {
  const items: Value[] = []
  let open = false
  for (const element of node.elements as (Node | null)[]) {
    if (element === null) continue
    const value = evaluate(walk, element, scope)
    if (element.type !== 'SpreadElement') items.push(value)
    else if (value.kind === 'list') {
      items.push(...value.items)
      open ||= value.open === true
    } else if (value.kind === 'record' && value.isMap === true) items.push(...entriesOf(value))
    else {
      // Into a list, nothing cannot be spread; into an object it can.
      walk.use(value, element.start)
      open = true
    }
  }
  return open && items.length === 0 ? UNKNOWN : { kind: 'list', items, open }
}

function logicalExpression(walk: Walk, node: Node, scope: Scope): Value {
  const left = evaluate(walk, node.left, scope)
  const { operator } = node
  const and = operator === '&&'
  if (and ? !mayBeTrue(left) : operator === '||' && !mayBeFalse(left)) return left
  const runsOn = and ? factsWhenTrue(left) : operator === '||' ? factsWhenFalse(left) : NO_FACTS
  let right: Value = UNKNOWN
  let rightFacts = NO_FACTS
  const always = and ? !mayBeFalse(left) : operator === '||' && !mayBeTrue(left)
  if (always || isPlain(node.right)) right = evaluate(walk, node.right, scope)
  else {
    const branch = walk.branch(
      runsOn,
      () => {
        if (operator !== '??') narrow(walk, node.left, scope, and)
        right = evaluate(walk, node.right, scope)
        return 'next'
      },
      and ? mayBeFalse(left) : mayBeTrue(left),
    )
    rightFacts = branch.facts
    walk.join([branch, walk.idle()])
  }
  if (and) {
    const value = mayBeFalse(left) ? union([undefinedWhere(left), plainly(right)]) : plainly(right)
    return implying(
      value,
      [...factsWhenTrue(left), ...factsWhenTrue(right), ...rightFacts],
      common(factsWhenFalse(left), [...factsWhenFalse(right), ...rightFacts]),
    )
  }
  const kept = mayBeTrue(left) ? orElse(plainly(left), plainly(right)) : plainly(right)
  const whenTrue = common(factsWhenTrue(left), factsWhenTrue(right))
  return implying(
    kept,
    whenTrue,
    operator === '||' ? [...factsWhenFalse(left), ...factsWhenFalse(right)] : NO_FACTS,
  )
}

/** An expression that has no effects and teaches nothing. */
function isPlain(node: Node): boolean {
  return (
    node.type === 'Literal' ||
    node.type === 'Identifier' ||
    (node.type === 'ObjectExpression' && node.properties.length === 0) ||
    (node.type === 'ArrayExpression' && node.elements.length === 0)
  )
}

function unaryExpression(walk: Walk, node: Node, scope: Scope): Value {
  const value = evaluate(walk, node.argument, scope)
  switch (node.operator) {
    case '!':
      return value.kind === 'literal' || !mayBeFalse(value) || !mayBeTrue(value)
        ? implying(literal(!mayBeTrue(value)), factsWhenFalse(value), factsWhenTrue(value))
        : test(factsWhenFalse(value), factsWhenTrue(value))
    case 'void':
      return UNDEFINED
    case 'typeof':
      return value.kind === 'literal' ? literal(typeof value.value) : UNKNOWN
    case 'delete':
      deleteMember(walk, node.argument, scope)
      return UNKNOWN
    case '-':
      return value.kind === 'literal' && typeof value.value === 'number' ? literal(-value.value) : UNKNOWN
    default:
      return UNKNOWN
  }
}

function deleteMember(walk: Walk, target: Node, scope: Scope): void {
  if (target.type !== 'MemberExpression' || walk.conditional > 0) return
  const object = evaluate(walk, target.object, scope)
  const key = keyOf(walk, target, scope)
  if (object.kind === 'record' && key !== undefined) object.members.delete(key)
}

function binaryExpression(walk: Walk, node: Node, scope: Scope): Value {
  const { operator } = node
  const left: Value = node.left.type === 'PrivateIdentifier' ? UNKNOWN : evaluate(walk, node.left, scope)
  const right = evaluate(walk, node.right, scope)
  switch (operator) {
    case '+':
      return concatenate([left, right])
    case 'in':
      walk.use(right, node.right.start)
      return left.kind === 'literal' && right.kind === 'path'
        ? test([right.path.child(String(left.value))])
        : UNKNOWN
    case '<':
    case '>':
    case '<=':
    case '>=':
      if (left.kind === 'literal' && right.kind === 'literal')
        return compared(operator, left.value, right.value)
      return test([...factsWhenTrue(left), ...factsWhenTrue(right)])
    case 'instanceof':
      return test([...factsWhenTrue(left), ...factsWhenTrue(right)])
    case '==':
    case '===':
      return equality(walk, node, left, right, scope)
    case '!=':
    case '!==': {
      const equal = equality(walk, node, left, right, scope)
      return equal.kind === 'literal'
        ? implying(literal(!equal.value), factsWhenFalse(equal), factsWhenTrue(equal))
        : test(factsWhenFalse(equal), factsWhenTrue(equal))
    }
    case '-':
    case '*':
    case '/':
    case '%':
      return calculated(operator, left, right)
    default:
      return UNKNOWN
  }
}

function calculated(operator: string, left: Value, right: Value): Value {
  if (left.kind !== 'literal' || right.kind !== 'literal') return UNKNOWN
  const [a, b] = [Number(left.value), Number(right.value)]
  return literal(operator === '-' ? a - b : operator === '*' ? a * b : operator === '/' ? a / b : a % b)
}

function compared(operator: string, left: Primitive, right: Primitive): Value {
  if (typeof left !== 'number' || typeof right !== 'number') return UNKNOWN
  if (operator.startsWith('<')) return literal(operator === '<' ? left < right : left <= right)
  return literal(operator === '>' ? left > right : left >= right)
}

/** `left === right`, and what holds where it is true or false. */
function equality(walk: Walk, node: Node, left: Value, right: Value, scope: Scope): Value {
  if (left.kind === 'literal' && right.kind === 'literal') {
    const equal = left.value === right.value || (left.value == null && right.value == null)
    return implying(literal(equal), NO_FACTS, NO_FACTS)
  }
  if (right.kind === 'literal' && isTypeof(node.left)) {
    const subject = factsWhenTrue(evaluate(walk, node.left.argument, scope))
    return right.value === 'undefined' ? test(NO_FACTS, subject) : test(subject)
  }
  const [known, subject] =
    right.kind === 'literal' ? [right, left] : left.kind === 'literal' ? [left, right] : []
  // Two things of the event that are the same, of which one is there.
  if (known === undefined || subject === undefined) return UNKNOWN
  if (known.value == null) {
    if (!couldBeNullish(subject)) return literal(false)
    // What is missing is undefined: that it is not null says nothing.
    const strictlyNull =
      known.value === null && node.operator.length === 3 && alternatives(subject).some(couldBeUndefined)
    return test(NO_FACTS, strictlyNull ? NO_FACTS : factsWhenTrue(subject))
  }
  const there = factsWhenTrue(subject)
  if (
    known.value === 'oauth2-refresh-token' &&
    there.some((path) => path.text === 'event.transaction.protocol')
  ) {
    // That is the flow in which the event has a refresh token.
    return test([...there, walk.event.child('refresh_token')])
  }
  return test(there, known.value === false ? there : NO_FACTS)
}

function isTypeof(node: Node): boolean {
  return node.type === 'UnaryExpression' && node.operator === 'typeof'
}

function couldBeUndefined(value: Value): boolean {
  return value.kind === 'literal' ? value.value === undefined : couldBeNullish(value)
}

function couldBeNullish(value: Value): boolean {
  if (value.kind === 'path') return !value.path.always
  return !['list', 'record', 'function', 'class', 'text'].includes(value.kind)
}

function conditionalExpression(walk: Walk, node: Node, scope: Scope): Value {
  const condition = evaluate(walk, node.test, scope)
  const values: Value[] = []
  const way = (facts: Facts, side: Node, conditional: boolean): Branch => {
    const branch = walk.branch(
      facts,
      () => {
        narrow(walk, node.test, scope, side === node.consequent)
        const value = evaluate(walk, side, scope)
        const nothing = side === node.alternate && value.kind === 'literal' && value.value == null
        values.push(nothing ? undefinedWhere(condition) : value)
        return 'next'
      },
      conditional,
    )
    // What is learnt in a branch comes with its value.
    const value = values.pop()!
    values.push(implying(value, [...factsWhenTrue(value), ...branch.facts], factsWhenFalse(value)))
    return branch
  }
  const yes = mayBeTrue(condition)
  const no = mayBeFalse(condition)
  const branches: Branch[] = []
  if (yes) branches.push(way(factsWhenTrue(condition), node.consequent, no))
  if (no) branches.push(way(factsWhenFalse(condition), node.alternate, yes))
  walk.join(branches)
  return choice(values)
}

function assignmentExpression(walk: Walk, node: Node, scope: Scope): Value {
  const { operator } = node
  let value = evaluate(walk, node.right, scope)
  if (operator === '+=') value = concatenate([evaluate(walk, node.left, scope), value])
  else if (operator === '||=' || operator === '??=' || operator === '&&=') {
    value = orElse(evaluate(walk, node.left, scope), value)
  } else if (operator !== '=') value = UNKNOWN
  switch (node.left.type) {
    case 'Identifier': {
      const cell = scope.find(node.left.name)
      if (cell !== undefined) walk.assign(cell, value)
      if (operator === '=' || operator === '+=') noteModuleState(walk, node.left, value, scope)
      break
    }
    case 'MemberExpression':
      assignMember(walk, node.left, value, scope)
      break
    default:
      bind(walk, node.left, value, scope, true)
  }
  return value
}
