import { expect } from 'vitest'
import { createInProcessRuntime } from '../../../lib/runtime/index.ts'
import { postLoginEvent, situation } from '../../../lib/simulator/index.ts'
import {
  agree,
  answers,
  type Call,
  chosen,
  login,
  NOW,
  noSession,
  outcomeOf,
  type Row,
  refresh,
  resumed,
  type Setting,
  throws,
} from './row.ts'

const api: [method: string, call: Call, setting?: Setting][] = [
  ['access.deny', (api) => api.access.deny('r')],
  ['accessToken.setCustomClaim', (api) => api.accessToken.setCustomClaim('a', 1)],
  ['idToken.setCustomClaim', (api) => api.idToken.setCustomClaim('a', 1)],
  ['authentication.recordMethod', (api) => api.authentication.recordMethod('https://x.example'), resumed],
  ['multifactor.enable', (api) => api.multifactor.enable('any')],
  ['redirect.sendUserTo', (api) => api.redirect.sendUserTo('https://x.example')],
  ['user.setAppMetadata', (api) => api.user.setAppMetadata('a', 1)],
  ['user.setUserMetadata', (api) => api.user.setUserMetadata('a', { b: 1 })],
  ['validation.error', (api) => api.validation.error('c', 'm')],
]

const nothing: [method: string, call: Call, setting?: Setting][] = [
  ['authentication.challengeWith', (api) => api.authentication.challengeWith({ type: 'email' })],
  ['authentication.challengeWithAny', (api) => api.authentication.challengeWithAny([{ type: 'otp' }])],
  ['authentication.enrollWith', (api) => api.authentication.enrollWith({ type: 'otp' })],
  ['authentication.enrollWithAny', (api) => api.authentication.enrollWithAny([{ type: 'phone' }])],
  ['authentication.setPrimaryUser', (api) => api.authentication.setPrimaryUser('auth0|2')],
  ['prompt.render', (api) => api.prompt.render('ap_1', { fields: { a: 1 } })],
  ['refreshToken.revoke', (api) => api.refreshToken.revoke('r'), refresh],
  ['refreshToken.setExpiresAt', (api) => api.refreshToken.setExpiresAt(NOW)],
  ['refreshToken.setIdleExpiresAt', (api) => api.refreshToken.setIdleExpiresAt(NOW)],
  ['refreshToken.setMetadata', (api) => api.refreshToken.setMetadata('a', 'b')],
  ['refreshToken.deleteMetadata', (api) => api.refreshToken.deleteMetadata('a')],
  ['refreshToken.evictMetadata', (api) => api.refreshToken.evictMetadata()],
  ['session.revoke', (api) => api.session.revoke('r', { preserveRefreshTokens: true })],
  ['session.setExpiresAt', (api) => api.session.setExpiresAt(NOW)],
  ['session.setIdleExpiresAt', (api) => api.session.setIdleExpiresAt(NOW)],
  ['session.setCookieMode', (api) => api.session.setCookieMode('persistent')],
  ['session.setMetadata', (api) => api.session.setMetadata('a', 'b')],
  ['session.deleteMetadata', (api) => api.session.deleteMetadata('a')],
  ['session.evictMetadata', (api) => api.session.evictMetadata()],
  ['transaction.setMetadata', (api) => api.transaction.setMetadata('a', 1)],
  ['transaction.addTargetScope', (api) => api.transaction.addTargetScope('a')],
  ['transaction.removeTargetScope', (api) => api.transaction.removeTargetScope('a')],
  ['transaction.setTargetScopes', (api) => api.transaction.setTargetScopes(['a'])],
  ['transaction.clearTargetScopes', (api) => api.transaction.clearTargetScopes()],
]

const AREAS = {
  access: ['deny'],
  accessToken: ['addScope', 'removeScope', 'setCustomClaim'],
  authentication: [
    ...['challengeWith', 'challengeWithAny', 'enrollWith', 'enrollWithAny', 'recordMethod', 'setPrimaryUser'],
  ],
  cache: ['delete', 'get', 'set'],
  groups: ['getUserGroups', 'hasGroupMembership'],
  idToken: ['setCustomClaim'],
  multifactor: ['enable'],
  prompt: ['render'],
  redirect: ['canRedirect', 'encodeToken', 'sendUserTo', 'validateToken'],
  refreshToken: [
    ...['deleteMetadata', 'evictMetadata', 'revoke', 'setExpiresAt', 'setIdleExpiresAt', 'setMetadata'],
  ],
  roles: ['getUserEffectiveRoles', 'getUserEffectiveRolesByIds', 'getUserEffectiveRolesByNames'],
  rules: ['wasExecuted'],
  samlResponse: [
    ...['setAttribute', 'setAudience', 'setAuthnContextClassRef', 'setCert', 'setCreateUpnClaim'],
    ...['setDestination', 'setDigestAlgorithm', 'setEncryptionAlgorithm', 'setEncryptionCert'],
    ...['setEncryptionPublicKey', 'setIncludeAttributeNameFormat', 'setIssuer', 'setKey'],
    ...['setLifetimeInSeconds', 'setMapIdentities', 'setMapUnknownClaimsAsIs', 'setNameIdentifierFormat'],
    ...['setNameIdentifierProbes', 'setPassthroughClaimsWithNoMapping', 'setRecipient', 'setRelayState'],
    ...['setSignResponse', 'setSignatureAlgorithm', 'setSigningCert', 'setTypedAttributes'],
  ],
  session: [
    ...['deleteMetadata', 'evictMetadata', 'revoke', 'setCookieMode', 'setExpiresAt', 'setIdleExpiresAt'],
    'setMetadata',
  ],
  transaction: [
    ...['addTargetScope', 'clearTargetScopes', 'removeTargetScope', 'setMetadata', 'setTargetScopes'],
  ],
  user: ['setAppMetadata', 'setUserMetadata'],
  validation: ['error'],
}

/** Public methods of an object of `api`, own and inherited. */
function methodsOf(area: object): string[] {
  return Object.getOwnPropertyNames(Object.getPrototypeOf(area))
    .filter((name) => name !== 'constructor')
    .sort()
}

const methodsTakenOff: [method: string, call: Call][] = [
  ['accessToken.setCustomClaim', ({ accessToken: { setCustomClaim } }) => setCustomClaim('a', 1)],
  ['idToken.setCustomClaim', ({ idToken: { setCustomClaim } }) => setCustomClaim('a', 1)],
  ['access.deny', ({ access: { deny } }) => deny('r')],
  ['user.setAppMetadata', ({ user: { setAppMetadata } }) => setAppMetadata('a', 1)],
  ['cache.get', ({ cache: { get } }) => get('a')],
  ['samlResponse.setIssuer', ({ samlResponse: { setIssuer } }) => setIssuer('a')],
]

const unknownMethods: [method: string, call: Call, where: string][] = [
  ['redirect.createUrl', (api) => api.redirect.createUrl({}), 'D: API; T: TE'],
  ['accessToken.removeCustomClaim', (api) => api.accessToken.removeCustomClaim('a'), 'D: APIO'],
  ['idToken.addScope', (api) => api.idToken.addScope('a'), 'T: TE'],
  ['access.allow', (api) => api.access.allow(), 'T: TE'],
  ['accessToken.setExpiresAt', (api) => api.accessToken.setExpiresAt(NOW), 'T: TE'],
]

/** What each method answers. */
export const returns: Row[] = [
  ...api.map(([method, call, setting]) =>
    agree('T: TE, FX', `${method} answers api`, answers(call, 'api', setting)),
  ),
  ...nothing.map(([method, call, setting]) =>
    agree('T: TE, FX', `${method} answers nothing`, answers(call, undefined, setting)),
  ),
  ...(['addScope', 'removeScope'] as const).map((method) =>
    chosen(
      'D: OLDAPI; T: TE, FX',
      `accessToken.${method} answers api by the older page, nothing by types and code`,
      'nothing, as in types and code',
      answers((api) => api.accessToken[method]('a'), undefined),
    ),
  ),
  chosen(
    'T: TE, FX',
    'samlResponse methods answer nothing by type, api by code',
    'nothing, so that no Action comes to rely on it',
    answers(
      (api) => [api.samlResponse.setAttribute('a', 'b'), api.samlResponse.setIssuer('urn:x')],
      [undefined, undefined],
    ),
  ),
  agree(
    'T: TE, FX',
    'calls that answer api can be chained',
    answers((api) => api.idToken.setCustomClaim('a', 1).accessToken.setCustomClaim('b', 2), 'api'),
  ),
  agree('T: TE, FX', 'chaining after a method that answers nothing fails', async () => {
    const { pipeline } = await login([(own) => own.accessToken.addScope('a').addScope('b')])
    expect(pipeline).toMatchObject({ outcome: 'error', runs: [{ error: { name: 'TypeError' } }] })
  }),
  agree('T: TE', 'redirect.encodeToken answers a string', async () => {
    const { outcome } = await outcomeOf((api) => api.redirect.encodeToken({ secret: 's', payload: {} }))
    expect(outcome).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
  }),
  agree(
    'T: TE',
    'redirect.canRedirect answers a boolean',
    answers((api) => api.redirect.canRedirect(), true),
  ),
  agree(
    'D: API; T: TE',
    'rules.wasExecuted answers true for a Rule that ran in this transaction',
    answers((api) => api.rules.wasExecuted('rul_1'), true, { facts: { executedRules: ['rul_1'] } }),
  ),
  agree(
    'D: API; T: TE',
    'rules.wasExecuted answers false for any other Rule',
    answers((api) => api.rules.wasExecuted('rul_2'), false, { facts: { executedRules: ['rul_1'] } }),
  ),
  ...(['getUserGroups', 'hasGroupMembership'] as const).map((method) =>
    agree(
      'T: TE',
      `groups.${method} answers a promise`,
      answers((api) => api.groups[method](method === 'getUserGroups' ? {} : ['a']) instanceof Promise, true),
    ),
  ),
  ...(['getUserEffectiveRoles', 'getUserEffectiveRolesByIds', 'getUserEffectiveRolesByNames'] as const).map(
    (method) =>
      agree(
        'D: API; T: TE',
        `roles.${method} answers a promise`,
        answers(
          (api) => api.roles[method](method === 'getUserEffectiveRoles' ? {} : ['a']) instanceof Promise,
          true,
        ),
      ),
  ),
  ...Object.entries(AREAS).map(([area, methods]) =>
    agree('D: API, SC; T: TE', `api.${area} has the methods of the reference and no others`, async () => {
      const { outcome } = await outcomeOf((api) => methodsOf(api[area]))
      expect(outcome).toEqual([...methods].sort())
    }),
  ),
  agree('D: API, SC; T: TE', 'api has the areas of the reference and no others', async () => {
    const { outcome } = await outcomeOf((api) => Object.keys(api).sort())
    expect(outcome).toEqual(Object.keys(AREAS).sort())
  }),
  ...unknownMethods.map(([method, call, source]) =>
    agree(
      source,
      `there is no ${method}: the call is a TypeError`,
      throws(call, /is not a function/, undefined, TypeError),
    ),
  ),
  ...methodsTakenOff.map(([method, call]) =>
    chosen(
      'T: FX; I',
      `${method} taken off its object throws a TypeError in the harness; production is not documented`,
      'as in the harness',
      throws(call, /private|undefined/, undefined, TypeError),
    ),
  ),
  chosen(
    'T: FX; I',
    'the handler is called without this in the harness; production is not documented',
    'as in the harness',
    async () => {
      let own: unknown = 'not called'
      await createInProcessRuntime({
        sample: {
          async onExecutePostLogin(this: unknown) {
            own = this
          },
        },
      }).run({
        action: { name: 'sample', code: '', file: 'sample.js', secrets: {} },
        handler: 'onExecutePostLogin',
        event: postLoginEvent(),
      })
      expect(own).toBeUndefined()
    },
  ),
  agree('D: API', 'access.deny takes one argument: a second one is ignored', async () => {
    const { pipeline } = await login([(api) => api.access.deny('reason', 'another')])
    expect(pipeline).toMatchObject({ outcome: 'denied', reason: 'reason' })
  }),
  agree(
    'T: FX',
    'session.deleteMetadata is a no-op without a session',
    answers((api) => api.session.deleteMetadata('a'), undefined, noSession),
  ),
  agree(
    'T: FX',
    'session.evictMetadata is a no-op without a session',
    answers((api) => api.session.evictMetadata(), undefined, noSession),
  ),
  chosen(
    'D: API',
    'samlResponse is for SAML and WS-Fed alone; what a call does in another login is not documented',
    'taken and without effect',
    async () => {
      const { pipeline } = await login([(api) => api.samlResponse.setAttribute('a', 'b')], {
        event: situation('refresh'),
      })
      expect(pipeline.outcome).toBe('allowed')
    },
  ),
]
