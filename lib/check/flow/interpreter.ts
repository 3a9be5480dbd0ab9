import { POST_LOGIN_API } from '../api-shape.ts'
import { type Shape, shapeAt } from '../event-shape.ts'
import { plain } from '../nearest.ts'
import type { Node } from '../tree.ts'
import { callGlobal, callMethod } from './builtins.ts'
import type { Observation } from './observation.ts'
import {
  alternatives,
  type Cell,
  type Facts,
  mayBeFalse,
  mayBeTrue,
  Scope,
  UNDEFINED,
  UNKNOWN,
  union,
  type Value,
} from './values.ts'

type End = 'next' | 'return' | 'throw' | 'break'

interface Branch {
  end: End
  facts: ReadonlySet<string>
  denied: boolean
  writes: Map<Cell, Value>
}

/** One file does not get more steps than this: what is found by then is reported. */
const MAX_STEPS = 150_000
const MAX_DEPTH = 14

class OutOfSteps extends Error {}

const FUNCTIONS = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'])

/**
 * Walks a program as it would run, without running it: follows calls into functions of the file, keeps what is
 * known of each variable, and which parts of the event a condition has shown to be there.
 */
export class Interpreter {
  readonly observations: Observation[] = []
  readonly exports = new Map<string, Value>()
  facts: ReadonlySet<string> = new Set()
  #denied = false
  #caught = 0
  #depth = 0
  #steps = 0
  #log: [Cell, Value][] = []
  #returns: { value: Value; facts: ReadonlySet<string> }[] = []
  readonly #called = new Set<Node>()
  readonly #stack: Node[] = []
  readonly #seen = new Set<string>()
  readonly #functions: { node: Node; scope: Scope }[] = []

  /** Runs the file, then its post-login handlers, then functions that nothing called and that take `api` or `event`. */
  run(program: Node): void {
    const scope = new Scope()
    this.#guarded(() => this.#block(program.body, scope))
    const handlers = ['onExecutePostLogin', 'onContinuePostLogin']
    const api = (): Value => ({ kind: 'path', path: ['api'], present: true })
    const event = (): Value => ({ kind: 'path', path: ['event'], present: true })
    for (const name of handlers) {
      const handler = this.exports.get(name) ?? scope.find(name)?.value
      if (handler === undefined) continue
      this.#fresh()
      this.#guarded(() => this.call(handler, [event(), api()], program))
    }
    const others = [...this.exports.keys()].filter(
      (name) => /^on[A-Z]/.test(name) && !handlers.includes(name),
    )
    const exchange = this.exports.get('onExecuteCredentialsExchange')
    if (exchange !== undefined) {
      this.#fresh()
      // Its api is a part of post-login's; its event is another one.
      this.#guarded(() => this.call(exchange, [UNKNOWN, api()], program))
    }
    // Helpers of another trigger get another event and another api.
    if (others.length > 0) return
    for (const { node, scope: closure } of [...this.#functions]) {
      if (this.#called.has(node)) continue
      const names: string[] = node.params.map((param: Node) => param.name ?? param.left?.name ?? '')
      if (!names.some((name) => /^_?(api|event)$/.test(name))) continue
      const args = names.map((name) =>
        /^_?api$/.test(name) ? api() : /^_?event$/.test(name) ? event() : UNKNOWN,
      )
      this.#fresh()
      this.#guarded(() => this.call({ kind: 'function', node, scope: closure }, args, node))
    }
  }

  #fresh(): void {
    this.facts = new Set()
    this.#denied = false
    this.#caught = 0
    this.#depth = 0
    this.#steps = 0
    this.#stack.length = 0
  }

  #guarded(task: () => void): void {
    try {
      task()
    } catch (error) {
      if (!(error instanceof OutOfSteps) && !(error instanceof RangeError)) throw error
    }
  }

  observe(
    observation: Observation extends infer O ? (O extends unknown ? Omit<O, 'caught'> : never) : never,
  ): void {
    const detail =
      'args' in observation
        ? JSON.stringify(texts(observation.args[0]))
        : 'path' in observation
          ? observation.path
          : ''
    const method = 'method' in observation ? observation.method : ''
    const key = `${observation.kind} ${observation.offset} ${method} ${detail}`
    if (this.#seen.has(key)) return
    this.#seen.add(key)
    this.observations.push({ ...observation, caught: this.#caught > 0 } as Observation)
  }

  // Statements

  #block(statements: readonly Node[], scope: Scope): End {
    for (const statement of statements) {
      const declared = statement.type.startsWith('Export') ? statement.declaration : statement
      if (declared?.type === 'FunctionDeclaration' && declared.id) {
        this.#functions.push({ node: declared, scope })
        scope.cells.set(declared.id.name, { value: { kind: 'function', node: declared, scope } })
      }
    }
    for (const statement of statements) {
      const end = this.#statement(statement, scope)
      if (end !== 'next') return end
    }
    return 'next'
  }

  #statement(node: Node, scope: Scope): End {
    this.#step()
    switch (node.type) {
      case 'ExpressionStatement':
        this.evaluate(node.expression, scope)
        return 'next'
      case 'VariableDeclaration':
        for (const { id, init } of node.declarations) {
          this.bind(id, init ? this.evaluate(init, scope) : UNDEFINED, scope)
        }
        return 'next'
      case 'ReturnStatement': {
        const value = node.argument ? this.evaluate(node.argument, scope) : UNDEFINED
        this.#returns.push({ value, facts: this.facts })
        return 'return'
      }
      case 'ThrowStatement':
        this.evaluate(node.argument, scope)
        return 'throw'
      case 'IfStatement': {
        const test = this.evaluate(node.test, scope)
        const branches: Branch[] = []
        if (mayBeTrue(test)) {
          branches.push(this.#branch(test.whenTrue, () => this.#statement(node.consequent, new Scope(scope))))
        }
        if (mayBeFalse(test)) {
          branches.push(
            this.#branch(test.whenFalse, () =>
              node.alternate ? this.#statement(node.alternate, new Scope(scope)) : 'next',
            ),
          )
        }
        return this.#join(branches)
      }
      case 'BlockStatement':
        return this.#block(node.body, new Scope(scope))
      case 'ForOfStatement':
      case 'ForInStatement':
        return this.#each(node, scope)
      case 'ForStatement':
      case 'WhileStatement':
      case 'DoWhileStatement': {
        const inner = new Scope(scope)
        if (node.init) {
          if (node.init.type === 'VariableDeclaration') this.#statement(node.init, inner)
          else this.evaluate(node.init, inner)
        }
        const test = node.test ? this.evaluate(node.test, inner) : UNKNOWN
        const body = this.#branch(test.whenTrue, () => {
          const end = this.#statement(node.body, new Scope(inner))
          if (node.update) this.evaluate(node.update, inner)
          return end === 'break' ? 'next' : end
        })
        return this.#join([body, this.#branch([], () => 'next')])
      }
      case 'SwitchStatement':
        return this.#switch(node, scope)
      case 'TryStatement':
        return this.#try(node, scope)
      case 'BreakStatement':
      case 'ContinueStatement':
        return 'break'
      case 'LabeledStatement':
        return this.#statement(node.body, scope)
      case 'ClassDeclaration':
        scope.cells.set(node.id?.name ?? '', { value: UNKNOWN })
        this.#class(node, scope)
        return 'next'
      case 'ExportNamedDeclaration':
        if (node.declaration) {
          this.#statement(node.declaration, scope)
          const names: string[] =
            node.declaration.type === 'VariableDeclaration'
              ? node.declaration.declarations.map((one: Node) => one.id.name)
              : [node.declaration.id?.name]
          for (const name of names) {
            const value = scope.find(name)?.value
            if (value !== undefined) this.exports.set(name, value)
          }
        } else {
          for (const { local, exported } of node.specifiers ?? []) {
            const value = scope.find(local.name)?.value
            if (value !== undefined) this.exports.set(exported.name ?? exported.value, value)
          }
        }
        return 'next'
      case 'ExportDefaultDeclaration':
        if (node.declaration.type !== 'FunctionDeclaration') this.evaluate(node.declaration, scope)
        return 'next'
      case 'ImportDeclaration':
        for (const { local } of node.specifiers) scope.cells.set(local.name, { value: UNKNOWN })
        return 'next'
      default:
        return 'next'
    }
  }

  #class(node: Node, scope: Scope): void {
    for (const member of node.body?.body ?? []) {
      if (member.value && FUNCTIONS.has(member.value.type))
        this.#functions.push({ node: member.value, scope })
    }
  }

  #each(node: Node, scope: Scope): End {
    const subject = this.evaluate(node.right, scope)
    const bindItem = (item: Value, inner: Scope) => {
      if (node.left.type === 'VariableDeclaration') this.bind(node.left.declarations[0].id, item, inner)
      else this.bind(node.left, item, inner)
    }
    let items = node.type === 'ForOfStatement' && subject.kind === 'list' ? subject.items : undefined
    if (node.type === 'ForInStatement' && subject.kind === 'record') {
      items = [...subject.members.keys()].map((value) => ({ kind: 'literal', value }))
    }
    if (items !== undefined && items.length <= 100) {
      for (const item of items) {
        const inner = new Scope(scope)
        const end = this.#join([
          this.#branch([], () => {
            bindItem(item, inner)
            const end = this.#statement(node.body, inner)
            return end === 'break' ? 'next' : end
          }),
        ])
        if (end !== 'next') return end
      }
      return 'next'
    }
    const element = node.type === 'ForOfStatement' ? this.elementOf(subject) : UNKNOWN
    return this.#join([
      this.#branch([], () => {
        const inner = new Scope(scope)
        bindItem(element, inner)
        const end = this.#statement(node.body, inner)
        return end === 'break' ? 'next' : end
      }),
      this.#branch([], () => 'next'),
    ])
  }

  #switch(node: Node, scope: Scope): End {
    const subject = this.evaluate(node.discriminant, scope)
    const inner = new Scope(scope)
    const branches: Branch[] = []
    node.cases.forEach((one: Node, index: number) => {
      if (one.test) this.evaluate(one.test, inner)
      const facts = one.test && subject.kind === 'path' ? (subject.whenTrue ?? []) : []
      branches.push(
        this.#branch(facts, () => {
          for (const rest of node.cases.slice(index)) {
            const end = this.#block(rest.consequent, inner)
            if (end === 'break') return 'next'
            if (end !== 'next') return end
          }
          return 'next'
        }),
      )
    })
    if (!node.cases.some((one: Node) => one.test === null)) branches.push(this.#branch([], () => 'next'))
    return this.#join(branches)
  }

  #try(node: Node, scope: Scope): End {
    // A handler that always throws again catches nothing.
    const swallows =
      node.handler && !node.handler.body.body.some((one: Node) => one.type === 'ThrowStatement')
    if (swallows) this.#caught++
    const main = this.#branch([], () => this.#block(node.block.body, new Scope(scope)))
    if (swallows) this.#caught--
    const branches = [main]
    if (node.handler) {
      branches.push(
        this.#branch([], () => {
          const inner = new Scope(scope)
          if (node.handler.param) this.bind(node.handler.param, UNKNOWN, inner)
          return this.#block(node.handler.body.body, inner)
        }),
      )
    }
    const end = this.#join(branches)
    if (node.finalizer) {
      const last = this.#block(node.finalizer.body, new Scope(scope))
      if (last !== 'next') return last
    }
    return end
  }

  #branch(facts: Facts | undefined, body: () => End): Branch {
    const before = { facts: this.facts, denied: this.#denied, log: this.#log }
    this.#log = []
    this.assume(facts)
    let end: End
    let result: Branch
    try {
      end = body()
    } finally {
      result = { end: 'next', facts: this.facts, denied: this.#denied, writes: new Map() }
      for (const [cell] of this.#log) result.writes.set(cell, cell.value)
      for (const [cell, old] of this.#log.reverse()) cell.value = old
      this.#log = before.log
      this.facts = before.facts
      this.#denied = before.denied
    }
    result.end = end
    return result
  }

  #join(branches: readonly Branch[]): End {
    const live = branches.filter(({ end }) => end === 'next')
    if (live.length === 0)
      return branches.some(({ end }) => end === 'break') ? 'break' : (branches[0]?.end ?? 'next')
    const cells = new Set(live.flatMap(({ writes }) => [...writes.keys()]))
    for (const cell of cells)
      this.assign(cell, union(live.map(({ writes }) => writes.get(cell) ?? cell.value)))
    const [first, ...others] = live
    this.facts = new Set([...first!.facts].filter((fact) => others.every(({ facts }) => facts.has(fact))))
    this.#denied = live.some(({ denied }) => denied)
    return 'next'
  }

  assume(facts: Facts | undefined): void {
    if (facts?.some((fact) => !this.facts.has(fact))) {
      this.facts = new Set([...this.facts, ...facts])
    }
  }

  assign(cell: Cell, value: Value): void {
    this.#log.push([cell, cell.value])
    cell.value = value
  }

  #step(): void {
    if (++this.#steps > MAX_STEPS) throw new OutOfSteps()
  }

  // Patterns

  bind(pattern: Node, value: Value, scope: Scope): void {
    switch (pattern.type) {
      case 'Identifier':
        scope.cells.set(pattern.name, { value })
        return
      case 'AssignmentPattern': {
        const fallback = this.evaluate(pattern.right, scope)
        this.bind(
          pattern.left,
          value.kind === 'literal' && value.value === undefined ? fallback : orElse(value, fallback),
          scope,
        )
        return
      }
      case 'ObjectPattern':
        for (const property of pattern.properties) {
          if (property.type === 'RestElement') {
            this.bind(property.argument, value.kind === 'path' ? value : UNKNOWN, scope)
            continue
          }
          const key = this.#key(property, scope)
          this.bind(
            property.value,
            key === undefined ? UNKNOWN : this.member(value, key, property.key.start),
            scope,
          )
        }
        return
      case 'ArrayPattern':
        pattern.elements.forEach((element: Node | null, index: number) => {
          if (element === null) return
          if (element.type === 'RestElement') this.bind(element.argument, UNKNOWN, scope)
          else this.bind(element, value.kind === 'list' ? (value.items[index] ?? UNDEFINED) : UNKNOWN, scope)
        })
        return
      case 'TSParameterProperty':
        this.bind(pattern.parameter, value, scope)
        return
      case 'MemberExpression': {
        this.#assignMember(pattern, value, scope)
        return
      }
      default:
    }
  }

  #key(node: Node, scope: Scope): string | undefined {
    const key = node.key ?? node.property
    if (!node.computed && (key.type === 'Identifier' || key.type === 'PrivateIdentifier')) return key.name
    const value = this.evaluate(key, scope)
    return value.kind === 'literal' ? String(value.value) : undefined
  }

  #assignMember(target: Node, value: Value, scope: Scope): void {
    const object = this.evaluate(target.object, scope)
    const key = this.#key(target, scope)
    if (object.kind === 'global' && key !== undefined) {
      if (object.name === 'exports' || object.name === 'module.exports') this.exports.set(key, value)
      if (object.name === 'module' && key === 'exports' && value.kind === 'record') {
        for (const [name, member] of value.members) this.exports.set(name, member)
      }
    }
    for (const one of alternatives(object)) {
      if (one.kind === 'record' && key !== undefined) {
        const old = one.members.get(key)
        one.members.set(key, old === undefined ? value : union([old, value]))
      }
      if (one.kind === 'path') {
        this.present(one, target.start)
        if (key !== undefined && !(value.kind === 'literal' && value.value == null))
          this.assume([[...one.path, key].join('.')])
      }
    }
  }

  // Expressions

  evaluate(node: Node, scope: Scope): Value {
    this.#step()
    switch (node.type) {
      case 'Literal':
        return node.regex || node.bigint ? UNKNOWN : { kind: 'literal', value: node.value }
      case 'TemplateLiteral':
        return this.#template(node, scope)
      case 'Identifier': {
        if (node.name === 'undefined') return UNDEFINED
        const cell = scope.find(node.name)
        return cell === undefined ? { kind: 'global', name: node.name } : this.#withPresence(cell.value)
      }
      case 'TSAsExpression':
      case 'TSNonNullExpression':
      case 'TSSatisfiesExpression':
      case 'TSTypeAssertion':
      case 'ParenthesizedExpression':
        return this.evaluate(node.expression, scope)
      case 'AwaitExpression':
        return this.evaluate(node.argument, scope)
      case 'ChainExpression': {
        const before = this.facts
        const value = this.evaluate(node.expression, scope)
        const learnt = [...this.facts].filter((fact) => !before.has(fact))
        this.facts = before
        return { ...value, whenTrue: [...(value.whenTrue ?? []), ...learnt] }
      }
      case 'MemberExpression': {
        const object = this.evaluate(node.object, scope)
        if (node.optional) this.assume(object.whenTrue)
        const key = this.#key(node, scope)
        if (key === undefined) {
          if (object.kind === 'path') {
            if (!node.optional) this.present(object, node.start)
            return object.path[0] === 'event' && shapeAt(object.path.slice(1))?.kind === 'list'
              ? this.elementOf(object)
              : UNKNOWN
          }
          return object.kind === 'record' ? union([...object.members.values(), UNKNOWN]) : UNKNOWN
        }
        return this.member(object, key, node.property.start, node.optional, node.start)
      }
      case 'CallExpression':
      case 'NewExpression':
        return this.#callExpression(node, scope)
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        this.#functions.push({ node, scope })
        return { kind: 'function', node, scope }
      case 'ObjectExpression':
        return this.#object(node, scope)
      case 'ArrayExpression':
        return this.#array(node, scope)
      case 'LogicalExpression':
        return this.#logical(node, scope)
      case 'UnaryExpression':
        return this.#unary(node, scope)
      case 'BinaryExpression':
        return this.#binary(node, scope)
      case 'ConditionalExpression': {
        const test = this.evaluate(node.test, scope)
        const values: Value[] = []
        const branch = (facts: Facts | undefined, side: Node) =>
          this.#branch(facts, () => {
            const value = this.evaluate(side, scope)
            values.push({ ...value, whenTrue: [...(value.whenTrue ?? []), ...this.facts] })
            return 'next'
          })
        const branches: Branch[] = []
        if (mayBeTrue(test)) branches.push(branch(test.whenTrue, node.consequent))
        if (mayBeFalse(test)) branches.push(branch(test.whenFalse, node.alternate))
        this.#join(branches)
        return choice(values)
      }
      case 'AssignmentExpression':
        return this.#assignment(node, scope)
      case 'SequenceExpression':
        return node.expressions.map((one: Node) => this.evaluate(one, scope)).at(-1) ?? UNDEFINED
      case 'UpdateExpression':
        return UNKNOWN
      case 'TaggedTemplateExpression':
        this.evaluate(node.quasi, scope)
        return UNKNOWN
      case 'SpreadElement':
        return this.evaluate(node.argument, scope)
      case 'ClassExpression':
        this.#class(node, scope)
        return UNKNOWN
      default:
        return UNKNOWN
    }
  }

  /** A path is truthy only if it is there, with all that leads to it. */
  #withPresence(value: Value): Value {
    return value.kind === 'path' && value.whenTrue === undefined ? pathValue(value.path, value) : value
  }

  #template(node: Node, scope: Scope): Value {
    const parts: Value[] = []
    node.quasis.forEach((quasi: Node, index: number) => {
      parts.push({ kind: 'literal', value: quasi.value.cooked ?? '' })
      const expression = node.expressions[index]
      if (expression) parts.push(this.evaluate(expression, scope))
    })
    return concatenate(parts)
  }

  #object(node: Node, scope: Scope): Value {
    const members = new Map<string, Value>()
    let open = false
    for (const property of node.properties) {
      if (property.type === 'SpreadElement') {
        const spread = this.evaluate(property.argument, scope)
        if (spread.kind === 'record') for (const [name, member] of spread.members) members.set(name, member)
        else open = true
        continue
      }
      const key = this.#key(property, scope)
      const value = this.evaluate(property.value, scope)
      if (key === undefined) open = true
      else members.set(key, value)
    }
    if (open) members.set('\u0000open', UNKNOWN)
    return { kind: 'record', members }
  }

  #array(node: Node, scope: Scope): Value {
    const items: Value[] = []
    for (const element of node.elements) {
      if (element === null) continue
      const value = this.evaluate(element, scope)
      if (element.type !== 'SpreadElement') items.push(value)
      else if (value.kind === 'list') items.push(...value.items)
      else return UNKNOWN
    }
    return { kind: 'list', items }
  }

  #logical(node: Node, scope: Scope): Value {
    const left = this.evaluate(node.left, scope)
    const runsOn = node.operator === '&&' ? left.whenTrue : node.operator === '||' ? left.whenFalse : []
    let right: Value = UNKNOWN
    let rightFacts: Facts = []
    const branch = this.#branch(runsOn, () => {
      right = this.evaluate(node.right, scope)
      rightFacts = [...this.facts]
      return 'next'
    })
    this.#join([branch, this.#branch([], () => 'next')])
    if (node.operator === '&&') {
      const value = !mayBeTrue(left)
        ? left
        : mayBeFalse(left)
          ? union([UNDEFINED, strip(right)])
          : strip(right)
      return {
        ...value,
        whenTrue: [...(left.whenTrue ?? []), ...(right.whenTrue ?? []), ...rightFacts],
        whenFalse: common(left.whenFalse, [...(right.whenFalse ?? []), ...rightFacts]),
      }
    }
    if (!mayBeFalse(left)) return left
    const kept = mayBeTrue(left) ? orElse(left, strip(right)) : strip(right)
    return {
      ...kept,
      whenTrue: common(left.whenTrue, right.whenTrue),
      whenFalse: node.operator === '||' ? [...(left.whenFalse ?? []), ...(right.whenFalse ?? [])] : [],
    }
  }

  #unary(node: Node, scope: Scope): Value {
    const value = this.evaluate(node.argument, scope)
    if (node.operator !== '!') {
      return node.operator === 'void'
        ? UNDEFINED
        : { kind: 'unknown', ...(node.operator === 'typeof' ? { whenTrue: [] } : {}) }
    }
    const facts = { whenTrue: value.whenFalse ?? [], whenFalse: value.whenTrue ?? [] }
    return value.kind === 'literal'
      ? { kind: 'literal', value: !value.value, ...facts }
      : { kind: 'unknown', ...facts }
  }

  #binary(node: Node, scope: Scope): Value {
    const left = this.evaluate(node.left, scope)
    const right = this.evaluate(node.right, scope)
    const { operator } = node
    if (operator === '+') return concatenate([left, right])
    if (operator === 'in') {
      return left.kind === 'literal' && right.kind === 'path'
        ? { kind: 'unknown', whenTrue: [[...right.path, String(left.value)].join('.')] }
        : UNKNOWN
    }
    const there = [...(left.whenTrue ?? []), ...(right.whenTrue ?? [])]
    if (/^[<>]=?$|^instanceof$/.test(operator)) return { kind: 'unknown', whenTrue: there }
    if (!/^[!=]==?$/.test(operator)) return UNKNOWN
    const equal = !operator.startsWith('!')
    const typeofSide =
      node.left.type === 'UnaryExpression' && node.left.operator === 'typeof' ? node.left.argument : undefined
    const facts = (() => {
      if (typeofSide !== undefined && right.kind === 'literal') {
        const subject = this.evaluate(typeofSide, scope).whenTrue ?? []
        return right.value === 'undefined' ? { yes: [], no: subject } : { yes: subject, no: [] }
      }
      const [literal, subject] =
        right.kind === 'literal' ? [right, left] : left.kind === 'literal' ? [left, right] : []
      if (literal === undefined || subject === undefined) return { yes: [], no: [] }
      if (literal.value === undefined || literal.value === null)
        return { yes: [], no: subject.whenTrue ?? [] }
      return { yes: subject.whenTrue ?? [], no: literal.value === false ? (subject.whenTrue ?? []) : [] }
    })()
    return {
      kind: 'unknown',
      whenTrue: equal ? facts.yes : facts.no,
      whenFalse: equal ? facts.no : facts.yes,
    }
  }

  #assignment(node: Node, scope: Scope): Value {
    let value = this.evaluate(node.right, scope)
    if (node.operator === '+=') value = concatenate([this.evaluate(node.left, scope), value])
    else if (['||=', '??=', '&&='].includes(node.operator))
      value = orElse(this.evaluate(node.left, scope), value)
    else if (node.operator !== '=') value = UNKNOWN
    if (node.left.type === 'Identifier') {
      const cell = scope.find(node.left.name)
      if (cell !== undefined) this.assign(cell, value)
    } else if (node.left.type === 'MemberExpression') {
      this.#assignMember(node.left, value, scope)
    }
    return value
  }

  // Members

  /** What `object.key` gives; reports a part of the event that may be missing, and members that do not exist. */
  member(object: Value, key: string, offset: number, optional = false, start = offset): Value {
    if (object.kind === 'union') {
      return union(
        object.of.map((one) =>
          one.kind === 'literal' && one.value == null
            ? UNDEFINED
            : this.member(one, key, offset, optional, start),
        ),
      )
    }
    if (object.kind === 'record')
      return object.members.get(key) ?? (object.members.has('\u0000open') ? UNKNOWN : UNDEFINED)
    if (object.kind === 'list') return object.items[Number(key)] ?? UNKNOWN
    if (object.kind === 'global') return { kind: 'global', name: `${object.name}.${key}` }
    if (object.kind === 'nothing') {
      if (!optional) this.observe({ kind: 'chained', offset, method: object.method, member: key })
      return UNKNOWN
    }
    if (object.kind !== 'path') return UNKNOWN
    if (object.path[0] === 'api') return pathValue([...object.path, key], {})
    if (!optional) this.present(object, start)
    const shape: Shape | undefined = shapeAt(object.path.slice(1))
    const next = [...object.path, key]
    const known = object.present ? object.path.length : object.known
    const more = known === undefined ? {} : { known }
    if (shape === undefined || shape.kind === 'leaf') return UNKNOWN
    if (shape.kind === 'list') return /^\d+$/.test(key) ? this.elementOf(object) : UNKNOWN
    if (shape.kind === 'object' && shape.members![key] === undefined) {
      const similar = Object.keys(shape.members!).some((name) => plain(name) === plain(key))
      if (!shape.open || similar)
        this.observe({ kind: 'unknown-event', offset: start, path: next.join('.'), used: false })
      if (!shape.open) return pathValue(next, more)
    }
    return pathValue(next, more)
  }

  /** Notes that a path is used as if it were there. */
  present(value: Value & { kind: 'path' }, offset: number): void {
    if (value.path[0] !== 'event' || value.present) return
    for (let length = Math.max(2, (value.known ?? 0) + 1); length <= value.path.length; length++) {
      const part = value.path.slice(0, length)
      const name = part.join('.')
      if (this.facts.has(name)) continue
      const shape = shapeAt(part.slice(1))
      // Below free JSON only the first member is asked for: what is in it is the author's own structure.
      if (shape?.kind === 'free' && shapeAt(part.slice(1, -1))?.kind === 'free') break
      if (shape === undefined) {
        const noted = this.observations.find((one) => one.kind === 'unknown-event' && one.path === name)
        if (noted?.kind === 'unknown-event') noted.used ||= this.#caught === 0
        else this.observe({ kind: 'unknown-event', offset, path: name, used: true })
        break
      }
      if (shape.missing !== 'no')
        this.observe({ kind: 'absent', offset, path: name, unclear: shape.missing === 'unclear' })
    }
    // What was chosen by || or a default is there only in this value.
    this.assume(prefixes(value.path).slice(Math.max(0, (value.known ?? 1) - 1)))
  }

  elementOf(value: Value): Value {
    if (value.kind === 'path' && value.path[0] === 'event') {
      this.present(value, 0)
      return pathValue([...value.path, '[]'], { present: true })
    }
    return value.kind === 'list' ? union(value.items) : UNKNOWN
  }

  // Calls

  #callExpression(node: Node, scope: Scope): Value {
    const callee: Node = node.callee
    const catches = callee.type === 'MemberExpression' && !callee.computed && callee.property.name === 'catch'
    if (catches) this.#caught++
    let self: Value | undefined
    let target: Value
    if (callee.type === 'MemberExpression') {
      self = this.evaluate(callee.object, scope)
      if (callee.optional) this.assume(self.whenTrue)
      const key = this.#key(callee, scope)
      const handled = key === undefined ? undefined : this.#methodCall(node, self, key, scope)
      if (catches) this.#caught--
      if (handled !== undefined) return handled
      target =
        key === undefined
          ? UNKNOWN
          : this.member(self, key, callee.property.start, callee.optional, callee.start)
    } else {
      target = this.evaluate(callee, scope)
      if (
        target.kind === 'path' &&
        target.path[0] === 'api' &&
        target.path.length === 3 &&
        !target.bound &&
        callee.type === 'Identifier'
      ) {
        this.observe({ kind: 'detached', offset: callee.start, method: target.path.slice(1).join('.') })
      }
    }
    const args = this.#arguments(node, scope)
    if (target.kind === 'global') {
      const value = callGlobal(target.name, args)
      if (value !== undefined) return value
    }
    return this.call(target, args, node)
  }

  /** Calls that need the receiver: bind, call, apply, and the methods of text and lists. */
  #methodCall(node: Node, self: Value, key: string, scope: Scope): Value | undefined {
    const callable = self.kind === 'function' || (self.kind === 'path' && self.path[0] === 'api')
    if (callable && key === 'bind') {
      const [, ...args] = this.#arguments(node, scope)
      return { ...self, bound: true, args } as Value
    }
    if (callable && (key === 'call' || key === 'apply')) {
      const [, ...rest] = this.#arguments(node, scope)
      const args = key === 'call' ? rest : rest[0]?.kind === 'list' ? rest[0].items : []
      return this.call({ ...self, bound: true } as Value, args, node)
    }
    if (self.kind === 'record' || self.kind === 'function' || self.kind === 'nothing') return undefined
    if (self.kind === 'path' && self.path[0] === 'api') return undefined
    if (self.kind === 'global') return undefined
    if (self.kind === 'union' && self.of.some((one) => one.kind === 'record')) return undefined
    if (self.kind === 'path' && !node.callee.optional) this.present(self, node.callee.start)
    if (self.kind === 'union') {
      for (const one of self.of)
        if (one.kind === 'path' && !node.callee.optional) this.present(one, node.callee.start)
    }
    const args = this.#arguments(node, scope)
    return callMethod(this, self, key, args, node) ?? UNKNOWN
  }

  #arguments(node: Node, scope: Scope): Value[] {
    const args: Value[] = []
    for (const argument of node.arguments) {
      const value = this.evaluate(argument, scope)
      if (argument.type === 'SpreadElement' && value.kind === 'list') args.push(...value.items)
      else args.push(value)
    }
    return args
  }

  /** Calls a value; a function of the file is walked, others get their callbacks called. */
  call(target: Value, given: readonly Value[], node: Node): Value {
    if (target.kind === 'union') return union(target.of.map((one) => this.call(one, given, node)))
    if (target.kind === 'path' && target.path[0] === 'api')
      return this.#callApi(target, [...(target.args ?? []), ...given], node)
    if (target.kind === 'path') this.present(target, node.start)
    if (target.kind === 'function') return this.#callFunction(target, [...(target.args ?? []), ...given])
    for (const value of given) if (value.kind === 'function') this.callLater(value, [])
    return UNKNOWN
  }

  /** Calls a callback that may or may not run. */
  callLater(callback: Value, args: readonly Value[]): Value {
    let value: Value = UNKNOWN
    const branch = this.#branch([], () => {
      value = this.call(callback, args, callback.kind === 'function' ? callback.node : ({} as Node))
      return 'next'
    })
    this.#join([branch, this.#branch([], () => 'next')])
    return value
  }

  #callFunction(target: Value & { kind: 'function' }, args: readonly Value[]): Value {
    const { node } = target
    this.#called.add(node)
    if (this.#depth >= MAX_DEPTH || this.#stack.filter((one) => one === node).length > 1) return UNKNOWN
    const outer = this.#returns
    this.#returns = []
    this.#depth++
    this.#stack.push(node)
    try {
      const scope = new Scope(target.scope)
      node.params.forEach((param: Node, index: number) => {
        if (param.type === 'RestElement')
          this.bind(param.argument, { kind: 'list', items: args.slice(index) }, scope)
        else this.bind(param, args[index] ?? UNDEFINED, scope)
      })
      if (node.body.type !== 'BlockStatement') return this.evaluate(node.body, scope)
      let value: Value = UNDEFINED
      const body = this.#branch([], () => {
        const end = this.#block(node.body.body, scope)
        if (end === 'next') this.#returns.push({ value: UNDEFINED, facts: this.facts })
        const exits = this.#returns
        value = choice(
          exits.map((exit) => ({
            ...exit.value,
            whenTrue: [...(exit.value.whenTrue ?? []), ...exit.facts],
            whenFalse: [...(exit.value.whenFalse ?? []), ...exit.facts],
          })),
        )
        const [first, ...others] = exits
        if (first !== undefined) {
          this.facts = new Set(
            [...first.facts].filter((fact) => others.every(({ facts }) => facts.has(fact))),
          )
        }
        return 'next'
      })
      this.#join([body])
      return value
    } finally {
      this.#returns = outer
      this.#depth--
      this.#stack.pop()
    }
  }

  #callApi(target: Value & { kind: 'path' }, args: Value[], node: Node): Value {
    const path = target.path.slice(1)
    const offset = node.callee?.start ?? node.start
    if (this.facts.has(target.path.join('.'))) return UNKNOWN
    const area = POST_LOGIN_API[path[0] ?? '']
    const returns =
      path.length === 2 && area !== undefined && Object.hasOwn(area, path[1]!) ? area[path[1]!] : undefined
    for (const value of args) if (value.kind === 'function') this.callLater(value, [])
    if (returns === undefined) {
      if (path.length > 0 && node.optional !== true)
        this.observe({ kind: 'unknown-api', offset, path: path.join('.') })
      return UNKNOWN
    }
    const method = path.join('.')
    const nameOffset = node.arguments?.[0]?.start ?? offset
    this.observe({ kind: 'api-call', offset, method, args, nameOffset, afterDeny: this.#denied })
    if (method === 'access.deny') this.#denied = true
    if (returns === 'nothing') return { kind: 'nothing', method }
    return returns === 'api' ? { kind: 'path', path: ['api'], present: true } : UNKNOWN
  }
}

/** Fully known texts of a value, and the known beginning of those that are not. */
export function texts(value: Value | undefined): { values: string[]; complete: boolean; prefix: string } {
  const values: string[] = []
  let complete = true
  let prefix = ''
  for (const one of value === undefined ? [] : alternatives(value)) {
    if (one.kind === 'literal') values.push(String(one.value))
    else {
      complete = false
      if (one.kind === 'global' && one.name.startsWith('text:')) prefix = one.name.slice(5)
    }
  }
  return { values, complete: complete && value !== undefined, prefix }
}

/** Text put together; where a part is unknown, only what stands before it is kept. */
export function concatenate(parts: readonly Value[]): Value {
  let known: string[] = ['']
  for (const part of parts) {
    const { values, complete, prefix } = texts(part)
    if (!complete || values.length === 0 || values.length * known.length > 32) {
      const start = known.length === 1 ? known[0]! + (values.length === 0 ? prefix : '') : ''
      return { kind: 'global', name: `text:${start}` }
    }
    known = known.flatMap((text) => values.map((value) => text + value))
  }
  return union(known.map((value) => ({ kind: 'literal', value })))
}

function pathValue(
  path: readonly string[],
  more: { present?: boolean; known?: number; bound?: boolean; args?: Value[] },
): Value {
  return { kind: 'path', path, ...more, whenTrue: prefixes(path) }
}

/** `event.a`, `event.a.b`, … */
function prefixes(path: readonly string[]): string[] {
  return path.slice(1).map((_, index) => path.slice(0, index + 2).join('.'))
}

/** `a || b` and `a ?? b`: a path that is chosen is there. */
function orElse(left: Value, right: Value): Value {
  const chosen = alternatives(left)
    .filter(mayBeTrue)
    .map((one): Value => (one.kind === 'path' ? { ...one, present: true } : one))
  return union([...chosen, right])
}

function strip(value: Value): Value {
  const { whenTrue: _true, whenFalse: _false, ...rest } = value
  return rest as Value
}

function common(a: Facts | undefined, b: Facts | undefined): Facts {
  return (a ?? []).filter((fact) => (b ?? []).includes(fact))
}

/** One of several values: what holds for all of them that may be truthy holds where the result is. */
function choice(values: readonly Value[]): Value {
  const facts = (side: 'whenTrue' | 'whenFalse', possible: (value: Value) => boolean): Facts =>
    values
      .filter(possible)
      .map((value) => value[side] ?? [])
      .reduce((a, b) => common(a, b), values.find(possible)?.[side] ?? [])
  const value = union(values.map(strip))
  return { ...value, whenTrue: facts('whenTrue', mayBeTrue), whenFalse: facts('whenFalse', mayBeFalse) }
}
