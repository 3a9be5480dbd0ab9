import { isFunction, type Node } from '../tree.ts'
import { call } from './calls.ts'
import { pathValue } from './members.ts'
import type { Observation } from './observation.ts'
import { declareFunctions, execute } from './statements.ts'
import { type FunctionValue, Scope, UNKNOWN, type Value } from './values.ts'
import { type Situation, Walk } from './walk.ts'

/** What walking a file has shown. */
export interface Walked {
  observations: readonly Observation[]
  /** What the file exports, by name. */
  exports: ReadonlyMap<string, Value>
  /** Functions that the file declares at its top, by name. */
  declared: ReadonlyMap<string, FunctionValue>
  /** Every function of the file that the walk has made. */
  functions: readonly Node[]
}

const HANDLERS = ['onExecutePostLogin', 'onContinuePostLogin']

/**
 * Walks a file as Auth0 would run it, without running it: its top, then its post-login handlers, then what
 * nothing has called. `situation` lets the handlers run for a login without a refresh token, or for a refresh.
 */
export function walkFile(tree: Node, situation?: Situation): Walked {
  const walk = new Walk()
  const scope = new Scope()
  const statements = tree.body as Node[]
  declareFunctions(walk, statements, scope)
  for (const statement of statements) {
    walk.fresh(undefined)
    walk.stretch(() => execute(walk, statement, scope))
  }
  walk.situation = situation
  const api = () => pathValue(walk.api, 1)
  const event = () => pathValue(walk.event, 1)
  for (const name of HANDLERS) {
    const handler = walk.exports.get(name) ?? scope.find(name)?.value
    if (handler === undefined) continue
    walk.fresh(name)
    walk.stretch(() => call(walk, handler, [event(), api()], tree))
  }
  const others = [...walk.exports.keys()].filter((name) => /^on[A-Z]/.test(name) && !HANDLERS.includes(name))
  const exchange = walk.exports.get('onExecuteCredentialsExchange')
  if (exchange !== undefined) {
    walk.fresh('onExecuteCredentialsExchange')
    // Its api is a part of post-login's; its event is another one.
    walk.stretch(() => call(walk, exchange, [UNKNOWN, api()], tree))
  }
  // What nothing has called in a file of another trigger gets another event and another api.
  if (others.length === 0 && situation === undefined) {
    for (const { node, scope: closure } of [...walk.functions]) {
      if (walk.called.has(node)) continue
      walk.fresh(undefined)
      walk.dead = walk.exports.has('onExecutePostLogin')
      const args = (node.params as Node[]).map((param) => argumentNamed(nameOf(param), walk))
      walk.stretch(() => call(walk, { kind: 'function', node, scope: closure }, args, node))
    }
  }
  const declared = new Map<string, FunctionValue>()
  for (const statement of statements) {
    const name = statement.type === 'FunctionDeclaration' ? statement.id?.name : undefined
    const value = name === undefined ? undefined : scope.find(name)?.value
    if (value?.kind === 'function') declared.set(name, value)
    for (const one of statement.type === 'VariableDeclaration' ? (statement.declarations as Node[]) : []) {
      const value =
        one.id.type === 'Identifier' && one.init && isFunction(one.init)
          ? scope.find(one.id.name)?.value
          : undefined
      if (value?.kind === 'function') declared.set(one.id.name, value)
    }
  }
  return {
    observations: walk.observations,
    exports: walk.exports,
    declared,
    functions: walk.functions.map(({ node }) => node),
  }
}

function nameOf(param: Node): string {
  return param.type === 'AssignmentPattern' ? nameOf(param.left) : (param.name ?? '')
}

/** What a function that nothing calls is probably called with. */
function argumentNamed(name: string, walk: Walk): Value {
  switch (name.replace(/^_/, '')) {
    case 'api':
      return pathValue(walk.api, 1)
    case 'event':
      return pathValue(walk.event, 1)
    case 'accessToken':
    case 'idToken':
      return pathValue(walk.api.child(name.replace(/^_/, '')), 0)
    default:
      return UNKNOWN
  }
}
