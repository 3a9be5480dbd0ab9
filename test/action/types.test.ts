import type { PostLoginApi, PostLoginEvent } from 'auth0-claims/action'
import { describe, expectTypeOf, it } from 'vitest'

interface Access {
  'https://acme.example/plan': 'free' | 'team'
  'https://acme.example/roles': string[]
}
interface Id {
  'https://acme.example/region': string
}

describe('PostLoginApi of a contract', () => {
  it('takes declared names and values, and no others', () => {
    async function onExecutePostLogin(_event: PostLoginEvent, api: PostLoginApi<Access, Id>): Promise<void> {
      api.accessToken.setCustomClaim('https://acme.example/plan', 'team')
      api.accessToken
        .setCustomClaim('https://acme.example/roles', ['a'])
        .idToken.setCustomClaim('https://acme.example/region', 'eu')
      // @ts-expect-error a misspelt name
      api.accessToken.setCustomClaim('https://acme.example/plans', 'team')
      // @ts-expect-error a value that the contract does not have
      api.accessToken.setCustomClaim('https://acme.example/plan', 'gold')
      // @ts-expect-error a wrong type
      api.accessToken.setCustomClaim('https://acme.example/roles', 'admin')
      // @ts-expect-error a claim of the other token
      api.idToken.setCustomClaim('https://acme.example/plan', 'team')
      // @ts-expect-error addScope returns nothing to chain on
      api.accessToken.addScope('a').access
      // @ts-expect-error e-mail cannot be enrolled
      api.authentication.enrollWith({ type: 'email' })
    }
    expectTypeOf(onExecutePostLogin).returns.resolves.toBeVoid()
  })

  it('takes every name and value without a contract', () => {
    expectTypeOf<PostLoginApi['idToken']['setCustomClaim']>().toBeCallableWith('anything', { any: 'value' })
  })
})

describe('PostLoginEvent', () => {
  it('makes Actions guard what may be missing', () => {
    function read(event: PostLoginEvent): void {
      // @ts-expect-error there may be no authorization
      event.authorization.roles
      // @ts-expect-error there may be no organization
      event.organization.name
      // @ts-expect-error there may be no transaction
      event.transaction.protocol
      event.user.app_metadata['plan']
      event.session?.id
    }
    expectTypeOf(read).toBeFunction()
  })
})
