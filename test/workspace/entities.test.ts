import { describe, expect, it } from 'vitest'
import { entitiesOf } from '../../lib/workspace/index.ts'

describe('the entities of tenant.yaml', () => {
  it('are read with the names of the wire, in their order', () => {
    const { clients, resourceServers } = entitiesOf({
      clients: [
        { name: 'Shop', app_type: 'spa', callbacks: ['https://shop.acme.example/'] },
        { name: 'CLI', grant_types: ['refresh_token'], refresh_token: { rotation_type: 'rotating' } },
      ],
      resourceServers: [{ identifier: 'https://orders.acme.example/', scopes: [{ value: 'read:orders' }] }],
    })
    expect(clients).toEqual([
      { name: 'Shop', app_type: 'spa', callbacks: ['https://shop.acme.example/'], unread: new Set() },
      {
        name: 'CLI',
        grant_types: ['refresh_token'],
        refresh_token: { rotation_type: 'rotating' },
        unread: new Set(),
      },
    ])
    expect(resourceServers?.[0]?.scopes).toEqual([{ value: 'read:orders' }])
  })

  it('are absent where tenant.yaml does not list their type', () => {
    expect(entitiesOf({ clients: [] })).toEqual({ clients: [] })
  })

  it.each([
    ['clients', 'callbacks', '@@CALLBACKS@@'],
    ['clients', 'app_type', '##TYPE##'],
    ['clients', 'refresh_token', '@@ROTATION@@'],
    ['resourceServers', 'scopes', '@@SCOPES@@'],
    ['resourceServers', 'scopes', ['read:orders']],
    ['resourceServers', 'token_lifetime', '##SECONDS##'],
    ['roles', 'permissions', [{ resource_server_identifier: 'https://orders.acme.example/' }]],
    ['organizations', 'connections', '@@CONNECTIONS@@'],
  ] as const)('of %s leave out "%s" where it is %j, and say so', (type, member, value) => {
    const [entity] = entitiesOf({ [type]: [{ [member]: value }] })[type]!
    expect(entity).not.toHaveProperty(member)
    expect([...entity!.unread]).toEqual([member])
  })

  it('take a number without quotes as text, as the deploy CLI does, and null as missing', () => {
    const [client] = entitiesOf({ clients: [{ name: 7, callbacks: null }] }).clients!
    expect(client).toEqual({ name: '7', unread: new Set() })
  })
})
