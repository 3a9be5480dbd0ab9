import { expect, it } from 'vitest'
import { RESTRICTED_CLAIMS } from '../../lib/claims/index.ts'
import { createInProcessRuntime } from '../../lib/runtime/index.ts'
import { postLoginEvent, runTrigger, settleTokens, tokenContextOf } from '../../lib/simulator/index.ts'
import { postLogin } from '../../lib/triggers/index.ts'
import fc from '../helpers/fast-check.ts'

const name = fc.oneof(
  fc.constantFrom(...RESTRICTED_CLAIMS),
  fc.constantFrom('scope', 'email', 'phone_number', '$a', 'urn:auth0:x', 'urn:acme:x', '__proto__', ''),
  // Often the same few, so that writes overwrite each other.
  { weight: 5, arbitrary: fc.constantFrom('https://acme.example/a', 'plan', 'https://login.auth0.com/a') },
  fc.string({ maxLength: 8 }),
)
const write = fc.record({
  token: fc.constantFrom('idToken', 'accessToken'),
  name,
  value: fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constant(undefined)),
})
const ending = fc.oneof(
  { weight: 6, arbitrary: fc.constant('return') },
  fc.constantFrom('deny', 'throw', 'redirect'),
)
const actions = fc.array(fc.record({ writes: fc.array(write, { maxLength: 6 }), ending }), {
  minLength: 1,
  maxLength: 3,
})
const audience = fc.constantFrom(undefined, 'https://api.example/', 'https://acme.auth0.com/api/v2/')

it('gives every write exactly one verdict, which the tokens bear out', async () => {
  await fc.assert(
    fc.asyncProperty(actions, audience, async (bodies, identifier) => {
      const event = postLoginEvent(identifier === undefined ? {} : { resource_server: { identifier } })
      let calls = 0
      const handlers = bodies.map(({ writes, ending: how }) => ({
        // biome-ignore lint/suspicious/noExplicitAny: names and values of any kind
        async onExecutePostLogin(_event: unknown, api: any) {
          for (const { token, name: claim, value } of writes) {
            calls++
            try {
              api[token].setCustomClaim(claim, value)
            } catch {}
          }
          if (how === 'deny') api.access.deny('no')
          if (how === 'redirect') api.redirect.sendUserTo('https://x.example/')
          if (how === 'throw') throw new Error('failed')
        },
      }))
      const named = Object.fromEntries(handlers.map((handler, index) => [`a${index}`, handler]))
      const pipeline = await runTrigger(postLogin, {
        actions: Object.keys(named).map((key) => ({ name: key, code: '', file: key, secrets: {} })),
        event,
        runtime: createInProcessRuntime(named),
      })
      const { writes, idToken, accessToken, idTokenClaims, accessTokenClaims } = settleTokens(
        pipeline,
        tokenContextOf(event),
      )

      expect(writes).toHaveLength(calls)
      for (const { verdict, token, claim, value } of writes) {
        expect(['kept', 'overwritten', 'dropped', 'refused', 'discarded']).toContain(verdict)
        if (verdict !== 'kept') continue
        expect(pipeline.outcome).toBe('allowed')
        const payload = token === 'id_token' ? idToken : accessToken
        if (payload !== undefined) expect(JSON.stringify(payload[claim])).toBe(JSON.stringify(value))
      }
      const kept = (token: string) =>
        writes.filter((entry) => entry.verdict === 'kept' && entry.token === token).map(({ claim }) => claim)
      // No claim is kept twice, and none gets into a token without a write that says so.
      expect(kept('id_token').sort()).toEqual(Object.keys(idTokenClaims).sort())
      expect(kept('access_token').sort()).toEqual(Object.keys(accessTokenClaims).sort())
    }),
    { seed: 4, numRuns: 300 },
  )
})
