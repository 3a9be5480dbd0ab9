/** What a method of the `api` object gives back. */
export type Returns = 'api' | 'nothing' | 'value'

const api = (...names: string[]) => of('api', names)
const nothing = (...names: string[]) => of('nothing', names)
const value = (...names: string[]) => of('value', names)

function of(returns: Returns, names: string[]): Record<string, Returns> {
  return Object.fromEntries(names.map((name) => [name, returns]))
}

/**
 * The `api` object of post-login, version v3.
 *
 * @see https://auth0.com/docs/actions/reference/post-login/post-login-api-object
 */
export const POST_LOGIN_API: Readonly<Record<string, Readonly<Record<string, Returns>>>> = {
  access: api('deny'),
  accessToken: { ...api('setCustomClaim'), ...nothing('addScope', 'removeScope') },
  authentication: {
    ...api('recordMethod'),
    ...nothing('challengeWith', 'challengeWithAny', 'enrollWith', 'enrollWithAny', 'setPrimaryUser'),
  },
  cache: value('get', 'set', 'delete'),
  groups: value('getUserGroups', 'hasGroupMembership'),
  idToken: api('setCustomClaim'),
  multifactor: api('enable'),
  prompt: nothing('render'),
  redirect: { ...api('sendUserTo'), ...value('encodeToken', 'validateToken', 'canRedirect') },
  refreshToken: nothing(
    'revoke',
    'setExpiresAt',
    'setIdleExpiresAt',
    'setMetadata',
    'deleteMetadata',
    'evictMetadata',
  ),
  roles: value('getUserEffectiveRoles', 'getUserEffectiveRolesByIds', 'getUserEffectiveRolesByNames'),
  rules: value('wasExecuted'),
  // Typed as giving nothing while the code gives `api`: chaining is left alone.
  samlResponse: value(
    ...['setAttribute', 'setAudience', 'setRecipient', 'setDestination', 'setIssuer', 'setRelayState'],
    ...['setAuthnContextClassRef', 'setNameIdentifierFormat', 'setNameIdentifierProbes', 'setCert', 'setKey'],
    ...['setSigningCert', 'setEncryptionCert', 'setEncryptionPublicKey', 'setLifetimeInSeconds'],
    ...['setSignatureAlgorithm', 'setDigestAlgorithm', 'setEncryptionAlgorithm', 'setCreateUpnClaim'],
    ...[
      'setPassthroughClaimsWithNoMapping',
      'setMapUnknownClaimsAsIs',
      'setMapIdentities',
      'setSignResponse',
    ],
    ...['setIncludeAttributeNameFormat', 'setTypedAttributes'],
  ),
  session: nothing(
    ...['revoke', 'setExpiresAt', 'setIdleExpiresAt', 'setCookieMode', 'setMetadata', 'deleteMetadata'],
    ...['evictMetadata'],
  ),
  transaction: nothing(
    'setMetadata',
    'addTargetScope',
    'removeTargetScope',
    'setTargetScopes',
    'clearTargetScopes',
  ),
  user: api('setAppMetadata', 'setUserMetadata'),
  validation: api('error'),
}
