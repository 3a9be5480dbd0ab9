import type { Node } from './tree.ts'

/** A use of a name that nothing in the file declares. */
export interface FreeName {
  name: string
  offset: number
  /** It is only written: outside of strict code that makes a global variable. */
  written: boolean
  /** A `try` around it, in its function, swallows what it throws. */
  caught: boolean
  /** The functions around it, innermost first. */
  within: readonly Node[]
  /** Names that are declared where it stands. */
  visible(): Iterable<string>
}

/** A use that throws, of a name that is declared. */
export interface MisusedName extends Pick<FreeName, 'name' | 'offset' | 'caught' | 'within'> {
  /** `constant`: it is assigned to. `early`: its declaration has not run yet. */
  fault: 'constant' | 'early'
}

/**
 * The names that a file uses and does not declare, by the language's own rules of scope, types aside. Left out are
 * names whose type the file asks for with `typeof` anywhere, and names that it assigns to somewhere itself: for those,
 * only the writes. And the uses of declared names that surely throw once the code gets there.
 */
export function resolveNames(tree: Node): { free: FreeName[]; misused: MisusedName[] } {
  const misused: MisusedName[] = []
  const file = new Frame(undefined, true, misused)
  const resolver = new Resolver()
  resolver.visitAll(tree.body as Node[], file)
  file.close()
  const assigned = new Set(file.pending.filter(({ written }) => written).map(({ name }) => name))
  const free = file.pending
    .filter(({ name, written }) => !resolver.asked.has(name) && (written || !assigned.has(name)))
    .map(({ frame, changed, order, ...one }) => ({ ...one, visible: () => frame.visible() }))
  return { free, misused }
}

interface Use extends Omit<FreeName, 'visible'> {
  frame: Frame
  /** It is written, or read and written. */
  changed: boolean
  /** When it is evaluated: uses and declarations of one function are counted in the order of the code. */
  order: number
}

/** A `let` or a `const`. */
interface Declared {
  constant: boolean
  order: number
}

/** The names of a function, a block or the file. */
class Frame {
  readonly parent: Frame | undefined
  /** The frame that `var` declares into. */
  readonly variables: Frame
  readonly #names = new Map<string, Declared | undefined>()
  readonly #misused: MisusedName[]
  /** Uses that the frames within have not found. */
  pending: Use[] = []

  constructor(parent: Frame | undefined, ofFunction: boolean, misused: MisusedName[] = parent!.#misused) {
    this.parent = parent
    this.#misused = misused
    this.variables = ofFunction || parent === undefined ? this : parent.variables
  }

  declare(name: string, declared?: Declared): void {
    this.#names.set(name, declared)
  }

  /** Hands on what is not declared here. */
  close(): void {
    this.pending = this.pending.filter((use) => {
      if (!this.#names.has(use.name)) return true
      const declared = this.#names.get(use.name)
      if (declared !== undefined) this.#judge(use, declared)
      return false
    })
    if (this.parent !== undefined) for (const use of this.pending) this.parent.pending.push(use)
  }

  #judge({ name, offset, caught, within, frame, changed, order }: Use, declared: Declared): void {
    // A function within may be called later.
    const early = frame.variables === this.variables && order < declared.order
    if (early || (changed && declared.constant)) {
      this.#misused.push({ name, offset, caught, within, fault: early ? 'early' : 'constant' })
    }
  }

  *visible(): Generator<string> {
    let frame: Frame | undefined = this
    while (frame !== undefined) {
      yield* frame.#names.keys()
      frame = frame.parent
    }
  }
}

type Declare = 'block' | 'variables' | 'nothing'

class Resolver {
  /** Names that the file asks the type of. */
  readonly asked = new Set<string>()
  #within: readonly Node[] = []
  #caught = false
  #declared: Omit<Declared, 'order'> | undefined
  #order = 0

  visitAll(nodes: readonly (Node | null)[], frame: Frame): void {
    for (const node of nodes) if (node !== null) this.visit(node, frame)
  }

  visit(node: Node, frame: Frame): void {
    const { type } = node
    const visitor = VISITORS[type]
    if (visitor !== undefined) visitor(this, node, frame)
    else if (!type.startsWith('TS')) this.#children(node, frame)
  }

  #children(node: Node, frame: Frame): void {
    for (const key in node) {
      const value = node[key] as unknown
      if (Array.isArray(value)) for (const item of value) this.#child(item, frame)
      else this.#child(value, frame)
    }
  }

  #child(value: unknown, frame: Frame): void {
    if (typeof value === 'object' && value !== null && typeof (value as Node).type === 'string') {
      this.visit(value as Node, frame)
    }
  }

  use({ name, start }: Node, frame: Frame, written = false, changed = written): void {
    const { caught, within } = { caught: this.#caught, within: this.#within }
    const order = this.#order++
    frame.pending.push({ name, offset: start, written, changed, caught, within, frame, order })
  }

  /** The patterns of `let` and `const`. */
  declarations({ kind, declarations }: Node, frame: Frame): void {
    for (const { id, init } of declarations as Node[]) {
      if (init) this.visit(init, frame)
      this.#declared = kind === 'let' || kind === 'const' ? { constant: kind === 'const' } : undefined
      this.pattern(id, frame, kind === 'var' ? 'variables' : 'block')
      this.#declared = undefined
    }
  }

  inside(frame: Frame, visit: (inner: Frame) => void, ofFunction = false): void {
    const inner = new Frame(frame, ofFunction)
    visit(inner)
    inner.close()
  }

  functionOf(node: Node, frame: Frame): void {
    this.inside(
      frame,
      (inner) => {
        const { type, id, params, body } = node
        if (type === 'FunctionExpression' && id) inner.declare(id.name)
        if (type !== 'ArrowFunctionExpression') inner.declare('arguments')
        const [within, caught, declared] = [this.#within, this.#caught, this.#declared]
        this.#declared = undefined
        this.#within = [node, ...within]
        this.#caught = false
        for (const param of params as Node[]) this.pattern(param, inner, 'block')
        if (body?.type === 'BlockStatement') this.visitAll(body.body, inner)
        else if (body) this.visit(body, inner)
        this.#within = within
        this.#caught = caught
        this.#declared = declared
      },
      true,
    )
  }

  classOf({ id, superClass, body, decorators }: Node, frame: Frame): void {
    this.inside(frame, (inner) => {
      if (id) inner.declare(id.name)
      this.visitAll(decorators ?? [], frame)
      if (superClass) this.visit(superClass, inner)
      this.visitAll(body.body, inner)
    })
  }

  tryOf({ block, handler, finalizer }: Node, frame: Frame): void {
    const caught = this.#caught
    // A handler that always throws again catches nothing.
    this.#caught ||= handler && !handler.body.body.some((one: Node) => one.type === 'ThrowStatement')
    this.visit(block, frame)
    this.#caught = caught
    if (handler) {
      this.inside(frame, (inner) => {
        if (handler.param) this.pattern(handler.param, inner, 'block')
        this.visit(handler.body, inner)
      })
    }
    if (finalizer) this.visit(finalizer, frame)
  }

  /** A pattern that declares its names, or assigns to names that there are. */
  pattern(node: Node, frame: Frame, declares: Declare): void {
    switch (node.type) {
      case 'Identifier':
        if (declares === 'nothing') this.use(node, frame, true)
        else {
          const declared = this.#declared && { ...this.#declared, order: this.#order++ }
          ;(declares === 'variables' ? frame.variables : frame).declare(node.name, declared)
        }
        this.visitAll(node.decorators ?? [], frame)
        return
      case 'AssignmentPattern':
        this.pattern(node.left, frame, declares)
        this.visit(node.right, frame)
        return
      case 'RestElement':
        this.pattern(node.argument, frame, declares)
        return
      case 'ArrayPattern':
        for (const one of node.elements as (Node | null)[]) if (one) this.pattern(one, frame, declares)
        return
      case 'ObjectPattern':
        for (const one of node.properties as Node[]) {
          if (one.type === 'RestElement') this.pattern(one.argument, frame, declares)
          else {
            if (one.computed) this.visit(one.key, frame)
            this.pattern(one.value, frame, declares)
          }
        }
        return
      case 'TSParameterProperty':
        this.pattern(node.parameter, frame, declares)
        return
      default:
        this.visit(node, frame)
    }
  }
}

type Visitor = (resolver: Resolver, node: Node, frame: Frame) => void

const functionOf: Visitor = (resolver, node, frame) => resolver.functionOf(node, frame)
const ofExpression: Visitor = (resolver, node, frame) => resolver.visit(node.expression, frame)
const nothing: Visitor = () => {}
const block: Visitor = (resolver, node, frame) =>
  resolver.inside(frame, (inner) => resolver.visitAll(node.body, inner))
const declareName: Visitor = (_resolver, { id }, frame) => {
  if (id?.type === 'Identifier') frame.declare(id.name)
}
/** `for` of each kind: its own names are those of a block. */
const loop: Visitor = (resolver, { init, left, test, update, right, body }, frame) =>
  resolver.inside(frame, (inner) => {
    if (left?.type === 'VariableDeclaration') resolver.visit(left, inner)
    else if (left) resolver.pattern(left, inner, 'nothing')
    for (const node of [init, test, update, right, body]) if (node) resolver.visit(node, inner)
  })
/** `key: value` of an object, and what a class has. */
const named: Visitor = (resolver, { computed, key, value, decorators }, frame) => {
  resolver.visitAll(decorators ?? [], frame)
  if (computed) resolver.visit(key, frame)
  if (value) resolver.visit(value, frame)
}

/** Types of nodes whose children are no plain uses; of the others all children are visited. */
const VISITORS: Readonly<Record<string, Visitor>> = {
  AccessorProperty: named,
  ArrowFunctionExpression: functionOf,
  AssignmentExpression(resolver, { operator, left, right }, frame) {
    if (operator === '=') resolver.pattern(left, frame, 'nothing')
    else if (left.type === 'Identifier') resolver.use(left, frame, false, true)
    else resolver.visit(left, frame)
    resolver.visit(right, frame)
  },
  BlockStatement: block,
  BreakStatement: nothing,
  ClassDeclaration(resolver, node, frame) {
    if (node.declare === true) return
    if (node.id) frame.declare(node.id.name)
    resolver.classOf(node, frame)
  },
  ClassExpression: (resolver, node, frame) => resolver.classOf(node, frame),
  ContinueStatement: nothing,
  ExportAllDeclaration: nothing,
  ExportNamedDeclaration(resolver, { declaration, source, specifiers, exportKind }, frame) {
    if (declaration) resolver.visit(declaration, frame)
    if (source || exportKind === 'type') return
    for (const { local, exportKind } of specifiers as Node[]) {
      if (local.type === 'Identifier' && exportKind !== 'type') resolver.use(local, frame)
    }
  },
  ForInStatement: loop,
  ForOfStatement: loop,
  ForStatement: loop,
  FunctionDeclaration(resolver, node, frame) {
    if (node.id) {
      frame.declare(node.id.name)
      // Outside of strict code a function of a block is seen around it as well.
      frame.variables.declare(node.id.name)
    }
    resolver.functionOf(node, frame)
  },
  FunctionExpression: functionOf,
  Identifier: (resolver, node, frame) => resolver.use(node, frame),
  ImportDeclaration(_resolver, { specifiers }, frame) {
    for (const { local } of specifiers as Node[]) frame.declare(local.name)
  },
  LabeledStatement: (resolver, { body }, frame) => resolver.visit(body, frame),
  MemberExpression(resolver, { object, property, computed }, frame) {
    resolver.visit(object, frame)
    if (computed) resolver.visit(property, frame)
  },
  MetaProperty: nothing,
  MethodDefinition: named,
  Property: named,
  PropertyDefinition: named,
  StaticBlock: (resolver, { body }, frame) =>
    resolver.inside(frame, (inner) => resolver.visitAll(body, inner), true),
  SwitchStatement: (resolver, { discriminant, cases }, frame) => {
    resolver.visit(discriminant, frame)
    resolver.inside(frame, (inner) => resolver.visitAll(cases, inner))
  },
  TryStatement: (resolver, node, frame) => resolver.tryOf(node, frame),
  TSAsExpression: ofExpression,
  TSEnumDeclaration: declareName,
  TSExportAssignment: ofExpression,
  TSImportEqualsDeclaration: declareName,
  TSInstantiationExpression: ofExpression,
  TSModuleDeclaration: declareName,
  TSNonNullExpression: ofExpression,
  TSSatisfiesExpression: ofExpression,
  TSTypeAssertion: ofExpression,
  UnaryExpression(resolver, { operator, argument }, frame) {
    if (operator === 'typeof' && argument.type === 'Identifier') resolver.asked.add(argument.name)
    else resolver.visit(argument, frame)
  },
  UpdateExpression(resolver, { argument }, frame) {
    if (argument.type === 'Identifier') resolver.use(argument, frame, false, true)
    else resolver.visit(argument, frame)
  },
  // A `declare` makes nothing: the name is missing when the code runs.
  VariableDeclaration(resolver, node, frame) {
    if (node.declare !== true) resolver.declarations(node, frame)
  },
  // What a name stands for in it is known at run time only.
  WithStatement: (resolver, { object }, frame) => resolver.visit(object, frame),
}
