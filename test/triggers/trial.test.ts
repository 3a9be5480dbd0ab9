import { describe, expect, it } from 'vitest'
import { postLoginEvent, situation } from '../../lib/simulator/index.ts'
import { postLogin, TRIGGERS } from '../../lib/triggers/index.ts'
import { ANYTHING, doubted, refusal } from '../../lib/triggers/trial.ts'
import { methodsByPath } from '../../lib/triggers/trigger.ts'
import { outcomeOf } from '../simulator/reference/row.ts'

const FIRST = [
  ...['', ' ', 'a', 'a b', 'a.b', 'persistent', 'nonpersistent', '/terms', 'https://acme.example/'],
  ...[
    'x'.repeat(1100),
    undefined,
    null,
    0,
    1,
    -1,
    true,
    Number.NaN,
    {},
    { a: 1 },
    { take: 0 },
    [],
    ['a'],
    [1],
  ],
  ...[{ type: 'otp' }, [{ type: 'otp' }], { secret: 'a', payload: {} }, new Error('a')],
]
const SECOND = [undefined, null, 'a', 1, {}, { a: 1 }, { fields: { 'a b': 1 } }]

/** Logins between which every method finds what it needs. */
const LOGINS = [postLoginEvent(), situation('refresh', { session: { id: 's', metadata: {} } })] as const

describe('a trial of a call', () => {
  const methods = [...methodsByPath(postLogin)].filter(([, { checksToken }]) => checksToken !== true)

  it.each(methods)('of %s refuses what throws in every login, and nothing else', async (path, method) => {
    const [area, name] = path.split('.') as [string, string]
    const wrong: unknown[] = []
    for (const first of method.parameters.length > 0 ? FIRST : [undefined]) {
      for (const second of method.parameters.length > 1 ? SECOND : [undefined]) {
        const outcomes = []
        for (const event of LOGINS) {
          for (const handler of ['onExecutePostLogin', 'onContinuePostLogin'] as const) {
            if (handler === 'onContinuePostLogin' && path !== 'authentication.recordMethod') continue
            outcomes.push(await outcomeOf((api) => api[area][name](first, second), { event, handler }))
          }
        }
        const throws = outcomes.every(({ outcome }) => outcome instanceof Error)
        const said = refusal(postLogin, method, [[first], [second]])
        if ((said !== undefined) !== throws) wrong.push([first, second, said, throws])
      }
    }
    expect(wrong).toEqual([])
  })

  const every = TRIGGERS.flatMap((trigger) =>
    [...methodsByPath(trigger)].map(([path, method]) => [trigger.id, path, trigger, method] as const),
  )
  it.each(every)('refuses nothing where nothing is known: %s, %s', (_id, _path, trigger, method) => {
    expect(
      refusal(
        trigger,
        method,
        method.parameters.map(() => ANYTHING),
      ),
    ).toBeUndefined()
  })

  it('refuses where every value that is possible is refused', () => {
    const method = methodsByPath(postLogin).get('accessToken.addScope')!
    expect(refusal(postLogin, method, [['a b', 1]])).toBe('The value for the scope must not have whitespace.')
    expect(refusal(postLogin, method, [['a b', 'a']])).toBeUndefined()
  })
})

describe('a doubt of a call', () => {
  const method = {
    parameters: ['code'],
    doubt: (code: unknown) => (code === 'good' ? undefined : { text: `not ${code}`, hint: '' }),
  }

  it('is the first one, and only where every argument that is possible is doubtful', () => {
    expect(doubted(method, [['a', 'b']])?.text).toBe('not a')
    expect(doubted(method, [['a', 'good']])).toBeUndefined()
    expect(doubted(method, [])?.text).toBe('not undefined')
    expect(doubted({ parameters: ['code'] }, [['a']])).toBeUndefined()
  })
})

it('refuses nothing where there is too much to try', () => {
  const method = {
    returns: 'nothing',
    parameters: ['first', 'second'],
    run: () => {
      throw new Error('never')
    },
  } as const
  const many = (count: number) => Array.from({ length: count }, (_, index) => index)
  expect(refusal(postLogin, method, [many(10), many(100)])).toBe('never')
  expect(refusal(postLogin, method, [many(11), many(100)])).toBeUndefined()
})
