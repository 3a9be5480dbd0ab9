import { decodeJwt } from 'jose'
import { parse } from 'node-html-parser'
import { CookieJar } from 'tough-cookie'
import { describe, expect, it } from 'vitest'
import { logIn } from '../../../lib/oauth/index.ts'
import type { Tenant } from '../../../lib/tenant/index.ts'
import { begin, CALLBACK, post, startAcme, tokensOf } from '../acme.ts'

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
    ['a user name that is taken', { username: 'ADA@acme.example' }, 'invalid_signup'],
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

  const signUp = async (tenant: Tenant, more: object) => {
    const response = await fetch(`${tenant.url}/dbconnections/signup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...NEW, ...more }),
    })
    return { status: response.status, body: await response.json() }
  }
  const many = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, 'v']))

  it('takes the profile and user_metadata that the app sends, as the SDKs do, and answers them', async () => {
    const tenant = await startAcme()
    const said = {
      given_name: 'Nell',
      family_name: 'New',
      nickname: 'nell',
      user_metadata: { plan: 'silver' },
    }
    const more = {
      ...said,
      email_verified: true,
      user_id: 'auth0|1',
      roles: 'orders-manager',
      blocked: false,
    }
    const { status, body } = await signUp(tenant, more)
    expect(status).toBe(200)
    expect(body).toEqual({ _id: expect.any(String), email: NEW.email, email_verified: false, ...said })
    const user = [...tenant.state.users.values()].at(-1)
    expect(user).toMatchObject({ ...said, app_metadata: {}, roles: [], email_verified: false })
    expect(user!.user_id).not.toBe('auth0|1')
  })

  it.each([
    ['metadata that is a text', { user_metadata: '{"a":"b"}' }],
    ['metadata that is a list', { user_metadata: ['a'] }],
    ['an eleventh property', { user_metadata: many(11) }],
    ['a value that is no text', { user_metadata: { a: { b: 1 } } }],
    ['a long value', { user_metadata: { a: 'x'.repeat(501) } }],
    ['a long name in metadata', { user_metadata: { ['x'.repeat(101)]: 'a' } }],
    ['a long name', { given_name: 'x'.repeat(151) }],
    ['app_metadata', { app_metadata: { plan: 'enterprise' } }],
    ['an address with a character of a terminal', { email: 'a\u001b[31m@acme.example' }],
    ['an address with a null', { email: 'ada@acme.example\0' }],
    ['an address with a character that nobody sees', { email: 'ada\u200b@acme.example' }],
  ])('refuses %s', async (_, fields) => {
    const tenant = await startAcme()
    expect((await signUp(tenant, fields)).status).toBe(400)
    expect(tenant.state.users.size).toBe(2)
  })

  it('makes one user of two signups at once', async () => {
    const tenant = await startAcme()
    const answers = await Promise.all([1, 2].map(() => post(tenant, '/dbconnections/signup', NEW)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400])
  })
})

describe('/u/signup', () => {
  const SIGNUP = { parameters: { screen_hint: 'signup' } }
  const LINUS = { username: 'linus@acme.example', password: 'his own' }
  const titleAt = async (url: URL) => (await logIn(url, CALLBACK, LINUS)).steps.map(({ title }) => title)

  it('is shown to whoever has no session yet, and logs the new user in', async () => {
    const tenant = await startAcme()
    const jar = new CookieJar(undefined, { allowSpecialUseDomain: true })
    const tokens = await tokensOf(tenant, { ...SIGNUP, ...LINUS, jar })
    expect(decodeJwt(tokens.id_token)).toMatchObject({ email: LINUS.username, email_verified: false })
    expect(tenant.log.map(({ type }) => type)).toEqual(['ss', 's', 'seacft'])
    // With the session there is nothing to show.
    const again = await logIn(begin(tenant, SIGNUP).url, CALLBACK, { ...LINUS, jar })
    expect(again.steps).toHaveLength(1)
    const anew = begin(tenant, { parameters: { screen_hint: 'signup', prompt: 'login' } })
    await expect(logIn(anew.url, CALLBACK, { ...LINUS, jar })).rejects.toThrow('The user already exists')
  })

  it('takes the address that the app hints at, escaped', async () => {
    const tenant = await startAcme()
    const { url } = begin(tenant, { parameters: { screen_hint: 'signup', login_hint: '"><b>@x' } })
    const start = await fetch(url, { redirect: 'manual' })
    const cookie = start.headers.getSetCookie().map((text) => text.split(';')[0])
    const page = parse(
      await (
        await fetch(new URL(start.headers.get('location')!, tenant.url), {
          headers: { cookie: cookie.join('; ') },
        })
      ).text(),
    )
    expect(page.querySelector('#email')!.getAttribute('value')).toBe('"><b>@x')
    expect(page.querySelector('a')!.getAttribute('href')).toMatch(/^\/u\/login\?state=/)
  })

  it.each([
    ['no address', { username: 'nobody' }, 'Enter an email address'],
    ['a taken address', { username: 'Ada@acme.example' }, 'The user already exists'],
    ['no password', { password: '' }, 'Enter a password'],
  ])('asks again with %s', async (_, fields, text) => {
    const tenant = await startAcme()
    const { url } = begin(tenant, SIGNUP)
    await expect(logIn(url, CALLBACK, { ...LINUS, ...fields })).rejects.toThrow(text)
    expect(tenant.state.users.size).toBe(2)
  })

  it('is closed where the database connection says so: the login page is shown instead', async () => {
    const tenant = await startAcme()
    const [database] = tenant.state.connections.values()
    database!.options = { disable_signup: true }
    const { url } = begin(tenant, SIGNUP)
    await expect(titleAt(url)).rejects.toThrow('Wrong email or password')
    expect(await post(tenant, '/dbconnections/signup', NEW)).toMatchObject({
      status: 400,
      body: { error: 'public_signup_disabled' },
    })
    expect(tenant.state.users.size).toBe(2)
  })
})
