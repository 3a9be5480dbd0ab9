import type { Position } from '../finding.ts'
import { type Walked, walkFile } from './flow/walk-file.ts'
import { textPositions } from './positions.ts'
import type { Node } from './tree.ts'

/** One file as it ships, parsed and walked once for all rules. */
export interface Program {
  /** Path that findings show. */
  file: string
  /** What ships. */
  text: string
  tree: Node
  walked: Walked
  /** Where an offset of the text stands in the source. */
  positionAt(offset: number): Position
}

/** A file that ships as it is written, types aside. */
export function programOfSource(file: string, text: string, tree: Node): Program {
  return { file, text, tree, walked: walkFile(tree), positionAt: textPositions(file, text) }
}
