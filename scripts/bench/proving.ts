import fc from 'fast-check'
import { boundActions } from '../../lib/cli/bound-actions.ts'
import { Bases } from '../../lib/prove/bases.ts'
import { twistArbitrary, twisted } from '../../lib/prove/twists.ts'
import { vocabularyOf } from '../../lib/prove/vocabulary.ts'
import { createIsolatedRuntime } from '../../lib/runtime/index.ts'
import { runTrigger } from '../../lib/simulator/index.ts'
import { postLogin } from '../../lib/triggers/index.ts'
import { readWorkspace } from '../../lib/workspace/index.ts'
import { type Figure, sideBySide } from './side-by-side.ts'

/** Events that are made at once: the seed of each batch is another. */
const BATCH = 50
const LOGINS = 1000

/** Making events for a search, beside a record of rich strings of the same shape. */
export async function generating(root: string): Promise<Figure[]> {
  const workspace = await readWorkspace(root)
  const bases = new Bases(workspace)
  const words = vocabularyOf(workspace, await boundActions(workspace))
  const login = fc.record({
    base: fc.nat({ max: bases.length - 1 }),
    twists: fc.array(twistArbitrary(words), { minLength: 1, maxLength: 4 }),
  })
  const naive = likeness(bases.at(0).event)
  let seed = 0
  return sideBySide([
    {
      name: 'a record of rich strings of the same shape',
      run: () => fc.sample(naive, { seed: ++seed, numRuns: BATCH }),
      operations: BATCH,
    },
    {
      name: 'logins of claims prove',
      run: () =>
        fc
          .sample(login, { seed: ++seed, numRuns: BATCH })
          .map(({ base, twists }) => twisted(bases.at(base).event, twists)),
      operations: BATCH,
    },
  ])
}

/** Logins of the example through its chain of Actions, many at once. */
export async function runningLogins(root: string): Promise<Figure[]> {
  const workspace = await readWorkspace(root)
  const actions = await boundActions(workspace)
  const bases = new Bases(workspace)
  const events = Array.from({ length: bases.length }, (_, index) => bases.at(index).event)
  const runtime = await createIsolatedRuntime({ network: 'refuse', resolveFrom: root })
  const quick: typeof runtime = {
    nodeVersion: runtime.nodeVersion,
    run: (request) => runtime.run({ ...request, positions: false }),
    stop: () => runtime.stop(),
  }
  const login = (index: number) =>
    runTrigger(postLogin, { actions, event: events[index % events.length]!, runtime: quick })
  try {
    return await sideBySide(
      [
        { name: 'one login at a time', run: () => login(0) },
        {
          name: `${LOGINS} logins, 32 at once`,
          run: async () => {
            for (let start = 0; start < LOGINS; start += 32) {
              await Promise.all(Array.from({ length: 32 }, (_, index) => login(start + index)))
            }
          },
          operations: LOGINS,
        },
      ],
      { rounds: 5, slice: 300 },
    )
  } finally {
    await runtime.stop()
  }
}

/** An arbitrary as one writes it without thinking: each text any text, each part its own record. */
function likeness(value: unknown): fc.Arbitrary<unknown> {
  if (typeof value === 'string') {
    if (/^\d{4}-\d\d-\d\dT/.test(value))
      return fc.date({ noInvalidDate: true }).map((date) => date.toISOString())
    if (value.includes('@')) return fc.emailAddress()
    if (value.startsWith('http')) return fc.webUrl()
    return fc.string({ unit: 'grapheme' })
  }
  if (typeof value === 'number') return fc.double()
  if (typeof value === 'boolean') return fc.boolean()
  if (Array.isArray(value)) return fc.array(value.length === 0 ? fc.string() : likeness(value[0]))
  if (typeof value !== 'object' || value === null) return fc.constant(value)
  const members = Object.entries(value).map(([name, part]) => [name, likeness(part)] as const)
  return members.length === 0
    ? fc.dictionary(fc.string(), fc.string({ unit: 'grapheme' }))
    : fc.record(Object.fromEntries(members))
}
