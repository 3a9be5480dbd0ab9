import { describe, expect, it } from 'vitest'
import { createInProcessRuntime } from '../../lib/runtime/index.ts'
import { type Login, loginFor, loginOfEvent, simulateLogin } from '../../lib/simulator/index.ts'
import { postLoginEvent, situation } from '../../lib/testing.ts'
import type { Workspace } from '../../lib/workspace/index.ts'

const API = 'https://api.example/'
const AUTH0 = 'https://acme.auth0.com/api/v2/'

/** A tenant with RBAC, an application with a grant of three scopes, a partner's, and a user who may read and write. */
const workspace = {
  tenant: {
    clients: [
      { name: 'Shop', client_id: 'shop' },
      { name: 'Partner', client_id: 'partner', is_first_party: false },
    ],
    resourceServers: [
      {
        identifier: API,
        enforce_policies: true,
        scopes: ['read', 'write', 'delete', 'export'].map((value) => ({ value })),
      },
      { identifier: AUTH0, scopes: [{ value: 'read:users' }] },
    ],
    clientGrants: [
      { client_id: 'Shop', audience: API, subject_type: 'user', scope: ['read', 'delete', 'export'] },
      { client_id: 'Partner', audience: API, subject_type: 'user', scope: ['read'] },
    ],
    roles: [
      {
        name: 'editor',
        permissions: ['read', 'write', 'export'].map((permission_name) => ({
          permission_name,
          resource_server_identifier: API,
        })),
      },
    ],
  },
  keywords: {},
  local: { users: [{ email: 'ada@acme.example', password: 'x', roles: ['editor'] }] },
} as unknown as Workspace

// biome-ignore lint/suspicious/noExplicitAny: Actions in JavaScript have no types
type Body = (api: any) => void

async function trace(body: Body, login: Login = loginFor(workspace, { scope: 'openid read' })) {
  const runtime = createInProcessRuntime({
    a: { onExecutePostLogin: async (_: unknown, api: unknown) => body(api) },
  })
  const actions = [{ name: 'a', code: '', file: 'a.js', secrets: {} }]
  const { tokens, scopeTrace } = await simulateLogin(login, { actions, runtime })
  const shown = scopeTrace.map(({ by, operation, scope, verdict, rule }) =>
    [by.replace(/^.*\./, ''), operation === 'add' ? '+' : '-', scope, verdict, rule]
      .filter(Boolean)
      .join(' '),
  )
  return { shown, scopes: tokens.scopes, scopeTrace }
}

describe('the trace of scopes', () => {
  it('says of each scope that was asked for whether it is granted, and why not', async () => {
    const login = loginFor(workspace, { scope: 'openid offline_access read write delete fly' })
    const { shown, scopes, scopeTrace } = await trace(() => {}, login)
    expect(shown).toEqual([
      'request + openid kept',
      'request + offline_access dropped scopes/no-refresh',
      'request + read kept',
      'request + write dropped scopes/no-client-grant',
      'request + delete dropped scopes/not-permitted',
      'request + fly dropped scopes/not-defined',
    ])
    expect(scopes).toEqual(['openid', 'read'])
    for (const { verdict, reason, source } of scopeTrace) {
      if (verdict === 'dropped')
        expect([reason, source]).toEqual([expect.stringMatching(/\.$/), expect.any(String)])
    }
  })

  it.each<[what: string, body: Body, expected: string[], scopes: string[]]>([
    [
      'scopes that are forced on and off',
      (api) => {
        api.accessToken.addScope(' fly ')
        api.accessToken.removeScope('read')
      },
      [
        'request + openid kept',
        'request + read overwritten',
        'addScope + fly kept',
        'removeScope - read kept',
      ],
      ['openid', 'fly'],
    ],
    [
      'a later call that takes back an earlier one',
      (api) => {
        api.accessToken.addScope('fly')
        api.accessToken.removeScope('fly')
        api.accessToken.addScope('swim')
        api.accessToken.addScope('swim')
      },
      [
        'request + openid kept',
        'request + read kept',
        'addScope + fly overwritten',
        'removeScope - fly kept',
        'addScope + swim kept',
        'addScope + swim kept',
      ],
      ['openid', 'read', 'swim'],
    ],
    [
      'target scopes, which go through policy',
      (api) => {
        api.transaction.addTargetScope('export')
        api.transaction.addTargetScope('delete')
        api.transaction.addTargetScope('write')
        api.transaction.addTargetScope('fly')
        api.transaction.removeTargetScope('read')
      },
      [
        'request + openid kept',
        'request + read overwritten',
        'addTargetScope + export kept',
        'addTargetScope + delete dropped scopes/not-permitted',
        'addTargetScope + write dropped scopes/no-client-grant',
        'addTargetScope + fly dropped scopes/not-defined',
        'removeTargetScope - read kept',
      ],
      ['openid', 'export'],
    ],
    [
      'all target scopes at once',
      (api) => api.transaction.setTargetScopes(['openid', 'export']),
      [
        'request + openid kept',
        'request + read overwritten',
        'setTargetScopes + openid kept',
        'setTargetScopes + export kept',
        'setTargetScopes - read kept',
      ],
      ['openid', 'export'],
    ],
    [
      'none of them',
      (api) => api.transaction.clearTargetScopes(),
      [
        'request + openid overwritten',
        'request + read overwritten',
        'clearTargetScopes - openid kept',
        'clearTargetScopes - read kept',
      ],
      [],
    ],
    [
      'force, which wins over the set of targets in any order',
      (api) => {
        api.accessToken.addScope('fly')
        api.transaction.removeTargetScope('fly')
      },
      [
        'request + openid kept',
        'request + read kept',
        'addScope + fly kept',
        'removeTargetScope - fly overwritten',
      ],
      ['openid', 'read', 'fly'],
    ],
    [
      'calls that throw',
      (api) => {
        for (const scope of ['a b', 1]) {
          try {
            api.accessToken.addScope(scope)
          } catch {}
        }
        try {
          api.transaction.setTargetScopes('read')
        } catch {}
      },
      [
        'request + openid kept',
        'request + read kept',
        'addScope + a b refused',
        'addScope + 1 refused',
        'setTargetScopes + "read" refused',
      ],
      ['openid', 'read'],
    ],
  ])('tells of %s', async (_what, body, expected, scopes) => {
    const traced = await trace(body)
    expect(traced.shown).toEqual(expected)
    expect(traced.scopes).toEqual(scopes)
  })

  it('says that force gives what policy does not', async () => {
    const login = loginFor(workspace, { scope: 'openid delete' })
    const { shown, scopes, scopeTrace } = await trace((api) => api.accessToken.addScope('delete'), login)
    expect(shown).toEqual(['request + openid kept', 'request + delete overwritten', 'addScope + delete kept'])
    expect(scopes).toEqual(['openid', 'delete'])
    expect(scopeTrace[1]?.reason).toMatch(/^accessToken.addScope of "a" \(.+:\d+\) decides\.$/)
  })

  it('says what is ignored: on an API of Auth0, and for an application of somebody else', async () => {
    const body: Body = (api) => {
      api.accessToken.addScope('read:users')
      api.accessToken.removeScope('openid')
    }
    const own = await trace(body, loginFor(workspace, { audience: AUTH0, scope: 'openid' }))
    expect(own.shown.slice(1)).toEqual([
      'addScope + read:users dropped scopes/ignored',
      'removeScope - openid dropped scopes/ignored',
    ])
    const partner = await trace(body, loginFor(workspace, { client: 'Partner', scope: 'openid read' }))
    expect(partner.shown).toEqual([
      'request + openid dropped scopes/third-party',
      'request + read kept',
      'addScope + read:users dropped scopes/ignored',
      'removeScope - openid kept',
    ])
    expect(partner.scopes).toEqual(['read'])
  })

  it.each(['samlp', 'wsfed', 'oidc-ciba'] as const)(
    'says that %s ignores target scopes',
    async (protocol) => {
      const event = postLoginEvent({ transaction: { protocol } })
      const { shown, scopeTrace } = await trace((api) => {
        api.transaction.removeTargetScope('email')
        api.accessToken.addScope('fly')
      }, loginOfEvent(event))
      expect(shown.slice(-3)).toEqual([
        'request + email kept',
        'removeTargetScope - email dropped scopes/no-target-scopes',
        'addScope + fly kept',
      ])
      expect(scopeTrace.at(-2)?.reason).toBe(`Auth0 ignores target scopes in a login by "${protocol}".`)
    },
  )

  it('says that nothing comes of them where the login does not go through', async () => {
    const denied = await trace((api) => [api.accessToken.addScope('fly'), api.access.deny('no')])
    expect(denied.shown).toEqual([
      'request + openid discarded',
      'request + read discarded',
      'addScope + fly discarded',
    ])
    const refreshed = loginFor(workspace, { protocol: 'oauth2-refresh-token', scope: 'openid read' })
    const unknown = await trace((api) => api.accessToken.addScope('fly'), refreshed)
    expect(unknown.scopeTrace.at(-1)).toMatchObject({
      verdict: 'discarded',
      reason: /** its failure */ expect.stringContaining('"fly"'),
    })
    expect((await trace(() => {}, loginOfEvent(situation('refresh')))).shown).toEqual([
      'request + openid kept',
      'request + profile kept',
      'request + email kept',
    ])
  })
})
