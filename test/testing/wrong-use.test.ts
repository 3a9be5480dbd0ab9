import { expect, it } from 'vitest'
import {
  claimMatchers,
  eventFor,
  type Handlers,
  postLoginEvent,
  simulatePostLogin,
  situation,
} from '../../lib/testing.ts'
import { folderWith } from '../helpers/folder.ts'

// biome-ignore lint/suspicious/noExplicitAny: wrong use is the point
type Any = any

const nothing: Handlers = { async onExecutePostLogin() {} }
const away: Handlers = {
  async onExecutePostLogin(_event: unknown, api: Any) {
    api.redirect.sendUserTo('https://ask.example/')
  },
  async onContinuePostLogin() {},
}
const event = postLoginEvent()
const given = (more: object) => ({ actions: [nothing], event, ...more })

it.each<[what: string, options: Any, message: string]>([
  ['no options', undefined, 'the options of simulatePostLogin must be an object'],
  ['no actions', { event }, 'simulatePostLogin needs "actions"'],
  ['no event', { actions: [nothing] }, 'simulatePostLogin needs "event"'],
  ['one Action for a list', given({ actions: nothing }), '"actions" must be a list'],
  ['one path for a list', given({ actions: 'actions/a.ts' }), '"actions" must be a list'],
  [
    'a handler for a module',
    given({ actions: [async () => {}] }),
    '"actions" must be a list of which each is the exports of a module, such as { onExecutePostLogin }, or the path of its file',
  ],
  [
    'an Action that is not there',
    given({ actions: [undefined] }),
    '"actions" must be a list of which each is',
  ],
  ['a promise of an event', given({ event: Promise.resolve(event) }), 'this is a promise of one, to await'],
  ['text for an event', given({ event: '{}' }), '"event" must be an object'],
  ['null for an event', given({ event: null }), '"event" must be an object'],
  ['a list of secrets', given({ event: { ...event, secrets: ['x'] } }), '"event.secrets" must be an object'],
  ['a misspelt option', given({ netwrok: 'allow' }), '"netwrok" is no option of simulatePostLogin'],
  ['a time that is text', given({ timeoutMilliseconds: '5' }), '"timeoutMilliseconds" must be a number'],
  [
    'a time that is none',
    given({ timeoutMilliseconds: Number.NaN }),
    '"timeoutMilliseconds" must be a number',
  ],
  ['an unknown fact', given({ facts: { role: [] } }), '"facts.role" is no option of simulatePostLogin'],
  ['a day for a time', given({ facts: { now: new Date() } }), '"facts.now" must be a number of milliseconds'],
  [
    'a cache of texts',
    given({ facts: { cache: { k: 'v' } } }),
    '"facts.cache" must be an object of which each',
  ],
  ['what is no suspension', given({ resume: {} }), '"resume" must be the suspension of an earlier result'],
  ['a list of modules', given({ actions: ['a.js'], modules: ['x.js'] }), '"modules" must be an object'],
  [
    'a module without a file',
    given({ actions: ['a.js'], modules: { x: {} } }),
    'the path of its file, or { file',
  ],
])('simulatePostLogin refuses %s, and names it', async (_what, options, message) => {
  const error = await simulatePostLogin(options).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'ERR_USAGE', message: expect.stringContaining(message) })
  expect((error as { hint?: string }).hint).toMatch(/\S/)
})

it('says of a misspelt option which one was meant', async () => {
  await expect(simulatePostLogin(given({ netwrok: 'allow' }) as Any)).rejects.toMatchObject({
    hint: 'Did you mean "network"?',
  })
})

it('refuses to resume where there is no such Action', async () => {
  const first = await simulatePostLogin({ actions: [nothing, away], event })
  await expect(
    simulatePostLogin({ actions: [away], event, resume: first.suspension! }),
  ).rejects.toMatchObject({ code: 'ERR_USAGE', message: 'resume continues in Action 2 of 1' })
})

it('names the path that is none, or a folder', async () => {
  const root = await folderWith({ 'actions/a.js': '' })
  await expect(simulatePostLogin({ actions: ['action/a.js'], event, root })).rejects.toMatchObject({
    code: 'ERR_INPUT',
    message: 'there is no readable file "action/a.js"',
  })
  await expect(simulatePostLogin({ actions: ['actions'], event, root })).rejects.toMatchObject({
    code: 'ERR_INPUT',
    message: '"actions" is a folder',
  })
})

it.each<[what: string, make: () => unknown, message: string, hint: string]>([
  [
    'an unknown situation',
    () => situation('refreshh' as Any),
    'no situation "refreshh"',
    'There are: firstLogin',
  ],
  ['no situation', () => (situation as Any)(), 'no situation "undefined"', 'There are: '],
  ['overrides that are text', () => postLoginEvent('ada' as Any), 'must be an object', 'postLoginEvent({'],
  ['a misspelt login', () => eventFor({ users: 'ada' } as Any), '"users" is no option of eventFor', '"user"'],
  [
    'an unknown protocol',
    () => eventFor({ protocol: 'refresh' } as Any),
    '"protocol" must be',
    'oauth2-refresh-token',
  ],
  [
    'a folder without a workspace',
    () => eventFor({}, 'lib'),
    'there is no tenant.yaml in "lib"',
    'eventFor(login, root)',
  ],
])('events: %s', async (_what, make, message, hint) => {
  const error = await Promise.resolve()
    .then(make)
    .catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({
    name: 'ToolkitError',
    message: expect.stringContaining(message),
    hint: expect.stringContaining(hint),
  })
})

it.each(Object.keys(claimMatchers) as (keyof typeof claimMatchers)[])(
  '%s says that it got a promise, or what is no result',
  async (name) => {
    const matcher = claimMatchers[name] as (result: unknown) => unknown
    const promise = simulatePostLogin({ actions: [nothing], event })
    expect(() => matcher(promise)).toThrow(`${name} got a promise: await simulatePostLogin(...) before it`)
    await promise
    for (const value of [undefined, null, {}, 'allowed']) {
      expect(() => matcher(value)).toThrow(`${name} is about a result of simulatePostLogin, and got `)
    }
  },
)
