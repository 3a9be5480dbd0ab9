import type { Trigger } from '../triggers/index.ts'
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
