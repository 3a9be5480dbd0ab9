/**
 * Names that Auth0 ignores in `setCustomClaim`, on both tokens: the login goes on and the token lacks the claim.
 * Compared exactly: JWT names are case-sensitive, and no page says that Auth0 compares otherwise.
 *
 * @see https://auth0.com/docs/secure/tokens/json-web-tokens/create-custom-claims
 */
export const RESTRICTED_CLAIMS: ReadonlySet<string> = new Set([
  ...['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'azp', 'nonce', 'auth_time', 'acr', 'amr', 'at_hash'],
  ...['c_hash', 's_hash', 'sid', 'client_id', 'cnf', 'act', 'may_act', 'authorization_details', 'typ', 'cty'],
  ...['roles', 'groups', 'permissions', 'entitlements', 'org_id', 'org_name'],
  ...['gty', 'internalService', 'object_id', 'uuid', 'active', 'events', 'orig', 'dest'],
  ...['ath', 'htm', 'htu', 'x5t#S256', 'jku', 'jwe', 'jwk', 'kid', 'sub_jwk', 'mky'],
  ...[
    'attest',
    'origid',
    'rph',
    'jcard',
    'toe',
    'txn',
    'vot',
    'vtm',
    'sip_callid',
    'sip_cseq_num',
    'sip_date',
  ],
  ...['sip_from_tag', 'sip_via_branch'],
])

/**
 * The OIDC profile claims that an Action may set, each with the scope without which Auth0 removes it again.
 *
 * @see https://auth0.com/docs/get-started/apis/scopes/openid-connect-scopes
 * @see OpenID Connect Core 1.0, sections 5.1 and 5.4
 */
export const PROFILE_CLAIM_SCOPES: ReadonlyMap<string, string> = new Map([
  ...['name', 'family_name', 'given_name', 'middle_name', 'nickname', 'picture', 'updated_at'].map(profile),
  ...['preferred_username', 'profile', 'website', 'gender', 'birthdate', 'zoneinfo', 'locale'].map(profile),
  ['email', 'email'],
  ['email_verified', 'email'],
  ['address', 'address'],
  ['phone_number', 'phone'],
  ['phone_number_verified', 'phone'],
])

function profile(name: string): [string, string] {
  return [name, 'profile']
}

/** Hosts, with all their subdomains, that Auth0 keeps for itself as claim namespaces. */
export const AUTH0_NAMESPACE_HOSTS: readonly string[] = ['auth0.com', 'webtask.io', 'webtask.run']

/**
 * Short names that work today, but have another meaning in a standard or at Auth0: a library that reads the token may
 * take our claim for theirs.
 */
const CLAIMED_BY_OTHERS: ReadonlyMap<string, string> = new Map([
  ...others('Auth0 issues it for agents', ['sub_profile', 'client_profile']),
  ...others('OpenID Connect Core', ['_claim_names', '_claim_sources']),
  ...others('OpenID Connect for Identity Assurance', [
    ...['verified_claims', 'place_of_birth', 'nationalities', 'birth_family_name', 'birth_given_name'],
    ...['birth_middle_name', 'salutation', 'title', 'msisdn', 'also_known_as'],
  ]),
  ...others('W3C Verifiable Credentials', ['vc', 'vp']),
  ...others('Entity Attestation Token, RFC 9711', [
    ...['location', 'ueid', 'sueids', 'oemid', 'hwmodel', 'hwversion', 'oemboot', 'dbgstat', 'eat_profile'],
    ...['submods', 'uptime', 'bootcount', 'bootseed', 'dloas', 'swname', 'swversion', 'manifests'],
    ...['measurements', 'measres', 'intuse'],
  ]),
  ...others('ACE-OAuth, RFC 9200', ['ace_profile', 'cnonce', 'exi']),
  ...others('PASSporT for STIR', ['div', 'opt', 'sph', 'crn']),
  ...others('Token Status List', ['status', 'status_list']),
  ...others('RFC 9701', ['token_introspection']),
  ...others('OpenID Connect spells it phone_number_verified', ['phone_verified']),
])

function others(who: string, names: readonly string[]): [string, string][] {
  return names.map((name) => [name, who])
}

/**
 * Who else gives a meaning to this short name; `undefined` when nobody that we know of does.
 * Does not list the names that Auth0 restricts: those never reach a token.
 */
export function otherMeaningOf(name: string): string | undefined {
  return CLAIMED_BY_OTHERS.get(name)
}
