import { claimWrites } from '../check/index.ts'
import type { TokenKind } from '../finding.ts'
import type { Trigger } from '../triggers/index.ts'

/** What a plan means for the tokens: a claim that Actions write after it and not before, or the other way round. */
export interface ClaimChange {
  token: TokenKind
  claim: string
  change: 'added' | 'removed' | 'moved'
  /** Actions that write it now, in order of execution. */
  before: string[]
  /** Actions that will write it. */
  after: string[]
}

/** An Action that runs, in order of execution. */
export interface RunningCode {
  name: string
  code: string
}

/**
 * Compares the claims that the Actions of one trigger write, by reading their code. Does not see names that are
 * computed at run time, nor whether a write is reached, kept or of another type.
 */
export async function claimChanges(
  before: readonly RunningCode[],
  after: readonly RunningCode[],
  trigger: Trigger,
): Promise<ClaimChange[]> {
  const old = await writers(before, trigger)
  const changes: ClaimChange[] = []
  const future = await writers(after, trigger)
  for (const key of [...new Set([...old.keys(), ...future.keys()])].sort()) {
    const was = old.get(key) ?? []
    const willBe = future.get(key) ?? []
    if (JSON.stringify(was) === JSON.stringify(willBe)) continue
    const [token, claim] = JSON.parse(key) as [TokenKind, string]
    const change = was.length === 0 ? 'added' : willBe.length === 0 ? 'removed' : 'moved'
    changes.push({ token, claim, change, before: was, after: willBe })
  }
  return changes
}

async function writers(actions: readonly RunningCode[], trigger: Trigger): Promise<Map<string, string[]>> {
  const map = new Map<string, string[]>()
  for (const { name, code } of actions) {
    for (const { token, claim } of await writesOf(code, trigger)) {
      const key = JSON.stringify([token, claim])
      const names = map.get(key) ?? []
      if (!names.includes(name)) map.set(key, [...names, name])
    }
  }
  return map
}

async function writesOf(code: string, trigger: Trigger): Promise<{ token: TokenKind; claim: string }[]> {
  const writes = await claimWrites(code, trigger)
  return writes.flatMap(({ token, names }) => names.values.map((claim) => ({ token, claim })))
}
