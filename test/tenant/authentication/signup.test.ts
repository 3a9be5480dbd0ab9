import { describe, expect, it } from 'vitest'
import { post, startAcme, tokensOf } from '../acme.ts'

const NEW = {
  client_id: 'shop',
  email: 'new@acme.example',
  password: 'a new password',
  connection: 'Username-Password-Authentication',
}

describe('/dbconnections/signup', () => {
  it('makes a user who can log in, with an address that is not verified', async () => {
    const tenant = await startAcme()
    const { status, body } = await post(tenant, '/dbconnections/signup', NEW)
    expect(status).toBe(200)
    expect(body).toEqual({
      _id: expect.stringMatching(/^[0-9a-f]{24}$/),
      email: NEW.email,
      email_verified: false,
    })
    const tokens = await tokensOf(tenant, { username: NEW.email, password: NEW.password })
    expect(tokens.scope).toBe('openid profile email offline_access')
    expect(JSON.stringify([...tenant.state.users.values()])).not.toContain(NEW.password)
  })

  it.each([
    ['an address that is taken', { email: 'ADA@acme.example' }, 'invalid_signup'],
    ['something that is no address', { email: 'nobody' }, 'invalid_signup'],
    ['another connection', { connection: 'google-oauth2' }, 'invalid_signup'],
    ['no password', { password: undefined }, 'invalid_request'],
    ['an unknown client', { client_id: 'nobody' }, 'invalid_request'],
  ])('refuses %s', async (_, fields, error) => {
    const tenant = await startAcme()
    expect(await post(tenant, '/dbconnections/signup', { ...NEW, ...fields })).toMatchObject({
      status: 400,
      body: { error },
    })
    expect(tenant.state.users.size).toBe(2)
  })

  it('makes one user of two signups at once', async () => {
    const tenant = await startAcme()
    const answers = await Promise.all([1, 2].map(() => post(tenant, '/dbconnections/signup', NEW)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400])
  })
})
