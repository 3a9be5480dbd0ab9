import { isUndefined } from '../triggers/arguments.ts'
import { methodAt, type Trigger } from '../triggers/index.ts'
import type { ClaimWrite, RecordedCommand } from './types.ts'

/** All calls that write a claim, in order, also those that threw. */
export function claimWrites(trigger: Trigger, commands: readonly RecordedCommand[]): ClaimWrite[] {
  const writes: ClaimWrite[] = []
  for (const { method, args, at, action, threw } of commands) {
    const token = methodAt(trigger, method)?.claim
    if (token === undefined) continue
    const [claim, value] = args
    writes.push({
      action,
      at,
      token,
      claim: typeof claim === 'string' ? claim : String(isUndefined(claim) ? undefined : claim),
      value: isUndefined(value) ? undefined : value,
      ...(threw !== undefined && { threw }),
    })
  }
  return writes
}
