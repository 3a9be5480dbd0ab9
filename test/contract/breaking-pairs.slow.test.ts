import { expect, test } from 'vitest'
import { breakingChanges, type Contract, compileContracts } from '../../lib/contract/index.ts'
import { contractSchema } from '../helpers/contract.ts'
import fc from '../helpers/fast-check.ts'
import { changed, schemas, values } from './random-schemas.ts'

const CLAIM = 'https://acme.example/x'
const PAIRS = 2000

function contractOf(schema: unknown, isRequired: boolean): Contract | undefined {
  const required = isRequired ? { required: [CLAIM] } : {}
  const text = JSON.stringify(contractSchema({ properties: { [CLAIM]: schema }, ...required }))
  return compileContracts([{ file: 'orders.json', text }]).contracts[0]
}

test('is never wrong about random pairs, and leaves few of them open', () => {
  const pairs = fc.sample(fc.tuple(schemas, schemas, fc.nat(), fc.boolean(), fc.boolean()), PAIRS)
  const payloads = fc.sample(values, 500).map((value) => ({ [CLAIM]: value }))
  const counts = { breaking: 0, compatible: 0, undecided: 0 }
  for (const [before, other, at, wasRequired, isRequired] of pairs) {
    const after = changed(before, other, at)
    const [old, now] = [contractOf(before, wasRequired), contractOf(after, isRequired)]
    // A few are refused as contracts: strict mode, or an object that is closed at the root.
    if (old === undefined || now === undefined) continue
    const changes = breakingChanges([old], [now])
    const broken = changes.filter(({ verdict }) => verdict === 'breaking')
    for (const { witness } of broken) {
      expect(now.validate(witness!)).toEqual([])
      expect(old.validate(witness!)).not.toEqual([])
    }
    const isOpen = changes.some(({ verdict }) => verdict === 'undecided')
    counts[broken.length > 0 ? 'breaking' : isOpen ? 'undecided' : 'compatible']++
    if (broken.length > 0 || isOpen) continue
    const missed = [{}, ...payloads].find(
      (payload) => now.validate(payload).length === 0 && old.validate(payload).length > 0,
    )
    expect({ before, after, missed }).toEqual({ before, after, missed: undefined })
  }
  const decided = counts.breaking + counts.compatible
  expect(counts.breaking).toBeGreaterThan(PAIRS / 10)
  expect(counts.compatible).toBeGreaterThan(PAIRS / 10)
  // One in a hundred, where ten would do.
  expect(counts.undecided).toBeLessThan((decided + counts.undecided) / 100)
}, 600_000)
