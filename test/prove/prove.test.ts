import { readFile } from 'node:fs/promises'
import { afterAll, expect, test } from 'vitest'
import { type Contract, readContracts } from '../../lib/contract/index.ts'
import { type PropertyName, prove } from '../../lib/prove/index.ts'
import { createIsolatedRuntime } from '../../lib/runtime/index.ts'
import { readWorkspace } from '../../lib/workspace/index.ts'

const workspace = await readWorkspace('.')
const contracts: Contract[] = await readContracts(workspace.contractFiles, (file) => readFile(file, 'utf8'), {
  root: workspace.root,
})
const runtime = await createIsolatedRuntime({ network: 'refuse', resolveFrom: workspace.root })
afterAll(() => runtime.stop())

const NS = 'https://acme.example/'
const GOOD = `
  const plan = event.user.app_metadata?.plan
  const roles = (event.authorization?.roles ?? []).filter((role) => role.length <= 25).slice(0, 10)
  for (const token of [api.accessToken, api.idToken]) {
    token.setCustomClaim('${NS}roles', roles)
    token.setCustomClaim('${NS}plan', ['free', 'team', 'enterprise'].includes(plan) ? plan : 'free')
    token.setCustomClaim('${NS}region', 'eu')
  }
`

/** Runs a chain of one Action with this body. */
function proof(body: string, seed = 1, runs = 250, promised = contracts) {
  const code = `exports.onExecutePostLogin = async (event, api) => {${body}}`
  const action = {
    name: 'enrich',
    code,
    file: 'enrich.js',
    secrets: { API_KEY: 'secret-value-1234', MODE: 'on' },
  }
  return prove({ workspace, actions: [action], runtime, contracts: promised, runs, seed })
}

test('finds nothing in an Action that forgets nothing', async () => {
  expect((await proof(GOOD)).counterexamples).toEqual([])
})

test.each<[string, string, PropertyName, string[]]>([
  [
    'reads roles where there are none',
    'event.authorization.roles.length',
    'no-throw',
    ['there is no authorization'],
  ],
  [
    'takes metadata for text',
    `event.user.app_metadata.plan?.toUpperCase()`,
    'no-throw',
    [expect.stringMatching(/^app_metadata\.plan is /) as unknown as string],
  ],
  [
    'needs a session',
    'event.session.id.length',
    'no-throw',
    // A refresh has none.
    ['later refreshes the tokens'],
  ],
  [
    'needs an e-mail address',
    'event.user.email.split("@")',
    'no-throw',
    [expect.stringMatching(/^the user has no e-mail address/) as unknown as string],
  ],
  [
    'copies a plan that nobody checked',
    `api.accessToken.setCustomClaim('${NS}plan', event.user.app_metadata.plan ?? 'free')`,
    'contract-holds',
    [expect.stringMatching(/^app_metadata\.plan is /) as unknown as string],
  ],
  [
    'copies all roles',
    `api.accessToken.setCustomClaim('${NS}roles', event.authorization?.roles ?? [])`,
    'contract-holds',
    [expect.stringMatching(/role/) as unknown as string],
  ],
  [
    'writes what the contract does not know',
    `api.idToken.setCustomClaim('${NS}extra', 1)`,
    'only-declared-claims',
    [],
  ],
  ['writes a restricted name', `api.accessToken.setCustomClaim('roles', [])`, 'every-write-arrives', []],
  [
    'leaks a secret',
    `api.idToken.setCustomClaim('${NS}region', event.secrets.API_KEY)`,
    'no-secret-in-tokens',
    [],
  ],
  ['rolls dice', `api.idToken.setCustomClaim('${NS}organization', 'o' + Math.random())`, 'deterministic', []],
])('finds the smallest login for an Action that %s', async (_what, bug, property, twists) => {
  const { counterexamples } = await proof(`${GOOD}\n${bug}`)
  const found = counterexamples.find((one) => one.property === property)
  expect(found, JSON.stringify(counterexamples.map(({ property: p }) => p))).toBeDefined()
  expect(found!.story.slice(1)).toEqual(twists)
  expect(found!.story[0]).toContain('logs in')
  expect(JSON.stringify(found!.message)).not.toContain('secret-value')
})

test('leaves out of the story what does not matter', async () => {
  const bug = 'if (!event.user.email && !event.request.geoip?.countryCode) throw new Error("both")'
  const { counterexamples } = await proof(`${GOOD}\n${bug}`, 3, 1500)
  expect(counterexamples.map(({ story }) => story.slice(1).sort())).toEqual([
    [expect.stringMatching(/e-mail address/), 'there is no country'],
  ])
})

test('finds a claim that comes from the query string, which a refresh does not have', async () => {
  const bug = `if (event.request.query.store) api.idToken.setCustomClaim('${NS}organization', 'acme')`
  const { counterexamples } = await proof(`${GOOD}\n${bug}`, 1, 100)
  expect(counterexamples).toMatchObject([
    {
      property: 'same-after-refresh',
      claim: `${NS}organization`,
      story: [
        expect.stringContaining('logs in'),
        expect.stringMatching(/^request.query.store is /),
        'later refreshes the tokens',
      ],
    },
  ])
})

test('takes the word of the contract on what a refresh may change', async () => {
  const bug = `api.idToken.setCustomClaim('${NS}organization', event.session?.id ? 'with a session' : 'without')`
  const { counterexamples } = await proof(`${GOOD}\n${bug}`, 1, 60)
  expect(counterexamples).toMatchObject([
    { property: 'same-after-refresh', claim: `${NS}organization`, at: { file: 'enrich.js' }, refresh: true },
  ])
  const declared = contracts.map((contract) => ({
    ...contract,
    mayDifferAfterRefresh: [`${NS}organization`],
  }))
  expect((await proof(`${GOOD}\n${bug}`, 1, 60, declared)).counterexamples).toEqual([])
})

test.each<[what: string, bug: string, story: unknown[]]>([
  [
    'anybody',
    `const first = exports.first ??= event.user.user_id.slice(0, 9)
     api.idToken.setCustomClaim('${NS}organization', first)`,
    [
      expect.stringMatching(/^(?!ada)\S+ logs in/),
      expect.stringMatching(/^before, ada@acme.example logs in with Acme Shop/),
    ],
  ],
  [
    'somebody who is not ordinary',
    `exports.seen ||= event.user.app_metadata.plan === 'gold'
     if (exports.seen) api.idToken.setCustomClaim('${NS}organization', 'gold')
     else api.idToken.setCustomClaim('${NS}organization', 'none')`,
    [
      expect.stringMatching(/^ada@acme.example logs in/),
      expect.stringMatching(
        /^before, ada@acme.example logs in with Acme Shop for \S+ and app_metadata.plan is "gold"$/,
      ),
    ],
  ],
  [
    'the same user, often',
    `exports.count = (exports.count ?? 0) + 1
     if (exports.count > 3) api.access.deny('Come back later')`,
    [expect.stringMatching(/^ada@acme.example logs in/), 'did so 3 times before'],
  ],
])('says that %s logs in before, with no twist that is not needed', async (_what, bug, story) => {
  const { counterexamples } = await proof(`${GOOD}\n${bug}`, 1, 500)
  const [found, ...others] = counterexamples.filter(({ property }) => property !== 'contract-holds')
  expect(found).toMatchObject({ property: 'order-independent', story })
  expect(others).toEqual([])
})

test('says in words that a claim is missing, and where other logins get it', async () => {
  const careless = GOOD.replace(
    /(?=token\.setCustomClaim\('\S+region')/,
    `if (event.request.geoip?.countryCode) `,
  )
  const { counterexamples } = await proof(careless, 1, 300)
  expect(counterexamples.map(({ message, at, story }) => [message, at?.line, ...story.slice(1)])).toEqual([
    [`OrdersAccessToken: ${NS}region is missing`, 7, 'there is no country'],
  ])
})

test('tries the same logins for the same seed', async () => {
  const bug = `${GOOD}\nif (event.user.name.length > 400) throw new Error('too long')`
  expect(await proof(bug, 7)).toEqual(await proof(bug, 7))
})

test('goes to another site and back, with a session token, and says so', async () => {
  const away = `if (api.redirect.canRedirect()) api.redirect.sendUserTo('https://terms.acme.example/')
}
exports.onContinuePostLogin = async (event, api) => {`
  const trusting = `${GOOD}\n${away}
    const { accepted } = api.redirect.validateToken({ secret: event.secrets.API_KEY })
    if (accepted.length > 2) api.accessToken.addScope('read:orders')`
  const { counterexamples } = await proof(trusting, 1, 60)
  expect(counterexamples.map(({ property, story }) => [property, story.at(-1)])).toEqual([
    ['no-throw', 'comes back from terms.acme.example'],
  ])
  // A token that is not good ends the login: that is what it is for.
  const checking = `${GOOD}\n${away}
    api.redirect.validateToken({ secret: 'another secret', tokenParameterName: 'proof' })
    api.idToken.setCustomClaim('${NS}never', 1)`
  expect((await proof(checking, 1, 60)).counterexamples).toEqual([])
})
