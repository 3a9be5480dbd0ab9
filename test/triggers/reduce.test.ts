import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { postLoginEvent, SITUATIONS, situation } from '../../lib/simulator/index.ts'
import { postLogin } from '../../lib/triggers/index.ts'
import type { LoginState } from '../../lib/triggers/login-state.ts'
import { type RecordedCall, reduceCalls, shownEvent } from '../../lib/triggers/reduce.ts'
import { methodsByPath } from '../../lib/triggers/trigger.ts'

const call = (method: string, ...args: unknown[]): RecordedCall => ({ action: 'a', method, args })
const stateOf = (calls: RecordedCall[], event = postLoginEvent()) => reduceCalls(postLogin, event, calls)

describe('what Actions have asked for', () => {
  it.each<[string, RecordedCall[], LoginState]>([
    ['nothing', [], {}],
    [
      'the last value of each claim',
      [
        call('idToken.setCustomClaim', 'x', 1),
        call('accessToken.setCustomClaim', 'x', 2),
        call('idToken.setCustomClaim', 'x', 3),
        call('idToken.setCustomClaim', 'y', 1),
        call('idToken.setCustomClaim', 'y', { $undefined: true }),
      ],
      { claims: { id_token: { x: 3 }, access_token: { x: 2 } } },
    ],
    [
      'scopes in the order in which they were named, each by its last call',
      [
        call('accessToken.addScope', 'b'),
        call('accessToken.addScope', ' a '),
        call('accessToken.removeScope', 'b'),
      ],
      {
        scopes: [
          { scope: 'b', operation: 'remove' },
          { scope: 'a', operation: 'add' },
        ],
      },
    ],
    [
      'the earliest end, and the end of the session',
      [
        call('session.setExpiresAt', 9),
        call('session.setExpiresAt', 5),
        call('session.setExpiresAt', 7),
        call('session.revoke', 'why', { preserveRefreshTokens: true }),
      ],
      {
        session: { expiresAt: 5, revoked: { reason: 'why', preserveRefreshTokens: true } },
        denial: { call: 3, reason: 'why' },
      },
    ],
    [
      'the first denial',
      [call('validation.error', 'code', 'text'), call('access.deny', 'later')],
      { denial: { call: 0, reason: 'text', code: 'code' } },
    ],
    [
      'second factors in order',
      [
        call('multifactor.enable', 'any', { allowRememberBrowser: false }),
        call('authentication.challengeWith', {}),
      ],
      {
        factors: [
          { call: 0, kind: 'policy', provider: 'any', allowRememberBrowser: false },
          { call: 1, kind: 'challenge' },
        ],
      },
    ],
    [
      'metadata of a refresh token that does not exist yet, from several Actions',
      [call('refreshToken.setMetadata', 'a', '1'), call('refreshToken.setMetadata', 'b', '2')],
      { refreshToken: { metadata: { a: '1', b: '2' } } },
    ],
    ['nothing where the call threw', [{ ...call('access.deny', 'x'), threw: 'no' }], {}],
    ['nothing by a method that does not exist', [call('access.toString'), call('__proto__.deny', 'x')], {}],
  ])('is %s', (_, calls, expected) => {
    expect(stateOf(calls)).toEqual(expected)
  })

  it('is the same whether calls are reduced at once or one Action after another', () => {
    const calls = [
      call('transaction.setMetadata', 'a', 1),
      call('accessToken.addScope', 'b'),
      call('user.setAppMetadata', 'k', 'v'),
      call('multifactor.enable', 'any'),
      call('transaction.setMetadata', 'c', 2),
      call('accessToken.removeScope', 'b'),
    ]
    const event = postLoginEvent()
    const first = reduceCalls(postLogin, event, calls.slice(0, 4))
    const kept = structuredClone(first)
    expect(reduceCalls(postLogin, event, calls, first, 4)).toEqual(stateOf(calls))
    expect(first).toEqual(kept)
  })
})

/** JSON as a process that cannot be trusted would write it down. */
const anything = fc.oneof(
  fc.jsonValue(),
  fc.constant({ toString: 1, valueOf: 2 }),
  fc.constant(JSON.parse('{"__proto__":{"x":1}}')),
)
const methods = [...methodsByPath(postLogin).keys()]

describe('calls of a hostile process', () => {
  it('neither throw nor reach a prototype nor change the event, whatever their arguments', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...SITUATIONS),
        fc.array(
          fc.record({ method: fc.constantFrom(...methods), args: fc.array(anything, { maxLength: 3 }) }),
          {
            maxLength: 8,
          },
        ),
        (name, given) => {
          const event = situation(name)
          const before = structuredClone(event)
          const state = stateOf(
            given.map((one) => ({ ...one, action: 'a' })),
            event,
          )
          const next = shownEvent(postLogin, event, state)
          expect(event).toEqual(before)
          expect(JSON.parse(JSON.stringify(state))).toEqual(state)
          expect(next).toBeTypeOf('object')
          expect(Object.hasOwn(Object.prototype, 'x')).toBe(false)
        },
      ),
      { numRuns: 500 },
    )
  })
})
