import type { Node } from '../tree.ts'
import { keyOf } from './access.ts'
import { use } from './members.ts'
import { entry } from './outcomes.ts'
import { noteEventWrite } from './patterns.ts'
import { plus } from './texts.ts'
import {
  alternatives,
  choice,
  common,
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
  type Scope,
  shared,
  test,
  UNDEFINED,
  UNKNOWN,
  undefinedWhere,
  union,
  type Value,
} from './values.ts'
import type { Branch, Walk } from './walk.ts'

/** Narrows the variables of a condition to the values that they can have where it holds. */
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

export function logicalExpression(walk: Walk, node: Node, scope: Scope): Value {
  const left = walk.evaluate(node.left, scope)
  const { operator } = node
  const and = operator === '&&'
  if (and ? !mayBeTrue(left) : operator === '||' && !mayBeFalse(left)) return left
  const runsOn = and ? factsWhenTrue(left) : operator === '||' ? factsWhenFalse(left) : NO_FACTS
  let right: Value = UNKNOWN
  let rightFacts = NO_FACTS
  const always = and ? !mayBeFalse(left) : operator === '||' && !mayBeTrue(left)
  if (always || isPlain(node.right)) right = walk.evaluate(node.right, scope)
  else {
    const branch = walk.branch(
      runsOn,
      () => {
        if (operator !== '??') narrow(walk, node.left, scope, and)
        right = walk.evaluate(node.right, scope)
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
  // What `??` has chosen is present, truthy or not.
  const chosen =
    operator === '??' && isUnknownOrNothing(left)
      ? test(factsWhenTrue(left), factsWhenTrue(left))
      : plainly(left)
  const kept = mayBeTrue(left) ? orElse(chosen, plainly(right)) : plainly(right)
  const whenTrue = common(factsWhenTrue(left), factsWhenTrue(right))
  return implying(
    kept,
    whenTrue,
    operator === '||' ? [...factsWhenFalse(left), ...factsWhenFalse(right)] : NO_FACTS,
  )
}

/** Whether nothing is known of a value but that it may be nothing, and what follows where it is not. */
function isUnknownOrNothing(value: Value): boolean {
  return alternatives(value).every(
    (one) => one.kind === 'unknown' || (one.kind === 'literal' && one.absent !== undefined),
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

export function unaryExpression(walk: Walk, node: Node, scope: Scope): Value {
  const value = walk.evaluate(node.argument, scope)
  switch (node.operator) {
    case '!':
      return negated(value)
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

/** `!value`: what it implies is turned round. */
function negated(value: Value): Value {
  return mayBeFalse(value) && mayBeTrue(value)
    ? test(factsWhenFalse(value), factsWhenTrue(value))
    : implying(literal(!mayBeTrue(value)), factsWhenFalse(value), factsWhenTrue(value))
}

function deleteMember(walk: Walk, target: Node, scope: Scope): void {
  if (target.type !== 'MemberExpression' || walk.conditional > 0) return
  const object = walk.evaluate(target.object, scope)
  const key = keyOf(walk, target, scope)
  if (object.kind === 'record' && key !== undefined) object.members.delete(key)
  if (object.kind === 'path' && key !== undefined) {
    noteEventWrite(walk, object.path.child(key), target.start)
  }
}

export function binaryExpression(walk: Walk, node: Node, scope: Scope): Value {
  const { operator } = node
  const left: Value = node.left.type === 'PrivateIdentifier' ? UNKNOWN : walk.evaluate(node.left, scope)
  const right = walk.evaluate(node.right, scope)
  switch (operator) {
    case '+':
      return plus(left, right)
    case 'in':
      use(walk, right, node.right.start)
      if (left.kind === 'path' && right.kind === 'record') {
        return test([...factsWhenTrue(left), entry(walk, right, left.path)])
      }
      return left.kind === 'literal' && right.kind === 'path'
        ? test([right.path.child(String(left.value))])
        : UNKNOWN
    case '<':
    case '>':
    case '<=':
    case '>=':
      return relation(operator, left, right)
    case 'instanceof':
      return test([...factsWhenTrue(left), ...factsWhenTrue(right)])
    case '==':
    case '===':
      return equality(walk, node, left, right, scope)
    case '!=':
    case '!==':
      return negated(equality(walk, node, left, right, scope))
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

/** `left < right`: what is undefined is in no order, and a default decides for itself. */
function relation(operator: string, left: Value, right: Value): Value {
  if (left.kind === 'literal' && right.kind === 'literal') return compared(operator, left.value, right.value)
  if (left.kind !== 'union' || right.kind !== 'literal') {
    return test([...factsWhenTrue(left), ...factsWhenTrue(right)])
  }
  const whenTrue: Facts[] = []
  const whenFalse: Facts[] = []
  for (const one of left.of) {
    const decision = one.kind === 'literal' ? compared(operator, one.value, right.value) : UNKNOWN
    const shown = factsWhenTrue(one)
    if (mayBeTrue(decision)) whenTrue.push(shown)
    if (mayBeFalse(decision)) whenFalse.push(common(shown, factsWhenFalse(one)))
  }
  return test(shared(whenTrue), shared(whenFalse))
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
    const subject = factsWhenTrue(walk.evaluate(node.left.argument, scope))
    return right.value === 'undefined' ? test(NO_FACTS, subject) : test(subject)
  }
  const [known, subject] =
    right.kind === 'literal' ? [right, left] : left.kind === 'literal' ? [left, right] : []
  // Two equal parts of the event, of which one is present.
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

export function conditionalExpression(walk: Walk, node: Node, scope: Scope): Value {
  const condition = walk.evaluate(node.test, scope)
  const values: Value[] = []
  const way = (facts: Facts, side: Node, conditional: boolean): Branch => {
    const branch = walk.branch(
      facts,
      () => {
        narrow(walk, node.test, scope, side === node.consequent)
        const value = walk.evaluate(side, scope)
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
