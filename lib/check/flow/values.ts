import type { Node } from '../tree.ts'

/** Facts that hold where a value is truthy or falsy: dotted paths that are known to be there. */
export type Facts = readonly string[]

interface Implications {
  /** Holds where the value is truthy. */
  whenTrue?: Facts
  /** Holds where the value is falsy. */
  whenFalse?: Facts
}

/** What is known about a value without running the program. */
export type Value = Implications &
  (
    | { kind: 'literal'; value: string | number | boolean | null | undefined }
    | {
        kind: 'path'
        path: readonly string[]
        present?: boolean
        known?: number
        bound?: boolean
        args?: Value[]
      }
    | { kind: 'list'; items: Value[] }
    | { kind: 'record'; members: Map<string, Value> }
    | { kind: 'function'; node: Node; scope: Scope; self?: Value; args?: Value[] }
    | { kind: 'global'; name: string }
    | { kind: 'union'; of: Value[] }
    | { kind: 'nothing'; method: string }
    | { kind: 'unknown' }
  )

export const UNKNOWN: Value = { kind: 'unknown' }
export const UNDEFINED: Value = { kind: 'literal', value: undefined }

export interface Cell {
  value: Value
}

/** The variables of one call of a function, or of the file. */
export class Scope {
  readonly cells = new Map<string, Cell>()
  readonly parent: Scope | undefined

  constructor(parent?: Scope) {
    this.parent = parent
  }

  find(name: string): Cell | undefined {
    let scope: Scope | undefined = this
    while (scope !== undefined) {
      const cell = scope.cells.get(name)
      if (cell !== undefined) return cell
      scope = scope.parent
    }
    return undefined
  }
}

export function union(values: readonly Value[]): Value {
  const flat = values.flatMap((value) => (value.kind === 'union' ? value.of : [value]))
  const kept: Value[] = []
  for (const value of flat) if (!kept.some((other) => same(other, value))) kept.push(value)
  if (kept.length === 1) return kept[0]!
  return kept.length === 0 || kept.length > 32 ? UNKNOWN : { kind: 'union', of: kept }
}

export function alternatives(value: Value): Value[] {
  return value.kind === 'union' ? value.of : [value]
}

function same(a: Value, b: Value): boolean {
  if (a === b) return true
  if (a.kind === 'literal' && b.kind === 'literal') return a.value === b.value
  if (a.kind === 'path' && b.kind === 'path') {
    return (
      a.path.join('.') === b.path.join('.') &&
      a.present === b.present &&
      a.known === b.known &&
      a.bound === b.bound
    )
  }
  return a.kind === 'unknown' && b.kind === 'unknown'
}

/** Whether a value may be truthy; unknown ones may. */
export function mayBeTrue(value: Value): boolean {
  return value.kind === 'literal' ? Boolean(value.value) : value.kind !== 'nothing'
}

/** Whether a value may be falsy; functions, lists and records may not. */
export function mayBeFalse(value: Value): boolean {
  if (value.kind === 'literal') return !value.value
  if (value.kind === 'union') return value.of.some(mayBeFalse)
  return (
    !['function', 'list', 'record', 'global'].includes(value.kind) &&
    !(value.kind === 'path' && value.present)
  )
}
