import { expect, it } from 'vitest'
import fc from '../../helpers/fast-check.ts'
import { EDITS } from './edits.ts'
import { type Round, twoTenants } from './round.ts'
import { nearlySame, workspaces } from './workspaces.ts'

/** `CLAIMS_FUZZ=<seed>:<round>` repeats one round, `CLAIMS_FUZZ=<seed>` all of a seed. */
const [SEED = '', ONLY] = (process.env['CLAIMS_FUZZ'] ?? process.env['SEED']!).split(':')
const ROUNDS = 60

const ROUND: fc.Arbitrary<Round> = workspaces().chain((before) =>
  fc.record({
    before: fc.constant(before),
    edits: EDITS,
    after: fc.oneof(nearlySame(before), workspaces(before.tenant)),
    exported: fc.nat(4).map((n) => n === 4),
  }),
)

it(`leaves any tenant as the deploy CLI would, and goes back to the start, seed ${SEED}`, {
  timeout: 3_600_000,
}, async () => {
  const tenants = await twoTenants()
  const outcomes: string[] = []
  try {
    for (const [index, round] of fc.sample(ROUND, { seed: Number(SEED), numRuns: ROUNDS }).entries()) {
      if (ONLY !== undefined && index !== Number(ONLY)) continue
      outcomes.push(
        await tenants.round(round).catch((error: Error) => {
          error.message = `CLAIMS_FUZZ=${SEED}:${index} repeats it: ${error.message}`
          throw error
        }),
      )
    }
  } finally {
    await tenants.stop()
  }
  if (ONLY === undefined)
    expect(outcomes.filter((outcome) => outcome === 'deployed').length).toBeGreaterThan(ROUNDS / 3)
})
