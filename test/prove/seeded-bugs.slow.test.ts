import { afterAll, expect, test } from 'vitest'
import { compileContracts } from '../../lib/contract/index.ts'
import { fixtureOf, prove, replay } from '../../lib/prove/index.ts'
import { wrapped } from '../../lib/prove/runtimes.ts'
import { createIsolatedRuntime, type RunnableAction } from '../../lib/runtime/index.ts'
import { readWorkspace } from '../../lib/workspace/index.ts'
import { FORGOTTEN } from './forgotten.ts'
import { SEEDED_BUGS, type SeededBug } from './seeded-bugs.ts'

const NS = 'https://acme.example/'
const workspace = await readWorkspace('.')
const runtime = await createIsolatedRuntime({ network: 'refuse', resolveFrom: workspace.root })
afterAll(() => runtime.stop())

/** The contracts of the example, with a claim and a budget of their own in ID tokens. */
const { contracts } = compileContracts(
  (['access_token', 'id_token'] as const).map((token) => ({
    file: `${token}.json`,
    text: JSON.stringify({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: token,
      'x-auth0': {
        token,
        maxBytes: token === 'id_token' ? 400 : 2000,
        ...(token === 'access_token' && { audience: 'https://orders.acme.example/' }),
      },
      type: 'object',
      properties: {
        [`${NS}roles`]: { type: 'array', maxItems: 10, items: { type: 'string', maxLength: 40 } },
        [`${NS}plan`]: { enum: ['free', 'team', 'enterprise'] },
        [`${NS}region`]: { enum: ['eu', 'us'] },
        [`${NS}organization`]: { type: 'string', maxLength: 50 },
        ...(token === 'id_token' && { [`${NS}about`]: { type: 'string' } }),
      },
      required: ['roles', 'plan', 'region'].map((name) => NS + name),
    }),
  })),
)

const BASICS: RunnableAction = {
  name: 'basics',
  file: 'basics.js',
  secrets: {},
  code: `exports.onExecutePostLogin = async (event, api) => {
    for (const token of [api.accessToken, api.idToken]) {
      token.setCustomClaim('${NS}roles', [])
      token.setCustomClaim('${NS}plan', 'free')
      token.setCustomClaim('${NS}region', 'eu')
    }
  }`,
}

async function broken({ module = '' }: SeededBug, body: string, runs = 400) {
  const code = `${module}\nexports.onExecutePostLogin = async (event, api) => {\n${body}\n}`
  const action = { name: 'seeded', file: 'seeded.js', code, secrets: { API_KEY: 'secret-value-1234' } }
  const options = { workspace, actions: [BASICS, action], runtime, contracts, runs }
  const { counterexamples } = await prove(options)
  return { options, counterexamples }
}

test('there are at least 25', () => {
  expect(SEEDED_BUGS.length).toBeGreaterThanOrEqual(25)
  expect(contracts).toHaveLength(2)
})

async function findsTheBug(seeded: SeededBug, runs?: number) {
  const { options, counterexamples } = await broken(seeded, seeded.bug, runs)
  expect(counterexamples.map(({ property }) => property)).toContain(seeded.property)
  for (const found of counterexamples) {
    expect(found.message).not.toContain('secret-value')
    // By the command that is printed, and by the file that is saved.
    const { property, login, story } = found
    const again = await prove({ ...options, login })
    expect(
      again.counterexamples.map((one) => one.property),
      story.join(', '),
    ).toContain(property)
    const [replayed] = await replay(options, [JSON.parse(JSON.stringify(fixtureOf(found)))])
    expect(replayed!.found, story.join(', ')).toMatchObject({ property })
  }
}

async function findsNothing(seeded: SeededBug) {
  const { counterexamples } = await broken(seeded, seeded.repaired)
  expect(counterexamples.map(({ property, message, story }) => [property, message, ...story])).toEqual([])
}

test('does not blame the refresh when the clock goes on between it and the login', async () => {
  let clockOffset = 0
  const ticking = wrapped(runtime, (request) => {
    clockOffset += 1000
    return runtime.run({ ...request, clockOffset })
  })
  const clock = SEEDED_BUGS.find(({ what }) => what === 'looks at a clock of seconds')!
  const action = {
    name: 'seeded',
    file: 'seeded.js',
    code: `exports.onExecutePostLogin = async (event, api) => {\n${clock.bug}\n}`,
    secrets: {},
  }
  const found = await prove({ workspace, actions: [BASICS, action], runtime: ticking, contracts, runs: 20 })
  expect(found.counterexamples.map(({ property }) => property)).toEqual(['deterministic'])
})

test.each(SEEDED_BUGS)(
  'finds an Action that $what ($property), and the same again by what was printed and saved',
  (seeded) => findsTheBug(seeded),
)
test.each(SEEDED_BUGS)('finds nothing in the twin of an Action that $what', findsNothing)

/** With as many logins as `claims prove` tries. */
test.each(FORGOTTEN)(
  'finds an Action that $what ($property) in an ordinary search, and the same again by what was printed and saved',
  (seeded) => findsTheBug(seeded, 1000),
)
test.each(FORGOTTEN)(
  'finds nothing in an ordinary search of the twin of an Action that $what',
  async (seeded) => {
    const { counterexamples } = await broken(seeded, seeded.repaired, 1000)
    expect(counterexamples.map(({ property, message, story }) => [property, message, ...story])).toEqual([])
  },
)
