import { decodeJwt } from 'jose'
import { describe, expect, it } from 'vitest'
import { ACME, callbackOf, GRACE, startAcme, tokensOf } from '../acme.ts'

const answerOf = async (...args: Parameters<typeof callbackOf>) =>
  Object.fromEntries((await callbackOf(...args)).callback.searchParams)

describe('an organization', () => {
  it('is in both tokens of its member, by id, and by name too only where the tenant allows names', async () => {
    const tenant = await startAcme()
    const parameters = { organization: ACME.id }
    const tokens = await tokensOf(tenant, { parameters })
    for (const token of [tokens.access_token, tokens.id_token]) {
      expect(decodeJwt(token)).toMatchObject({ org_id: ACME.id })
      expect(decodeJwt(token)['org_name']).toBeUndefined()
    }
    tenant.state.settings.allow_organization_name_in_authentication_api = true
    const named = await tokensOf(tenant, { parameters: { organization: 'acme' } })
    expect(decodeJwt(named.access_token)).toMatchObject({ org_id: ACME.id, org_name: 'acme' })
  })

  it('is closed to users who are not its members, unless its connection takes them in', async () => {
    const tenant = await startAcme()
    const options = { ...GRACE, parameters: { organization: ACME.id } }
    const [, grace] = [...tenant.state.users.values()]
    expect(await answerOf(tenant, options)).toMatchObject({
      error: 'access_denied',
      error_description: `user ${grace!.user_id} is not part of the ${ACME.id} organization`,
    })
    const [connection] = tenant.state.connections.values()
    tenant.state.organizations.get(ACME.id)!.enabled_connections = [
      { connection_id: connection!.id, assign_membership_on_login: true },
    ]
    expect(await answerOf(tenant, options)).toHaveProperty('code')
  })

  it('must be absent where the app denies it, and present where the app requires it', async () => {
    const tenant = await startAcme()
    const shop = tenant.state.clients.get('shop')!
    shop.organization_usage = 'deny'
    expect(await answerOf(tenant, { parameters: { organization: ACME.id } })).toMatchObject({
      error: 'invalid_request',
      error_description: 'parameter organization is not allowed for this client',
    })
    shop.organization_usage = 'require'
    expect(await answerOf(tenant)).toMatchObject({
      error: 'invalid_request',
      error_description: 'parameter organization is required for this client',
    })
  })

  it('is asked for before the login where the app says so', async () => {
    const tenant = await startAcme()
    Object.assign(tenant.state.clients.get('shop')!, {
      organization_usage: 'require',
      organization_require_behavior: 'pre_login_prompt',
    })
    const tokens = await tokensOf(tenant, { organization: 'acme' })
    expect(decodeJwt(tokens.access_token)['org_id']).toBe(ACME.id)
    await expect(callbackOf(tenant, { organization: 'nobody' })).rejects.toThrow(/doesn't exist/)
    expect(await answerOf(tenant, { parameters: { prompt: 'none' } })).toMatchObject({
      error: 'interaction_required',
    })
  })

  it('is chosen after the login where the app says so: none, the only one, or one of several', async () => {
    const tenant = await startAcme()
    Object.assign(tenant.state.clients.get('shop')!, {
      organization_usage: 'require',
      organization_require_behavior: 'post_login_prompt',
    })
    expect(await answerOf(tenant, GRACE)).toMatchObject({
      error: 'invalid_request',
      error_description:
        'client requires organization membership, but user does not belong to any organization',
    })
    expect(decodeJwt((await tokensOf(tenant)).access_token)['org_id']).toBe(ACME.id)
    const [ada] = tenant.state.users.values()
    tenant.state.organizations.set('org_beta', { ...ACME, id: 'org_beta', name: 'beta' })
    tenant.state.memberships.push({ organization: 'beta', user_id: ada!.user_id, roles: [] })
    const chosen = await tokensOf(tenant, { organization: 'beta' })
    expect(decodeJwt(chosen.access_token)['org_id']).toBe('org_beta')
  })

  it('gives the roles that a member has only there', async () => {
    const tenant = await startAcme()
    const [, grace] = [...tenant.state.users.values()]
    tenant.state.memberships.push({ organization: 'acme', user_id: grace!.user_id, roles: ['manager'] })
    const inside = await tokensOf(tenant, { ...GRACE, parameters: { organization: ACME.id } })
    expect(decodeJwt(inside.access_token)['permissions']).toEqual(['read:orders', 'write:orders'])
    const outside = await tokensOf(tenant, GRACE)
    expect(decodeJwt(outside.access_token)['permissions']).toEqual(['read:orders'])
    const ada = await tokensOf(tenant, { parameters: { organization: ACME.id } })
    expect(decodeJwt(ada.access_token)['permissions']).toEqual([])
  })
})

describe('an invitation', () => {
  it('makes a member once', async () => {
    const tenant = await startAcme()
    const parameters = tenant.invite('acme', GRACE.username, ['manager'])
    const tokens = await tokensOf(tenant, { ...GRACE, parameters })
    expect(decodeJwt(tokens.access_token)).toMatchObject({
      org_id: ACME.id,
      permissions: ['read:orders', 'write:orders'],
    })
    expect(await answerOf(tenant, { ...GRACE, parameters })).toMatchObject({
      error: 'invalid_request',
      error_description: 'invalid_user_invitation_ticket: ticket has already been used',
    })
  })

  it('for another account is refused and used up', async () => {
    const tenant = await startAcme()
    const parameters = tenant.invite('acme', 'somebody@else.example')
    expect(await answerOf(tenant, { ...GRACE, parameters })).toMatchObject({
      error: 'access_denied',
      error_description: 'the specified account is not allowed to accept the current invitation',
    })
    expect(await answerOf(tenant, { ...GRACE, parameters })).toMatchObject({
      error_description: 'invalid_user_invitation_ticket: ticket has already been used',
    })
  })

  it('that nobody wrote, or without its organization, is refused', async () => {
    const tenant = await startAcme()
    const unknown = { invitation: 'x', organization: ACME.id }
    expect(await answerOf(tenant, { parameters: unknown })).toMatchObject({ error: 'invalid_request' })
    expect(await answerOf(tenant, { parameters: { invitation: 'x' } })).toMatchObject({
      error: 'invalid_request',
    })
  })
})
