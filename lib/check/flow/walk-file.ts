import { handlersOf, type Situation, TRIGGERS, type Trigger } from '../../triggers/index.ts'
import { CLAIM_AREAS } from '../claim-methods.ts'
import { isFunction, type Node } from '../tree.ts'
import { call, callFunction, callLater } from './calls.ts'
import { type ExportWrite, type MeantHandler, meantHandler } from './exports.ts'
import { evaluate } from './expressions.ts'
import { pathValue } from './members.ts'
import type { Observation } from './observation.ts'
import { block, declareFunctions, execute } from './statements.ts'
import { type FunctionValue, Scope, UNKNOWN, type Value } from './values.ts'
import { Walk } from './walk.ts'

/** What walking a file has shown. */
export interface Walked {
  /** The trigger whose event and api its handlers got. */
  trigger: Trigger
  /** Triggers of which the file has a handler. */
  triggers: readonly Trigger[]
  observations: readonly Observation[]
  /** What the file exports, by name. */
  exports: ReadonlyMap<string, Value>
  /** Each write of a name that is exported, or was to be. */
  exportWrites: readonly ExportWrite[]
  /** In a file without a handler, what was to be one: it was walked as that. */
  meant: MeantHandler | undefined
  /** Functions that the file declares at its top, by name. */
  declared: ReadonlyMap<string, FunctionValue>
  /** Every function of the file that the walk has made. */
  functions: readonly Node[]
  /** Those of them that run when the file is loaded or a handler is called, as far as the walk has come. */
  ran: ReadonlySet<Node>
  /** Code that is not known gets the api, and may call any of it. */
  apiGiven: boolean
  /** Some code is nested too deeply to be walked. */
  tooDeep: boolean
}

/**
 * Walks a file once for each trigger that it has handlers of; else for those that it is bound to; else for the first
 * of all, as which a helper is read.
 */
export function walksOf(tree: Node, bound: readonly Trigger[] = []): readonly [Walked, ...Walked[]] {
  const usual = walkFile(tree, TRIGGERS[0]!)
  const triggers = usual.triggers.length > 0 ? usual.triggers : bound
  const [first = usual, ...others] = triggers.map((trigger) =>
    trigger === usual.trigger ? usual : walkFile(tree, trigger),
  )
  return [first, ...others]
}

/**
 * Walks a file as Auth0 would run it for a trigger, without running it: its top, then its handlers, then what nothing
 * has called. `situation` lets the handlers run for one kind of execution only.
 */
export function walkFile(tree: Node, trigger: Trigger, situation?: Situation): Walked {
  const walk = new Walk(trigger, { evaluate, block, call, callLater, callFunction })
  const scope = new Scope()
  const statements = tree.body as Node[]
  declareFunctions(walk, statements, scope)
  for (const statement of statements) {
    walk.fresh(undefined)
    walk.stretch(() => execute(walk, statement, scope))
  }
  walk.situation = situation
  const handlerNamed = (name: string) => walk.exports.get(name) ?? scope.find(name)?.value
  for (const name of handlersOf(trigger)) {
    const handler = handlerNamed(name)
    if (handler !== undefined) {
      run(walk, name, handler, [pathValue(walk.event, 1), pathValue(walk.api, 1)], tree)
    }
  }
  const exportWrites = [...walk.exported.writes]
  const named = TRIGGERS.filter((one) => handlersOf(one).some((name) => handlerNamed(name) !== undefined))
  const meant = named.length === 0 ? meantHandler(walk.exported, trigger) : undefined
  if (meant?.trigger === trigger) {
    run(walk, meant.name, meant.value, [pathValue(walk.event, 1), pathValue(walk.api, 1)], tree)
  }
  const ran = new Set(walk.called)
  const triggers = meant === undefined ? named : [meant.trigger]
  // What nothing has called in a file of another trigger gets another event and another api.
  const others =
    triggers.some((one) => one !== trigger) ||
    (meant === undefined &&
      [...walk.exports.keys()].some((name) => /^on[A-Z]/.test(name) && !handlersOf(trigger).includes(name)))
  const isAction = walk.exports.has(trigger.handlers.execute) || meant !== undefined
  if (!others && situation === undefined) runUncalled(walk, isAction)
  return {
    trigger,
    triggers,
    observations: walk.observations,
    exports: walk.exports,
    exportWrites,
    meant,
    declared: declaredFunctions(statements, scope),
    functions: walk.functions.map(({ node }) => node),
    ran,
    apiGiven: walk.api.given > 0 || [...walk.api.children].some(({ given }) => given > 0),
    tooDeep: walk.tooDeep,
  }
}

function runUncalled(walk: Walk, isAction: boolean): void {
  walk.dead = isAction
  for (const { node, scope } of [...walk.functions]) {
    if (walk.called.has(node)) continue
    const args = (node.params as Node[]).map((param) => argumentNamed(nameOf(param), walk))
    walk.fresh(undefined)
    walk.uncalledStretch(() => call(walk, { kind: 'function', node, scope }, args, node))
  }
}

function run(
  walk: Walk,
  handler: string | undefined,
  target: Value,
  args: readonly Value[],
  node: Node,
): void {
  walk.fresh(handler)
  walk.stretch(() => call(walk, target, args, node))
}

function declaredFunctions(statements: readonly Node[], scope: Scope): Map<string, FunctionValue> {
  const declared = new Map<string, FunctionValue>()
  const add = (name: string) => {
    const value = scope.find(name)?.value
    if (value?.kind === 'function') declared.set(name, value)
  }
  for (const statement of statements) {
    if (statement.type === 'FunctionDeclaration' && statement.id) add(statement.id.name)
    if (statement.type !== 'VariableDeclaration') continue
    for (const { id, init } of statement.declarations as Node[]) {
      if (id.type === 'Identifier' && init && isFunction(init)) add(id.name)
    }
  }
  return declared
}

function nameOf(param: Node): string {
  return param.type === 'AssignmentPattern' ? nameOf(param.left) : (param.name ?? '')
}

/** What a function that nothing calls is probably called with. */
function argumentNamed(name: string, walk: Walk): Value {
  const plain = name.replace(/^_/, '')
  switch (plain) {
    case 'api':
      return pathValue(walk.api, 1)
    case 'event':
      return pathValue(walk.event, 1)
    default:
      return CLAIM_AREAS.has(plain) ? pathValue(walk.api.child(plain), 0) : UNKNOWN
  }
}
