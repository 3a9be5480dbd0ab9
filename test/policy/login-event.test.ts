import { describe, expect, it } from 'vitest'
import { type EventFacts, loginEvent, profileDefaults } from '../../lib/policy/index.ts'

const facts: EventFacts = {
  protocol: 'oidc-basic-profile',
  tenant: 'acme',
  application: { client_id: 'app', name: 'App' },
  connection: { id: 'con_1', name: 'Users' },
  user: {
    user_id: 'auth0|1',
    email_verified: true,
    created_at: '2026-01-01T00:00:00.000Z',
    updated_at: '2026-01-01T00:00:00.000Z',
  },
  loginsCount: 1,
  roles: [],
  request: { ip: '127.0.0.1', hostname: 'a.example', method: 'GET', query: {}, body: {}, geoip: {} },
}
const session = {
  id: 's',
  user_id: 'auth0|1',
  created_at: 0,
  authenticated_at: 1000,
  last_interacted_at: 2000,
  ends: {},
  clients: ['other'],
  methods: [{ name: 'pwd', timestamp: '1970-01-01T00:00:01.000Z' }],
}
const token = {
  id: 'rt',
  user_id: 'auth0|1',
  created_at: 0,
  rotating: true,
  ends: {},
  scopes: ['openid', 'read'],
}

describe('the event of a login', () => {
  it('has no session, organization or API that there is none of', () => {
    const event = loginEvent(facts)
    for (const member of ['session', 'authentication', 'organization', 'resource_server', 'refresh_token']) {
      expect(event).not.toHaveProperty(member)
    }
    expect(event.transaction).toEqual({ protocol: 'oidc-basic-profile', target_scopes: [], metadata: {} })
    expect(event.user).toMatchObject({ user_metadata: {}, app_metadata: {}, identities: [{ user_id: '1' }] })
  })

  it('shows what the application sent, and only that', () => {
    const authorization = { id: 't', requested_scopes: ['openid'], prompt: ['none'] }
    const bare = loginEvent({ ...facts, authorization }).transaction
    expect(bare).toMatchObject({ id: 't', target_scopes: ['openid'], prompt: ['none'], ui_locales: [] })
    expect(bare).not.toHaveProperty('acr_values')
    expect(
      loginEvent({
        ...facts,
        authorization: { ...authorization, acr_values: ['mfa'], ui_locales: ['it'] },
      }).transaction,
    ).toEqual({ ...bare, acr_values: ['mfa'], ui_locales: ['it'] })
  })

  it.each([
    'auth_session',
    'authn_response',
    'client_secret',
    'client_assertion',
    'refresh_token',
    'password',
    'csrf',
  ])('never shows %s of a request', (name) => {
    const { query, body } = loginEvent({
      ...facts,
      request: { ...facts.request, query: { [name]: 'x', a: '1' }, body: { [name]: 'x', b: '2' } },
    }).request
    expect([query, body]).toEqual([{ a: '1' }, { b: '2' }])
  })

  it('names the application that logs in among those of the session', () => {
    const event = loginEvent({ ...facts, session })
    expect(event.session).toMatchObject({
      clients: [{ client_id: 'other' }, { client_id: 'app' }],
      cookie: { mode: 'persistent' },
      metadata: {},
      authenticated_at: '1970-01-01T00:00:01.000Z',
      last_interacted_at: '1970-01-01T00:00:02.000Z',
    })
    expect(event.session).not.toHaveProperty('expires_at')
    const again = {
      ...session,
      clients: ['app'],
      cookieMode: 'non-persistent',
      ends: { expires_at: 3000 },
    } as const
    expect(loginEvent({ ...facts, session: again }).session).toMatchObject({
      clients: [{ client_id: 'app' }],
      cookie: { mode: 'non-persistent' },
      expires_at: '1970-01-01T00:00:03.000Z',
    })
  })

  it('of a refresh shows the token and no session', () => {
    const event = loginEvent({ ...facts, session, refresh: { token, scopes: ['read'] } })
    expect(event).not.toHaveProperty('session')
    expect(event).not.toHaveProperty('authentication')
    expect(event.transaction?.target_scopes).toEqual(['read'])
    expect(event.refresh_token).toMatchObject({ client_id: 'app', rotating: true, resource_servers: [] })
    for (const member of ['session_id', 'last_exchanged_at', 'expires_at', 'idle_expires_at']) {
      expect(event.refresh_token).not.toHaveProperty(member)
    }
    const used = {
      ...token,
      audience: 'https://a/',
      last_exchanged_at: 5000,
      ends: { idle_expires_at: 6000 },
    }
    expect(loginEvent({ ...facts, refresh: { token: used, scopes: [] } }).refresh_token).toMatchObject({
      resource_servers: [{ audience: 'https://a/', scopes: 'openid read' }],
      last_exchanged_at: '1970-01-01T00:00:05.000Z',
      idle_expires_at: '1970-01-01T00:00:06.000Z',
    })
  })

  it('shows an end past the last possible date as that date', () => {
    const endless = { ...session, ends: { expires_at: Number.MAX_VALUE } }
    expect(loginEvent({ ...facts, session: endless }).session?.expires_at).toBe('+275760-09-13T00:00:00.000Z')
  })

  it('calls an organization by its name where it has no other', () => {
    const name = (organization: NonNullable<EventFacts['organization']>) =>
      loginEvent({ ...facts, organization }).organization
    expect(name({ id: 'org_1', name: 'acme' })).toEqual({
      id: 'org_1',
      name: 'acme',
      display_name: 'acme',
      metadata: {},
    })
    expect(name({ id: 'org_1', name: 'acme', display_name: 'Acme' })?.display_name).toBe('Acme')
  })

  it('shares nothing with the facts', () => {
    const user = { ...facts.user, app_metadata: { plan: { name: 'team' } } }
    const event = loginEvent({ ...facts, user })
    ;(event.user.app_metadata as typeof user.app_metadata).plan.name = 'changed'
    expect(user.app_metadata.plan.name).toBe('team')
  })
})

describe('the profile of a user', () => {
  it('is made of the email, where nothing else is set', () => {
    expect(profileDefaults({ email: 'Ada@acme.example' })).toEqual({
      email: 'Ada@acme.example',
      email_verified: true,
      name: 'Ada@acme.example',
      nickname: 'Ada',
      picture: 'https://cdn.auth0.com/avatars/ad.png',
    })
    expect(profileDefaults({ email: '1a@acme.example' }).picture).toContain('/us.png')
  })

  it('is what is set', () => {
    const set = {
      email: 'a@b',
      email_verified: false,
      name: 'Ada',
      nickname: 'ada',
      picture: 'https://a/b.png',
    }
    expect(profileDefaults(set)).toEqual(set)
  })
})
