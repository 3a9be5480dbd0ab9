import { type Bindings, keyOf } from './bindings.ts'
import { bare, isFunction, type Node, nodes } from './syntax.ts'

/** The texts that an expression can have. */
export interface Texts {
  values: string[]
  /** False when there may be others. */
  complete: boolean
  /** What every other text begins with. */
  prefix: string
}

const UNKNOWN: Texts = { values: [], complete: false, prefix: '' }
const MAX_DEPTH = 25
const MAX_VALUES = 500

/** Values of parameters while a function's result is computed for one call. */
type Frame = ReadonlyMap<Node, readonly Node[]>

/** Computes texts and objects of a bundle without running it. */
export class Evaluator {
  readonly #bindings: Bindings

  constructor(bindings: Bindings) {
    this.#bindings = bindings
  }

  texts(expression: unknown, frame: Frame = new Map(), depth = 0): Texts {
    const node = bare(expression)
    if (node === undefined || depth > MAX_DEPTH) return UNKNOWN
    switch (node.type) {
      case 'Literal':
        return typeof node['value'] === 'string' || typeof node['value'] === 'number'
          ? known(String(node['value']))
          : UNKNOWN
      case 'TemplateLiteral': {
        const quasis = nodes(node['quasis'])
        const expressions = nodes(node['expressions'])
        return quasis.reduce<Texts>((sum, quasi, index) => {
          const text = (quasi['value'] as { cooked: string }).cooked
          const joined = joinTexts(sum, known(text))
          const next = expressions[index]
          return next === undefined ? joined : joinTexts(joined, this.texts(next, frame, depth + 1))
        }, known(''))
      }
      case 'BinaryExpression':
        return node['operator'] === '+'
          ? joinTexts(this.texts(node['left'], frame, depth + 1), this.texts(node['right'], frame, depth + 1))
          : UNKNOWN
      case 'ConditionalExpression':
        return union([
          this.texts(node['consequent'], frame, depth + 1),
          this.texts(node['alternate'], frame, depth + 1),
        ])
      case 'LogicalExpression':
        return union([
          this.texts(node['left'], frame, depth + 1),
          this.texts(node['right'], frame, depth + 1),
        ])
      case 'CallExpression': {
        const callee = bare(node['callee'])
        if (callee?.type !== 'Identifier') return UNKNOWN
        const fn = this.#bindings.functionNamed(String(callee['name']))
        const result = fn === undefined ? undefined : resultOf(fn)
        if (fn === undefined || result === undefined) return UNKNOWN
        return this.texts(result, new Map([...frame, [fn, nodes(node['arguments'])]]), depth + 1)
      }
      default: {
        const sources = this.sources(node, frame, depth)
        if (sources === undefined) return UNKNOWN
        return union(
          sources.map((source) =>
            typeof source === 'string' ? known(source) : this.texts(source, frame, depth + 1),
          ),
        )
      }
    }
  }

  /**
   * The expressions (or, for keys, texts) that an identifier or member access stands for; `undefined` when they
   * are not all known.
   */
  sources(expression: unknown, frame: Frame = new Map(), depth = 0): (Node | string)[] | undefined {
    const node = bare(expression)
    if (node === undefined || depth > MAX_DEPTH) return undefined
    if (node.type === 'MemberExpression') {
      const key = node['computed'] === true ? this.#only(node['property'], frame, depth) : keyOf(node)
      return key === undefined ? undefined : this.#at([node['object'] as Node], [key], frame, depth)
    }
    if (node.type !== 'Identifier') return undefined
    const binding = this.#bindings.of(String(node['name']))
    if (binding === undefined) return undefined
    if (binding.kind === 'value') return this.#at([binding.init], binding.path, frame, depth)
    if (binding.kind === 'element') return this.#elements(binding.iterable, binding.path, frame, depth)
    const given = frame.get(binding.of)
    if (given !== undefined) {
      const argument = given[binding.index]
      return argument === undefined ? undefined : this.#at([argument], binding.path, frame, depth)
    }
    if (!this.#bindings.closed(binding.of)) return undefined
    const passed = this.#bindings.callsOf(binding.of).map((call) => nodes(call['arguments'])[binding.index])
    if (passed.length === 0 || passed.some((argument) => argument === undefined)) return undefined
    return this.#at(passed as Node[], binding.path, frame, depth)
  }

  #only(expression: unknown, frame: Frame, depth: number): string | undefined {
    const { values, complete } = this.texts(expression, frame, depth + 1)
    return complete && values.length === 1 ? values[0] : undefined
  }

  /** Goes down `path` in object and array literals. */
  #at(
    from: readonly Node[],
    path: readonly (string | number)[],
    frame: Frame,
    depth: number,
  ): (Node | string)[] | undefined {
    const [key, ...rest] = path
    if (key === undefined) return [...from]
    const found: Node[] = []
    for (const start of from) {
      for (const node of this.#literals(start, frame, depth) ?? [undefined]) {
        const child = node === undefined ? undefined : childOf(node, String(key))
        if (child === undefined) return undefined
        found.push(child)
      }
    }
    return this.#at(found, rest, frame, depth + 1)
  }

  /** Object and array literals that an expression stands for. */
  #literals(expression: Node, frame: Frame, depth: number): Node[] | undefined {
    const node = bare(expression)
    if (node === undefined || depth > MAX_DEPTH) return undefined
    if (node.type === 'ObjectExpression' || node.type === 'ArrayExpression') return [node]
    if (node.type === 'CallExpression' && isMethod(node, 'Object', 'freeze')) {
      const [argument] = nodes(node['arguments'])
      return argument === undefined ? undefined : this.#literals(argument, frame, depth + 1)
    }
    const sources = this.sources(node, frame, depth + 1)
    if (sources === undefined) return undefined
    const found: Node[] = []
    for (const source of sources) {
      const literals = typeof source === 'string' ? undefined : this.#literals(source, frame, depth + 1)
      if (literals === undefined) return undefined
      found.push(...literals)
    }
    return found
  }

  /** What `for (const x of iterable)` gives, at `path` inside each element. */
  #elements(
    iterable: Node,
    path: readonly (string | number)[],
    frame: Frame,
    depth: number,
  ): (Node | string)[] | undefined {
    const node = bare(iterable)
    if (node?.type === 'CallExpression') {
      const [argument] = nodes(node['arguments'])
      const objects = argument === undefined ? undefined : this.#literals(argument, frame, depth + 1)
      if (objects === undefined) return undefined
      const properties = objects.flatMap((object) => nodes(object['properties']))
      if (isMethod(node, 'Object', 'keys') || (isMethod(node, 'Object', 'entries') && path[0] === 0)) {
        const keys = properties.map((property) =>
          property['computed'] === true ? this.#only(property['key'], frame, depth) : keyOf(property),
        )
        return keys.every((key) => key !== undefined) ? (keys as string[]) : undefined
      }
      const inside = isMethod(node, 'Object', 'entries') && path[0] === 1 ? path.slice(1) : path
      if (!isMethod(node, 'Object', 'values') && inside === path) return undefined
      return this.#at(
        properties.map((property) => property['value'] as Node),
        inside,
        frame,
        depth,
      )
    }
    const arrays = node === undefined ? undefined : this.#literals(node, frame, depth)
    if (arrays?.every((array) => array.type === 'ArrayExpression') !== true) return undefined
    const elements = arrays.flatMap((array) => nodes(array['elements']))
    return elements.some((element) => element.type === 'SpreadElement')
      ? undefined
      : this.#at(elements, path, frame, depth)
  }
}

function known(text: string): Texts {
  return { values: [text], complete: true, prefix: text }
}

function joinTexts(left: Texts, right: Texts): Texts {
  const values = left.values.flatMap((a) => right.values.map((b) => a + b)).slice(0, MAX_VALUES)
  if (left.complete && right.complete) return { values, complete: true, prefix: '' }
  const only = left.complete && left.values.length === 1 ? left.values[0]! : undefined
  return { values, complete: false, prefix: only === undefined ? left.prefix : only + right.prefix }
}

function union(texts: readonly Texts[]): Texts {
  return {
    values: [...new Set(texts.flatMap(({ values }) => values))],
    complete: texts.length > 0 && texts.every(({ complete }) => complete),
    prefix: texts.length === 1 ? texts[0]!.prefix : '',
  }
}

function childOf(node: Node, key: string): Node | undefined {
  if (node.type === 'ArrayExpression') return nodes(node['elements'])[Number(key)]
  return nodes(node['properties']).find(
    (property) => property.type === 'Property' && keyOf(property) === key && property['computed'] !== true,
  )?.['value'] as Node | undefined
}

/** The one expression that a function returns. */
function resultOf(fn: Node): Node | undefined {
  const body = fn['body'] as Node
  if (body.type !== 'BlockStatement') return body
  const statements = nodes(body['body'])
  const last = statements.at(-1)
  return statements.length === 1 && last?.type === 'ReturnStatement' ? (last['argument'] as Node) : undefined
}

function isMethod(call: Node, object: string, method: string): boolean {
  const callee = bare(call['callee'])
  if (callee?.type !== 'MemberExpression' || keyOf(callee) !== method) return false
  const owner = bare(callee['object'])
  return owner?.type === 'Identifier' && owner['name'] === object && !isFunction(owner)
}
