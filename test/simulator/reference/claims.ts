import { expect } from 'vitest'
import type { WriteVerdict } from '../../../lib/simulator/index.ts'
import names from './claim-names.json' with { type: 'json' }
import { API, agree, chosen, type Login, login, onApi, type Row } from './row.ts'

type Token = 'idToken' | 'accessToken'
const TOKENS: Token[] = ['idToken', 'accessToken']

interface Where {
  audience?: string | undefined
  scopes?: string[]
}

/** Sets one claim in a login: what becomes of the write, and whether the token has the claim with its value. */
async function write(name: string, token: Token, { audience = API, scopes = ['openid'] }: Where = {}) {
  const event = onApi({
    resource_server: { identifier: audience },
    transaction: { requested_scopes: scopes, target_scopes: scopes },
  })
  const { pipeline, tokens } = await login([(api) => api[token].setCustomClaim(name, 'own value')], {
    event,
  } satisfies Login)
  const payload = tokens[token] ?? {}
  return {
    outcome: pipeline.outcome,
    verdict: tokens.writes[0]?.verdict,
    rule: tokens.writes[0]?.rule,
    there: Object.hasOwn(payload, name) && payload[name] === 'own value',
  }
}

function becomes(name: string, token: Token, verdict: WriteVerdict, where?: Where): Row['holds'] {
  return async () => {
    expect(await write(name, token, where)).toMatchObject({
      outcome: verdict === 'refused' ? 'error' : 'allowed',
      verdict,
      there: verdict === 'kept',
    })
  }
}

const text = (name: string) => (name === '' ? 'the empty name' : name)

const kept: [name: string, source: string][] = [
  ['https://acme.example/roles', 'D: CLM, CMIG'],
  ['http://acme.example/roles', 'D: CLM, CMIG'],
  ['https://namespace.example.com', 'D: ORG'],
  ['https://foo/bar', 'D: ORG'],
  ['https://marketplace/roles', 'D: ORG'],
  ['https://acme.example/a/b?c=d#e', 'D: CLM'],
  ['https://TENANT_NAME/auth0-delegated-admin', 'D: DAE'],
  ['plan', 'D: CLM, CMIG'],
  ['sub_profile', 'D: AGID'],
  ['client_profile', 'D: AGID'],
]

const silentlyKept: [name: string, fact: string][] = [
  ['Roles', 'whether case counts is not documented'],
  ['ROLES', 'whether case counts is not documented'],
  ['Scope', 'whether case counts is not documented'],
  ['scope ', 'whether blanks count is not documented'],
  ['roles ', 'whether blanks count is not documented'],
  ['', 'an empty name is not documented'],
  ['a b', 'a blank in a name is not documented'],
  ['ftp://acme.example/x', 'other schemes are not addressed'],
  ['tag:acme.example,2026:x', 'other schemes are not addressed'],
  ['did:example:x', 'other schemes are not addressed'],
  ['https://notauth0.com/x', 'how hosts are compared is not documented'],
  ['https://auth0.com.example.org/x', 'how hosts are compared is not documented'],
  ['https://example.org/auth0.com', 'how hosts are compared is not documented'],
  ['https://auth0.com@example.org/x', 'how hosts are compared is not documented'],
  ['https://notwebtask.io/x', 'how hosts are compared is not documented'],
  ['https://auth0app.com/x', 'not listed among the refused hosts'],
  ['https://okta.com/x', 'not listed among the refused hosts'],
  ['https://auth0lab.com/x', 'not listed among the refused hosts'],
  ['https://', 'a web address without a host is not documented'],
  ['__proto__', 'names that JavaScript treats in its own way are not documented'],
  ['constructor', 'names that JavaScript treats in its own way are not documented'],
  ['toString', 'names that JavaScript treats in its own way are not documented'],
]

const HOSTS = ['auth0.com', 'webtask.io', 'webtask.run']
const spellings = (host: string): [name: string, source: string, said: boolean][] => [
  [`https://example.${host}`, 'D: CLM, CMIG', true],
  [`https://example.${host}/roles`, 'D: CLM, CMIG', true],
  [`http://example.${host}/roles`, 'D: CLM, CMIG', true],
  [`https://${host}/roles`, 'D: CLM, CMIG', false],
  [`https://a.b.${host}/roles`, 'D: CLM, CMIG', false],
  [`https://example.${host.toUpperCase()}/roles`, 'D: CLM, CMIG', false],
  [`HTTPS://example.${host}/roles`, 'D: CLM, CMIG', false],
  [`https://example.${host}./roles`, 'D: CLM, CMIG', false],
  [`https://example.${host}:8443/roles`, 'D: CLM, CMIG', false],
  [`https://me@example.${host}/roles`, 'D: CLM, CMIG', false],
]

const PATHS = ['/api', '/api/', '/api/v2', '/api/v2/', '/mfa', '/mfa/']
const auth0Apis: [audience: string, said: boolean][] = [
  ...['acme.auth0.com', 'acme.auth0app.com'].flatMap((host) =>
    PATHS.map((path): [string, boolean] => [`https://${host}${path}`, true]),
  ),
  ['https://acme.eu.auth0.com/api/v2/', false],
]
const ownApis: [audience: string, source: string][] = [
  ['https://api.example/', 'D: CMIG'],
  ['orders', 'D: CMIG'],
  ['https://acme.auth0.com/userinfo', 'D: CMIG'],
  ['https://acme.auth0app.com/userinfo', 'D: CMIG'],
]
const silentApis = [
  'https://login.acme.example/api/v2/',
  'https://acme.auth0.com/me/',
  'https://acme.auth0.com/my-org/',
]

/** One name, one token: what becomes of it. */
export const claims: Row[] = [
  ...TOKENS.flatMap((token) => [
    ...names.restricted.map((name) =>
      agree(
        'D: CLM, CMIG',
        `${name} is restricted: dropped from the ${token}`,
        becomes(name, token, 'dropped'),
      ),
    ),
    agree('T: HLP', `scope on the ${token} throws, uncaught it fails the login`, async () => {
      expect(await write('scope', token)).toMatchObject({
        outcome: 'error',
        verdict: 'refused',
        there: false,
      })
    }),
    ...Object.entries(names.profileClaims).flatMap(([name, [gate, grade]]) => {
      const source = grade === 'N' ? 'N: OIDC' : 'D: OSC, CMIG'
      return [
        agree(
          source,
          `${name} on the ${token} with the scope ${gate}: set`,
          becomes(name, token, 'kept', { scopes: ['openid', gate!] }),
        ),
        agree(
          source,
          `${name} on the ${token} without the scope ${gate}: removed`,
          becomes(name, token, 'dropped', {
            scopes: ['openid', ...['profile', 'email', 'address', 'phone'].filter((scope) => scope !== gate)],
          }),
        ),
      ]
    }),
    ...kept.map(([name, source]) =>
      agree(source, `${name} is kept in the ${token}`, becomes(name, token, 'kept')),
    ),
    ...silentlyKept.map(([name, fact]) =>
      chosen(
        name === 'Roles' ? 'N: JWT; I' : 'I',
        `${text(name)} on the ${token}: ${fact}`,
        'kept',
        becomes(name, token, 'kept'),
      ),
    ),
    ...HOSTS.flatMap(spellings).map(([name, source, said]) =>
      said
        ? agree(source, `${name} is dropped from the ${token}`, becomes(name, token, 'dropped'))
        : chosen(
            source,
            `${name} on the ${token}: how hosts are compared is not documented`,
            'dropped: the host in lower case, without user, port and final dot, by whole labels',
            becomes(name, token, 'dropped'),
          ),
    ),
    ...['$plan', '$', '$schema/x'].map((name) =>
      chosen(
        'D: PAST',
        `${name} on the ${token}: names that start with $ are refused, the effect is not described`,
        'dropped silently',
        becomes(name, token, 'dropped'),
      ),
    ),
    agree('D: PAST', `a$b on the ${token}: a $ further on is fine`, becomes('a$b', token, 'kept')),
    ...['urn:auth0', 'urn:auth0:roles', 'urn:auth0.com:x', 'URN:AUTH0:x'].map((name) =>
      chosen(
        'D: CLM; I',
        `${name} on the ${token}: reserved, the effect is not described`,
        'dropped silently',
        becomes(name, token, 'dropped'),
      ),
    ),
    agree(
      'D: CMIG, PL',
      `only the bare name is restricted: https://example.com/roles on the ${token}`,
      becomes('https://example.com/roles', token, 'kept'),
    ),
  ]),
  agree('D: CLM', 'a claim under a namespace of your own comes without a finding', async () => {
    const { tokens } = await login([
      (api) => {
        api.idToken.setCustomClaim('https://acme.example/a', 1)
        api.accessToken.setCustomClaim('https://acme.example/a', 1)
      },
    ])
    expect(tokens.findings).toEqual([])
  }),
  agree(
    'D: CLM',
    'urn:acme:roles on the access token of an API of your own',
    becomes('urn:acme:roles', 'accessToken', 'kept'),
  ),
  chosen(
    'D: CLM',
    'urn:acme:roles on the ID token: not addressed',
    'kept',
    becomes('urn:acme:roles', 'idToken', 'kept'),
  ),
  agree(
    'D: CLM',
    'urn:acme:roles on the access token of an API of Auth0: dropped',
    becomes('urn:acme:roles', 'accessToken', 'dropped', { audience: 'https://acme.auth0.com/api/v2/' }),
  ),
  ...auth0Apis.flatMap(([audience, said]) => [
    said
      ? agree(
          'D: CLM, CMIG',
          `plan on an access token for ${audience}: dropped`,
          becomes('plan', 'accessToken', 'dropped', { audience }),
        )
      : chosen(
          'D: CMIG',
          `plan on an access token for ${audience}: regional hosts are not mentioned`,
          'dropped',
          becomes('plan', 'accessToken', 'dropped', { audience }),
        ),
    chosen(
      'D: CMIG; S: C-MGMT',
      `a namespaced claim on an access token for ${audience}: the page contradicts itself`,
      'kept, with a finding',
      async () => {
        const event = onApi({ resource_server: { identifier: audience } })
        const { tokens } = await login(
          [(api) => api.accessToken.setCustomClaim('https://acme.example/plan', 'team')],
          { event },
        )
        expect(tokens.accessToken).toMatchObject({ 'https://acme.example/plan': 'team' })
        expect(tokens.findings).toMatchObject([{ rule: 'claims/auth0-audience', severity: 'warning' }])
      },
    ),
  ]),
  ...ownApis.flatMap(([audience, source]) => [
    agree(
      source,
      `plan on an access token for ${audience}: kept`,
      becomes('plan', 'accessToken', 'kept', { audience }),
    ),
    agree(
      source,
      `a namespaced claim on an access token for ${audience}: kept`,
      becomes('https://acme.example/plan', 'accessToken', 'kept', { audience }),
    ),
  ]),
  ...silentApis.map((audience) =>
    chosen(
      'D: CMIG',
      `plan on an access token for ${audience}: custom domains and newer APIs are not mentioned`,
      'kept, as for an API of your own',
      becomes('plan', 'accessToken', 'kept', { audience }),
    ),
  ),
  agree(
    'D: CMIG',
    'plan on an access token for an API of Auth0 with openid, so also for /userinfo: dropped all the same',
    becomes('plan', 'accessToken', 'dropped', {
      audience: 'https://acme.auth0.com/api/v2/',
      scopes: ['openid'],
    }),
  ),
  agree(
    'D: CMIG',
    'the rule is for access tokens: the ID token of the same login keeps plan',
    becomes('plan', 'idToken', 'kept', { audience: 'https://acme.auth0.com/api/v2/' }),
  ),
  chosen(
    'D: CMIG',
    'a profile claim with its scope on an access token for an API of Auth0: not named apart',
    'kept by its scope',
    becomes('email', 'accessToken', 'kept', {
      audience: 'https://acme.auth0.com/api/v2/',
      scopes: ['openid', 'email'],
    }),
  ),
  chosen(
    'D: CMIG; S: C-EMAIL',
    'email on an access token of the password grant: one says yes, one says no',
    'dropped, as the support says',
    async () => {
      const event = onApi({
        transaction: { protocol: 'oauth2-password', target_scopes: ['openid', 'email'] },
      })
      const { tokens } = await login([(api) => api.accessToken.setCustomClaim('email', 'a@x.example')], {
        event,
      })
      expect(tokens.accessToken).not.toHaveProperty('email')
      expect(tokens.writes[0]).toMatchObject({ verdict: 'dropped', rule: 'claims/oidc-profile-scope' })
    },
  ),
  chosen(
    'D: OSC',
    'whether requested or granted scopes open a profile claim: not documented',
    'granted, after target scopes',
    async () => {
      const { tokens } = await login([
        (api) => {
          api.transaction.removeTargetScope('email')
          api.idToken.setCustomClaim('email', 'a@x.example')
        },
      ])
      expect(tokens.writes).toMatchObject([{ verdict: 'dropped', rule: 'claims/oidc-profile-scope' }])
      expect(tokens.idToken).not.toHaveProperty('email')
    },
  ),
  chosen(
    'D: OSC',
    'whether accessToken.addScope opens a profile claim: not documented',
    'it does not',
    async () => {
      const { tokens } = await login([
        (api) => {
          api.accessToken.addScope('phone')
          api.accessToken.setCustomClaim('phone_number', '+43')
        },
      ])
      expect(tokens.writes).toMatchObject([{ verdict: 'dropped' }])
    },
  ),
  chosen(
    'D: CLM',
    'the page says that OIDC claims cannot be customised, then lists nineteen that can',
    'the nineteen can',
    becomes('nickname', 'idToken', 'kept', { scopes: ['openid', 'profile'] }),
  ),
  chosen(
    'D: RTC, CLM',
    'a sample sets org_id on the access token, which the list restricts',
    'dropped',
    becomes('org_id', 'accessToken', 'dropped'),
  ),
  chosen(
    'D: CLM',
    'older pages say that every claim must be namespaced; not since 2022',
    'short names are kept',
    becomes('plan', 'idToken', 'kept'),
  ),
  agree('D: CLM, CMIG', 'the list has sixty names, and nineteen profile claims', () => {
    expect(names.restricted).toHaveLength(60)
    expect(Object.keys(names.profileClaims)).toHaveLength(19)
  }),
  chosen(
    'I',
    'the order of the rules: not documented',
    'scope, restricted or $, host, urn, audience, scope gate, size',
    async () => {
      const audience = 'https://acme.auth0.com/api/v2/'
      const rules = []
      for (const name of [
        'scope',
        'roles',
        '$a',
        'https://x.auth0.com/a',
        'urn:auth0:a',
        'plan',
        'phone_number',
      ]) {
        rules.push((await write(name, 'accessToken', { audience })).rule)
      }
      expect(rules).toEqual([
        'claims/reserved-scope',
        'claims/restricted-name',
        'claims/dollar-prefix',
        'claims/auth0-namespace',
        'claims/urn-auth0',
        'claims/auth0-audience',
        'claims/oidc-profile-scope',
      ])
    },
  ),
]
