import type { BuiltAction } from '../bundle/index.ts'
import type { Position } from '../runtime/types.ts'
import { type Bindings, bindingsOf } from './bindings.ts'
import { sourcePositions } from './positions.ts'
import { type Node, parse } from './syntax.ts'

/** A bundle, parsed once for all rules. */
export interface Program {
  tree: Node
  bindings: Bindings
  /** Where an offset of the bundle stands in the source. */
  positionAt(offset: number): Position
}

/** Parses a bundle. `root` is where paths in positions are relative to. */
export function programOf(bundle: BuiltAction, root: string): Program {
  const tree = parse(bundle.code)
  return { tree, bindings: bindingsOf(tree), positionAt: sourcePositions(bundle, root) }
}
