import { describe, expect, it } from 'vitest'
import type { CredentialsExchangeApi, CredentialsExchangeEvent } from '../../lib/action/index.ts'
import { createInProcessRuntime } from '../../lib/runtime/index.ts'
import { credentialsExchange } from '../../lib/triggers/index.ts'
import { reduceCalls, shownEvent } from '../../lib/triggers/reduce.ts'

const { execute } = credentialsExchange.handlers

const machineEvent = (): Omit<CredentialsExchangeEvent, 'secrets'> => ({
  accessToken: { customClaims: {}, scope: ['read:orders'] },
  client: { client_id: 'c', name: 'nightly', metadata: {} },
  request: { ip: '192.0.2.1', method: 'POST', body: { grant_type: 'client_credentials' }, geoip: {} },
  resource_server: { identifier: 'https://api.acme.example/' },
  tenant: { id: 'acme' },
  transaction: { requested_scopes: [] },
})

async function run(body: (api: CredentialsExchangeApi, event: CredentialsExchangeEvent) => unknown) {
  let outcome: unknown
  const runtime = createInProcessRuntime({
    machine: {
      [execute]: async (event: CredentialsExchangeEvent, api: CredentialsExchangeApi) => {
        try {
          const value = body(api, event)
          outcome = value === api ? 'api' : value
        } catch (error) {
          outcome = error
        }
      },
    },
  })
  const event = machineEvent()
  const { commands, error } = await runtime.run({
    action: { name: 'machine', code: '', file: 'machine.js', secrets: {} },
    handler: execute,
    event,
  })
  const calls = commands.map((command) => ({ ...command, action: 'machine' }))
  const state = reduceCalls(credentialsExchange, event, calls)
  return { outcome, state, commands, error, next: shownEvent(credentialsExchange, event, state) }
}

describe('a run of a machine Action', () => {
  it('has the areas that the reference names, and no other', async () => {
    const { outcome } = await run((api) => Object.keys(api))
    expect(outcome).toEqual(['access', 'accessToken', 'cache', 'transaction'])
  })

  it('is refused with the code before the reason, which may be left out', async () => {
    const both = await run((api) => api.access.deny('invalid_scope', 'closed'))
    expect(both.outcome).toBe('api')
    expect(both.state.denial).toEqual({ call: 0, code: 'invalid_scope', reason: 'closed' })
    const alone = await run((api) => api.access.deny('server_error'))
    expect(alone.state.denial).toEqual({ call: 0, code: 'server_error', reason: '' })
    expect(alone.commands[0]!.args).toEqual(['server_error'])
  })

  it('sets claims on the access token, and the call takes any name', async () => {
    const { outcome, state } = await run((api) => api.accessToken.setCustomClaim('scope', 1))
    expect(outcome).toBe('api')
    expect(state.claims).toEqual({ access_token: { scope: 1 } })
  })

  it('starts the target scopes from those of the token, and shows each change at once', async () => {
    const { outcome, state, next } = await run((api, event) => {
      api.transaction.addTargetScope(' write:orders ')
      const shown = event.transaction.target_scopes
      api.transaction.removeTargetScope('read:orders')
      return shown
    })
    expect(outcome).toEqual(['read:orders', 'write:orders'])
    expect(state.targetScopes).toEqual(['write:orders'])
    expect(next.transaction).toEqual({ requested_scopes: [], target_scopes: ['write:orders'] })
  })

  it.each<[string, (api: CredentialsExchangeApi) => unknown]>([
    ['The value for the scope must be a string.', (api) => api.transaction.addTargetScope(5 as never)],
    ['The value for the scope is required.', (api) => api.transaction.addTargetScope('')],
    ['The value for the scope must not have whitespace.', (api) => api.transaction.removeTargetScope('a b')],
    ['The value for scopes must be an array.', (api) => api.transaction.setTargetScopes('x' as never)],
    [
      'The number of scopes exceeds the allowed maximum of 1000.',
      (api) => api.transaction.setTargetScopes(Array.from({ length: 1001 }, (_, index) => `s${index}`)),
    ],
  ])('throws: %s', async (message, call) => {
    const { outcome } = await run(call)
    expect((outcome as Error).message).toBe(message)
  })
})
