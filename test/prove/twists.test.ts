import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { Bases } from '../../lib/prove/bases.ts'
import { OPTIONAL_PARTS, storyOf, tellingTwists, twistArbitrary, twisted } from '../../lib/prove/twists.ts'
import { vocabularyOf } from '../../lib/prove/vocabulary.ts'
import { assertEvent } from '../../lib/simulator/check-event.ts'
import { readWorkspace } from '../../lib/workspace/index.ts'
import fc from '../helpers/fast-check.ts'

const workspace = await readWorkspace('.')
const schema = JSON.parse(await readFile('schemas/post-login-event.schema.json', 'utf8')) as object
const all = new Bases(workspace)
const bases = Array.from({ length: all.length }, (_, index) => all.at(index))

/** An Action of this code. */
const action = (code: string) => ({ name: 'a', file: 'a.js', code, secrets: {} })
const READER = action(`
  const pick = (meta) => meta.tier
  exports.onExecutePostLogin = async ({ user, organization, ...event }, api) => {
    const { app_metadata: { seats, address: { city } = {} }, user_metadata = {} } = user
    if (user_metadata?.['theme'] === 'dark' && pick(user.app_metadata) !== 'gold') {
      const settings = organization?.metadata ?? {}
      api.idToken.setCustomClaim('x', settings.color)
    }
    return event.request.query.hint
  }`)
const words = vocabularyOf(workspace, [READER])

test('knows what users have and what Actions read', () => {
  expect(words.members.map(({ part, path }) => `${part} ${path.join('.')}`).sort()).toEqual(
    [
      'organization.metadata color',
      'request.query hint',
      // Whoever walks over metadata meets what others keep there.
      'user.app_metadata other',
      'user.user_metadata other',
      'user.app_metadata address',
      'user.app_metadata address.city',
      'user.app_metadata plan',
      'user.app_metadata region',
      'user.app_metadata seats',
      'user.app_metadata tier',
      'user.user_metadata theme',
    ].sort(),
  )
  expect(words.texts).toEqual(expect.arrayContaining(['dark', 'gold']))
})

test('gives a query string to no call of the token endpoint', () => {
  const hint = { kind: 'member', value: { part: 'request.query', path: ['hint'], value: 'x' } }
  const scopes = { kind: 'scopes', value: ['openid'] }
  for (const flow of ['refresh', 'password']) {
    const twists = [hint, { kind: flow, value: null }, hint, scopes]
    const { request } = twisted(bases[0]!.event, twists)
    expect(request).toMatchObject({ method: 'POST', query: {}, body: { scope: 'openid' } })
  }
  expect(twisted(bases[0]!.event, [hint]).request.query).toHaveProperty('hint', 'x')
})

test('takes the words of the Action before those of the packages in its bundle, and counts what it leaves out', () => {
  const library = Array.from(
    { length: 100 },
    (_, index) => `'library word ${index}', meta.app_metadata.library${index}`,
  )
  const bundle = action(`
// node_modules/library/index.js
const words = (meta) => [${library}]
// actions/mine.js
const KEY = 'tier'
exports.onExecutePostLogin = async (event) => event.user.app_metadata[KEY] === 'gold' && words(event.user)`)
  const { members, texts, numbers, leftOut } = vocabularyOf(workspace, [bundle])
  expect(texts.slice(0, 2)).toEqual(['tier', 'gold'])
  expect(members.map(({ path }) => path.join('.')).indexOf('tier')).toBeLessThan(4)
  expect([texts.length, members.length]).toEqual([80, 80])
  expect(leftOut.texts).toBe(22)
  expect(leftOut.members).toBeGreaterThan(20)
  expect(numbers).toEqual([])
})

test('each twist gives an event that Auth0 could give, and changes no other event', () => {
  const before = JSON.stringify(bases)
  const check = (base: number, twists: Parameters<typeof twisted>[1]) => {
    const event = JSON.parse(JSON.stringify(twisted(bases[base % bases.length]!.event, twists))) as unknown
    // What was imported need not be what the reference says.
    const isImported = twists.some(({ kind }) => kind === 'wholeMetadata')
    if (!isImported)
      expect(() => assertEvent(event, schema, 'event'), twists.map(storyOf).join(', ')).not.toThrow()
    for (const one of twists) expect(storyOf(one)).toMatch(/^\S.*\S$/u)
  }
  for (const [index, twist] of tellingTwists(words).entries()) check(index, [twist])
  fc.assert(
    fc.property(fc.nat({ max: bases.length - 1 }), fc.array(twistArbitrary(words), { maxLength: 4 }), check),
    { numRuns: 300 },
  )
  expect(JSON.stringify(bases)).toBe(before)
})

test('takes away only what may be missing', () => {
  const [{ event } = { event: {} }] = bases
  for (const path of Object.keys(OPTIONAL_PARTS)) {
    const names = path.split('.')
    let there: unknown = event
    for (const name of names) there = (there as Record<string, unknown>)[name]
    // Connections of the example have metadata; its users never reset a password.
    if (path !== 'user.last_password_reset' && !path.startsWith('user.')) expect(there, path).toBeDefined()
  }
})

test('shrinks without knowing where a login came from', () => {
  const one = fc.array(twistArbitrary(words), { maxLength: 4 })
  for (const twists of fc.sample(one, { seed: 1, numRuns: 100 }))
    expect(one.canShrinkWithoutContext(twists)).toBe(true)
  for (const twist of tellingTwists(words))
    expect(one.canShrinkWithoutContext([twist]), storyOf(twist)).toBe(true)
})
