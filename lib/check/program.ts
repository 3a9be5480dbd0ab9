import type { Position } from '../finding.ts'
import { type Walked, walksOf } from './flow/walk-file.ts'
import { textPositions } from './positions.ts'
import type { Node } from './tree.ts'

/** One file as it ships, parsed, and walked for one trigger. */
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

/** A file that ships as it is written, types aside: a program for each trigger that it has handlers of. */
export function programsOfSource(file: string, text: string, tree: Node): [Program, ...Program[]] {
  return programsOf(walksOf(tree), { file, text, tree, positionAt: textPositions(file, text) })
}

/** The programs of one file. */
export function programsOf(
  [first, ...others]: readonly [Walked, ...Walked[]],
  file: Omit<Program, 'walked'>,
): [Program, ...Program[]] {
  return [{ ...file, walked: first }, ...others.map((walked) => ({ ...file, walked }))]
}
