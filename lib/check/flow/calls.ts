import { CLAIM_AREAS, CLAIM_METHODS } from '../claim-methods.ts'
import { type Node, plainKey } from '../tree.ts'
import { computedMember, keyOf, readMember } from './access.ts'
import { addsEvent, callGlobal, callMethod } from './builtins.ts'
import { construct, runConstructor, superMember } from './classes.ts'
import { httpCall } from './http.ts'
import { pathValue, present, use } from './members.ts'
import { perhaps } from './outcomes.ts'
import { bind, noteModuleState, noteReturned } from './patterns.ts'
import { texts } from './texts.ts'
import {
  alternatives,
  choice,
  extend,
  type Facts,
  type FunctionValue,
  factsWhenFalse,
  factsWhenTrue,
  implying,
  type ListValue,
  literal,
  NO_FACTS,
  type PathValue,
  Scope,
  shared,
  UNDEFINED,
  UNKNOWN,
  union,
  type Value,
} from './values.ts'
import { MAX_DEPTH, type Walk } from './walk.ts'

/** Helpers that esbuild puts around a bundled module: they return it as it is. */
const BUNDLER_HELPERS = new Set(['__toESM', '__toCommonJS'])

export function callExpression(walk: Walk, node: Node, scope: Scope): Value {
  const callee: Node = node.callee
  if (callee.type === 'Super' || callee.type === 'Import') {
    const args = argumentsOf(walk, node, scope)
    const parent = callee.type === 'Super' ? scope.find('super')?.value : undefined
    const instance = scope.find('this')?.value
    if (parent?.kind === 'class' && instance?.kind === 'record') runConstructor(walk, parent, instance, args)
    return UNKNOWN
  }
  if (callee.type === 'Identifier' && BUNDLER_HELPERS.has(callee.name)) {
    return argumentsOf(walk, node, scope)[0] ?? UNDEFINED
  }
  if (callee.type !== 'MemberExpression') {
    const target = walk.evaluate(callee, scope)
    if (node.optional) walk.assume(factsWhenTrue(target))
    if (isApiMethod(target) && target.bound !== true && callee.type === 'Identifier') {
      walk.observe({ kind: 'detached', offset: callee.start, method: target.path.below })
    }
    return callOrConstruct(walk, target, argumentsOf(walk, node, scope), node)
  }
  const name = !callee.computed && callee.property.type === 'Identifier' ? callee.property.name : undefined
  // `promise.catch(…)` swallows what the promise throws.
  const swallows = name === 'catch'
  if (swallows) walk.catching++
  let self = walk.evaluate(callee.object, scope)
  if (callee.optional) walk.assume(factsWhenTrue(self))
  const key = name ?? keyOf(walk, callee, scope)
  if (key !== undefined && CLAIM_METHODS.has(key)) self = tokenOf(walk, callee.object, self)
  if (swallows) walk.catching--
  const combines = self.kind === 'global' && self.name === 'Promise' ? key : undefined
  if (combines === 'race') walk.racing++
  // What is given to Promise.allSettled may fail.
  if (combines === 'allSettled') walk.catching++
  const args = argumentsOf(walk, node, scope)
  if (combines === 'race') walk.racing--
  if (combines === 'allSettled') walk.catching--
  if (key === undefined) {
    const target = computedMember(walk, self, callee, scope)
    if (target.kind !== 'unknown') return callOrConstruct(walk, target, args, node)
    runCallbacks(walk, args)
    return UNKNOWN
  }
  if (addsEvent(key, args)) noteModuleState(walk, callee.object, args[args.length - 1]!, scope)
  // What an async function gives is a promise, whatever it is a promise of.
  const promised = PROMISE_METHODS.has(key) && alternatives(self).some(isApi)
  const result = promised ? callMethod(walk, self, key, args, node) : methodCall(walk, self, key, args, node)
  if (result !== undefined) return result
  let target = callee.object.type === 'Super' ? superMember(walk, key, scope) : undefined
  target ??= readMember(walk, self, key, callee.start, callee.optional)
  if (node.optional) walk.assume(factsWhenTrue(target))
  return callOrConstruct(walk, target, args, node)
}

/** What Node has in its module `crypto` and not in the global of that name, and what Rules had as globals. */
const ABSENT_FUNCTION =
  /^(?:crypto\.(?:create[A-Z]\w*|randomBytes|randomInt|timingSafeEqual|pbkdf2\w*|scrypt\w*|sign|verify|hash)|(?:global|globalThis)\.(?:ManagementClient|auth0\.\w+))$/

function callOrConstruct(walk: Walk, target: Value, args: readonly Value[], node: Node): Value {
  if (target.kind === 'class' && node.type === 'NewExpression') return construct(walk, target, args)
  if (target.kind === 'global') {
    if (ABSENT_FUNCTION.test(target.name)) {
      walk.observe({ kind: 'absent-function', offset: node.callee.start, name: target.name })
    }
    const signing = SIGNING_ARGUMENTS[target.name]
    if (signing !== undefined) noteSecretText(walk, args[signing], node.start)
    // What is written to is not read.
    handOver(target.name === 'Object.assign' ? args.slice(1) : args)
    const value = callGlobal(walk, target.name, args, node) ?? httpCall(walk, target.name, args, node.start)
    if (value !== undefined) return value
    if (
      node.type === 'NewExpression' &&
      /^require\(auth0(?:@[^)]*)?\)\.ManagementClient$/.test(target.name)
    ) {
      walk.observe({ kind: 'management-client', offset: node.start })
    }
    // What a client of Auth0 is asked for is a promise: its calls are known by name.
    if (node.type === 'NewExpression' && /^require\(auth0(?:@[^)]*)?\)\.\w+Client$/.test(target.name)) {
      return { kind: 'global', name: target.name.replace(/@[^)]*/, '') }
    }
  }
  return call(walk, target, args, node)
}

/** Calls that need the receiver: bind, call and apply, and the methods of text, lists and what the event holds. */
function methodCall(
  walk: Walk,
  self: Value,
  key: string,
  args: readonly Value[],
  node: Node,
): Value | undefined {
  if (self.kind === 'function' || isApiMethod(self)) {
    if (key === 'bind') return { ...self, bound: true, args: args.slice(1) }
    if (key === 'call') return call(walk, { ...self, bound: true }, args.slice(1), node)
    if (key === 'apply') {
      const given = args[1]?.kind === 'list' ? args[1].items : []
      return call(walk, { ...self, bound: true }, given, node)
    }
  }
  const { optional, start } = node.callee
  if (self.kind === 'record' && key === 'hasOwnProperty' && args[0]?.kind === 'path') {
    return callMethod(walk, self, key, args, node)
  }
  if (self.kind === 'record' && (self.isMap === true || self.asText !== undefined)) {
    return callMethod(walk, self, key, args, node) ?? UNKNOWN
  }
  switch (self.kind) {
    case 'path':
      if (self.path.root === 'api') return undefined
      if (!optional) present(walk, self, start, false)
      break
    case 'union':
      if (self.of.some((one) => one.kind === 'record' || one.kind === 'class' || isApi(one))) return undefined
      if (!optional) use(walk, self, start, false)
      if (self.of.some((one) => one.kind === 'list')) {
        return union(self.of.map((one) => callMethod(walk, one, key, args, node) ?? UNKNOWN))
      }
      break
    case 'literal':
      if (!optional) use(walk, self, start, false)
      break
    case 'text':
    case 'list':
    case 'unknown':
      break
    default:
      return undefined
  }
  handOver(args)
  const result = callMethod(walk, self, key, args, node) ?? UNKNOWN
  if (self.kind !== 'list') runCallbacks(walk, args.slice(1))
  return result
}

/** `anything.idToken.setCustomClaim`: however the api has come there. */
function tokenOf(walk: Walk, node: Node, self: Value): Value {
  if (self.kind !== 'unknown' && self.kind !== 'global') return self
  const name = node.type === 'MemberExpression' ? plainKey(node) : node.name
  return CLAIM_AREAS.has(name) ? pathValue(walk.api.child(name), 0) : self
}

const PROMISE_METHODS = new Set(['then', 'catch', 'finally'])

function isApi(value: Value): value is PathValue {
  return value.kind === 'path' && value.path.root === 'api'
}

function isApiMethod(value: Value): value is PathValue {
  return isApi(value) && value.path.depth === 3
}

function argumentsOf(walk: Walk, node: Node, scope: Scope): Value[] {
  const args: Value[] = []
  for (const argument of node.arguments as Node[]) {
    const value = walk.evaluate(argument, scope)
    if (argument.type === 'SpreadElement' && value.kind === 'list') extend(args, value.items)
    else args.push(value)
  }
  return args
}

/** Calls a value; a function of the file is walked, others get their callbacks called. */
export function call(walk: Walk, target: Value, given: readonly Value[], node: Node): Value {
  if (target.kind !== 'function' && target.kind !== 'union') handOver(given)
  switch (target.kind) {
    case 'function':
      return callFunction(walk, target, target.args === undefined ? given : [...target.args, ...given])
    case 'path':
      if (target.path.root === 'api') {
        return callApi(walk, target, target.args === undefined ? given : [...target.args, ...given], node)
      }
      present(walk, target, node.start)
      break
    case 'union':
      return union(target.of.map((one) => call(walk, one, given, node)))
    case 'global':
      if (HARMLESS.test(target.name)) break
      letChange(given)
      break
    default:
      letChange(given)
  }
  runCallbacks(walk, given)
  return UNKNOWN
}

/** Functions that change nothing that they are given. */
const HARMLESS =
  /^(?:console|JSON|Object|Array|Math|Number|String|Boolean|Promise|Symbol|Error|TypeError|Date|parseInt)\b/

/** Unknown code may change the values that it is given. */
function letChange(values: readonly Value[]): void {
  for (const value of values) if (value.kind === 'list' || value.kind === 'record') value.open = true
}

/** Notes a text of the source that is used as a secret. */
function noteSecretText(walk: Walk, value: Value | undefined, offset: number): void {
  for (const one of value === undefined ? [] : alternatives(value)) {
    if (one.kind === 'literal' && typeof one.value === 'string' && one.value !== '') {
      walk.observe({ kind: 'secret-text', offset, text: one.value })
    }
  }
}

/** Where libraries take a secret that signs. */
const SIGNING_ARGUMENTS: Readonly<Record<string, number>> = {
  'require(jsonwebtoken).sign': 1,
  'require(jsonwebtoken).verify': 1,
  'require(crypto).createHmac': 1,
}

/** Notes that places are given, whole, to code that may look at all that is in them. */
function handOver(values: readonly Value[], depth = 0): void {
  for (const value of values) {
    if (value.kind === 'path') value.path.given++
    else if (depth > 3) continue
    else if (value.kind === 'list') handOver(value.items, depth + 1)
    else if (value.kind === 'union') handOver(value.of, depth + 1)
    else if (value.kind === 'record') handOver([...value.members.values()], depth + 1)
  }
}

function runCallbacks(walk: Walk, values: readonly Value[]): void {
  for (const value of values) {
    if (value.kind !== 'function') continue
    callLater(
      walk,
      value,
      value.node.params.map(() => UNKNOWN),
    )
  }
}

/** Calls a callback that may or may not run. */
export function callLater(walk: Walk, callback: Value, args: readonly Value[]): Value {
  if (callback.kind !== 'function' && !isApi(callback)) return UNKNOWN
  let value: Value = UNKNOWN
  const branch = walk.branch(NO_FACTS, () => {
    value = call(walk, callback, args, callback.kind === 'function' ? callback.node : NOWHERE)
    return 'next'
  })
  walk.join([branch, walk.idle()])
  return value
}

const NOWHERE: Node = { type: 'CallExpression', start: 0, end: 0, arguments: [] }

/** Walks a function of the file with these arguments. */
export function callFunction(walk: Walk, target: FunctionValue, args: readonly Value[]): Value {
  const { node } = target
  walk.called.add(node)
  if (walk.depth >= MAX_DEPTH || isRecursive(walk, node)) return UNKNOWN
  const outer = walk.exits
  const { left, catching } = walk
  walk.exits = []
  walk.left = false
  walk.depth++
  walk.stack.push(node)
  try {
    const scope = new Scope(target.scope)
    if (target.self !== undefined && node.type !== 'ArrowFunctionExpression') scope.set('this', target.self)
    const params = node.params as Node[]
    for (let index = 0; index < params.length; index++) {
      const param = params[index]!
      if (param.type === 'RestElement')
        bind(walk, param.argument, { kind: 'list', items: args.slice(index) }, scope)
      else bind(walk, param, args[index] ?? UNDEFINED, scope)
    }
    if (node.body.type !== 'BlockStatement') {
      const value = walk.evaluate(node.body, scope)
      noteReturned(walk, node.body, value)
      return value
    }
    return node.generator ? generated(walk, node, scope) : functionBody(walk, node, scope)
  } finally {
    walk.exits = outer
    walk.left = left
    walk.catching = catching
    walk.depth--
    walk.stack.pop()
  }
}

function functionBody(walk: Walk, node: Node, scope: Scope): Value {
  const { mark, entry, returned } = walk
  walk.entry = mark
  walk.returned = []
  if (walk.block(node.body.body, scope) === 'next') {
    walk.exits.push({ value: UNDEFINED, facts: walk.factsSince(mark) })
  }
  walk.entry = entry
  walk.forget(mark)
  for (const writes of walk.returned) {
    for (const [cell, value] of writes) {
      walk.assign(cell, walk.exits.length === 1 ? value : union([cell.value, value]))
    }
  }
  walk.returned = returned
  const { exits } = walk
  const always = shared(exits.map(({ facts }) => facts))
  walk.assume(always)
  return choice(
    exits.map(({ value, facts }) => (facts.length === always.length ? value : implyingAlso(value, facts))),
  )
}

/** What a call of a generator goes through. */
function generated(walk: Walk, node: Node, scope: Scope): Value {
  const outer = walk.yielded
  const yielded: ListValue = { kind: 'list', items: [] }
  walk.yielded = yielded
  try {
    functionBody(walk, node, scope)
    return yielded
  } finally {
    walk.yielded = outer
  }
}

/** Facts that hold at a return hold wherever its value is used. */
function implyingAlso(value: Value, facts: Facts): Value {
  return implying(value, [...factsWhenTrue(value), ...facts], [...factsWhenFalse(value), ...facts])
}

function isRecursive(walk: Walk, node: Node): boolean {
  let times = 0
  for (const one of walk.stack) if (one === node) times++
  return times > 1
}

function callApi(walk: Walk, target: PathValue, args: readonly Value[], node: Node): Value {
  const { path } = target
  const area = path.parent === undefined ? undefined : path.parent.parent === undefined ? path : path.parent
  const { methods: areas } = walk.trigger
  const methods = area !== undefined && Object.hasOwn(areas, area.name) ? areas[area.name] : undefined
  const entry =
    path.depth === 3 && methods !== undefined && Object.hasOwn(methods, path.name)
      ? methods[path.name]
      : undefined
  runCallbacks(walk, args)
  const offset: number = node.callee?.start ?? node.start
  const method = path.below
  if (entry === undefined) {
    // `if (api.method)` and `api.method || …` have shown that it is present.
    if (path.parent !== undefined && !path.there && target.chosen !== true && node.optional !== true) {
      walk.observe({ kind: 'unknown-api', offset, path: method })
    }
    return UNKNOWN
  }
  walk.observeCall(node, {
    kind: 'api-call',
    offset,
    method,
    entry,
    args,
    spread: node.arguments?.some((one: Node) => one.type === 'SpreadElement') === true,
    first: texts(args[0]),
    firstOffset: node.arguments?.[0]?.start ?? offset,
  })
  if (entry.profile !== undefined && args[0]?.kind === 'literal') {
    const place = walk.event.at(['user', entry.profile, String(args[0].value)])
    walk.saved = new Map([...walk.saved, [place.text, method]])
  }
  if (entry.secret !== undefined && args[0]?.kind === 'record') {
    noteSecretText(walk, args[0].members.get(entry.secret), offset)
  }
  if (entry.denies === true) walk.denied = true
  if (entry.suspends === 'form') walk.rendersPrompt = true
  if (entry.returns === 'nothing') return { kind: 'nothing', method }
  if (entry.atRefresh !== undefined && walk.situation === 'refresh') return literal(entry.atRefresh)
  if (entry.mayFindNothing === true) return perhaps(walk, node, UNKNOWN)
  return entry.returns === 'api' ? pathValue(walk.api, 1) : UNKNOWN
}
