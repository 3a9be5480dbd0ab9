import type { BuiltAction } from '../bundle/index.ts'
import type { Position, TokenKind } from '../finding.ts'
import type { Trigger } from '../triggers/index.ts'
import { tryPrograms } from './bundles.ts'
import { walkFile } from './flow/walk-file.ts'
import { parseAction } from './parse.ts'
import { claimWritesOf, type FoundWrite } from './rules/claims.ts'

export type { FoundWrite }

/**
 * The claim writes of one file of CommonJS code that runs for a trigger, with the names that can be told from it. Runs
 * nothing. Does not see writes that the code reaches only through a package.
 */
export async function claimWrites(code: string, trigger: Trigger): Promise<FoundWrite[]> {
  const { tree } = await parseAction('action.js', code)
  return claimWritesOf(walkFile(tree, trigger))
}

/** A place in the source of an Action that can set a claim. */
export interface PlacedClaim {
  token: TokenKind
  /** The names that can be told from the source. */
  names: readonly string[]
  /** Id of the trigger whose handler gets there. */
  trigger: string
  at: Position
}

/** The claim writes of a bundle, for each trigger that it has handlers of, with their places in its sources. */
export async function placedClaims(bundle: BuiltAction, root: string): Promise<PlacedClaim[]> {
  const programs = await tryPrograms(bundle, root)
  if ('rule' in programs) return []
  return programs.flatMap(({ walked, positionAt }) =>
    claimWritesOf(walked).map(({ token, names, offset }) => ({
      token,
      names: [...names.values],
      trigger: walked.trigger.id,
      at: positionAt(offset),
    })),
  )
}
