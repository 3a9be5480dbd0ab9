import type { Node } from '../tree.ts'
import { computedMember, keyOf, readMember } from './access.ts'
import { callExpression } from './calls.ts'
import { classValue } from './classes.ts'
import { arrayExpression, objectExpression, taggedTemplate, templateLiteral } from './literals.ts'
import { pathValue } from './members.ts'
import { binaryExpression, conditionalExpression, logicalExpression, unaryExpression } from './operators.ts'
import { perhapsChain } from './outcomes.ts'
import type { Path } from './paths.ts'
import { assignMember, bind, noteModuleState } from './patterns.ts'
import { plus } from './texts.ts'
import {
  alternatives,
  extend,
  factsWhenFalse,
  factsWhenTrue,
  implying,
  literal,
  NO_FACTS,
  orElse,
  type Scope,
  UNDEFINED,
  UNKNOWN,
  union,
  type Value,
} from './values.ts'
import type { Walk } from './walk.ts'

/** What an expression gives, as far as can be told without running it. */
export function evaluate(walk: Walk, node: Node, scope: Scope): Value {
  walk.step()
  const evaluator = EVALUATORS[node.type]
  return evaluator === undefined ? UNKNOWN : evaluator(walk, node, scope)
}

type Evaluator = (walk: Walk, node: Node, scope: Scope) => Value

const ofArgument: Evaluator = (walk, node, scope) => evaluate(walk, node.argument, scope)
const ofExpression: Evaluator = (walk, node, scope) => evaluate(walk, node.expression, scope)
const ofCall: Evaluator = (walk, node, scope) => callExpression(walk, node, scope)
const ofThis: Evaluator = (_walk, _node, scope) => scope.find('this')?.value ?? UNKNOWN
const ofFunction: Evaluator = (walk, node, scope) => {
  walk.functions.push({ node, scope })
  return { kind: 'function', node, scope }
}

/** By type of node; what is not here is not known. */
const EVALUATORS: Readonly<Record<string, Evaluator>> = {
  ArrayExpression: (walk, node, scope) => arrayExpression(walk, node, scope),
  ArrowFunctionExpression: ofFunction,
  AssignmentExpression: assignmentExpression,
  AwaitExpression: ofArgument,
  BinaryExpression: (walk, node, scope) => binaryExpression(walk, node, scope),
  CallExpression: ofCall,
  ChainExpression: chainExpression,
  ClassExpression: (walk, node, scope) => classValue(walk, node, scope),
  ConditionalExpression: (walk, node, scope) => conditionalExpression(walk, node, scope),
  FunctionExpression: ofFunction,
  Identifier: identifier,
  Literal: (_walk, node) => (node.regex || node.bigint ? UNKNOWN : literal(node.value)),
  LogicalExpression: (walk, node, scope) => logicalExpression(walk, node, scope),
  MemberExpression: memberExpression,
  NewExpression: ofCall,
  ObjectExpression: (walk, node, scope) => objectExpression(walk, node, scope),
  ParenthesizedExpression: ofExpression,
  SequenceExpression: sequenceExpression,
  SpreadElement: ofArgument,
  Super: ofThis,
  TaggedTemplateExpression: (walk, node, scope) => taggedTemplate(walk, node, scope),
  TemplateLiteral: (walk, node, scope) => templateLiteral(walk, node, scope),
  ThisExpression: ofThis,
  TSAsExpression: ofExpression,
  TSNonNullExpression: ofExpression,
  TSSatisfiesExpression: ofExpression,
  TSTypeAssertion: ofExpression,
  UnaryExpression: (walk, node, scope) => unaryExpression(walk, node, scope),
  UpdateExpression: updateExpression,
  YieldExpression: yieldExpression,
}

function sequenceExpression(walk: Walk, node: Node, scope: Scope): Value {
  let last: Value = UNDEFINED
  for (const one of node.expressions as Node[]) last = evaluate(walk, one, scope)
  return last
}

function updateExpression(walk: Walk, { argument }: Node, scope: Scope): Value {
  if (argument.type === 'MemberExpression') {
    evaluate(walk, argument, scope)
    assignMember(walk, argument, UNKNOWN, scope)
  }
  if (argument.type !== 'Identifier') return UNKNOWN
  const cell = scope.find(argument.name)
  if (cell !== undefined) walk.assign(cell, UNKNOWN)
  noteModuleState(walk, argument, UNKNOWN, scope)
  return UNKNOWN
}

function identifier(walk: Walk, { name }: Node, scope: Scope): Value {
  if (name === 'undefined') return UNDEFINED
  const cell = scope.find(name)
  if (cell !== undefined) return settled(cell.value)
  // A snippet shows the inside of a handler.
  if (name === 'api') return pathValue(walk.api, 1)
  if (name === 'event') return pathValue(walk.event, 1)
  return { kind: 'global', name }
}

/** A place that a condition has shown to be present since its value was taken. */
function settled(value: Value): Value {
  if (value.kind !== 'path') return value
  const { path, known } = value
  return path.there && known < path.depth ? { ...value, known: path.depth } : value
}

function memberExpression(walk: Walk, node: Node, scope: Scope): Value {
  const object = evaluate(walk, node.object, scope)
  if (node.optional) walk.assume(factsWhenTrue(object))
  const key = keyOf(walk, node, scope)
  return key === undefined
    ? computedMember(walk, object, node, scope)
    : readMember(walk, object, key, node.start, node.optional)
}

function chainExpression(walk: Walk, node: Node, scope: Scope): Value {
  const [value, learnt] = walk.learning(() => evaluate(walk, node.expression, scope))
  // The chain may have ended early: nothing on the way is certain but what was so before.
  if (value.kind === 'path' || value.kind === 'union') {
    const found = learnt.filter(({ isOutcome }) => isOutcome)
    const one = union(
      alternatives(value).map((each) =>
        each.kind === 'path' ? { ...each, known: knownDepth(each.path) } : each,
      ),
    )
    const all = [...(value.kind === 'union' ? (value.whenTrue ?? NO_FACTS) : NO_FACTS), ...found]
    return all.length === 0 ? one : implying(one, [...factsWhenTrue(one), ...all], NO_FACTS)
  }
  if (learnt.length === 0) return value
  const result = implying(value, [...factsWhenTrue(value), ...learnt], factsWhenFalse(value))
  const since = learnt.filter(({ isOutcome, shape }) => !isOutcome && shape?.missing === 'yes')
  return since.length === 0 || value.kind !== 'unknown' ? result : perhapsChain(walk, node, result, since)
}

function knownDepth(path: Path): number {
  let known: Path | undefined = path
  while (known !== undefined && !known.there) known = known.parent
  return known?.depth ?? 1
}

/** What a generator yields is what going through its call gives. */
function yieldExpression(walk: Walk, node: Node, scope: Scope): Value {
  const value = node.argument ? evaluate(walk, node.argument, scope) : UNDEFINED
  const { yielded } = walk
  if (yielded === undefined) return UNKNOWN
  if (walk.conditional > 0) yielded.open = true
  if (!node.delegate) yielded.items.push(value)
  else if (value.kind === 'list') yielded.open ||= !extend(yielded.items, value.items)
  else yielded.open = true
  return UNKNOWN
}

function assignmentExpression(walk: Walk, node: Node, scope: Scope): Value {
  const { operator } = node
  let value = evaluate(walk, node.right, scope)
  if (operator === '+=') value = plus(evaluate(walk, node.left, scope), value)
  else if (operator === '||=' || operator === '??=' || operator === '&&=') {
    value = orElse(evaluate(walk, node.left, scope), value)
  } else if (operator !== '=') value = UNKNOWN
  switch (node.left.type) {
    case 'Identifier': {
      const cell = scope.find(node.left.name)
      if (cell !== undefined) walk.assign(cell, value)
      else if (node.left.name === 'exports') walk.exported.rename(walk, value, node.left.start)
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
