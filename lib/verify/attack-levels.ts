/**
 * How certain it is that an API must treat a request so: `must` by a standard, `should` by a standard or by Auth0's
 * documentation, `opinion`: ours.
 */
export type AttackLevel = 'must' | 'should' | 'opinion'

/** What stands behind an entry of the kit. */
export interface Judgement {
  level: AttackLevel
  /** The section that says so, e.g. `RFC 7519 section 4.1.4`. */
  source: string
}

export const LEVELS: readonly AttackLevel[] = ['must', 'should', 'opinion']

type Row = [names: RegExp, level: AttackLevel, source: string]

const ALL = /^/

/** By family; the first row whose pattern fits the name counts. */
const JUDGEMENTS: Readonly<Record<string, readonly Row[]>> = {
  algorithm: [[ALL, 'must', 'RFC 8725 section 3.1']],
  header: [
    [/^a foreign key/, 'must', 'RFC 7515 section 5.2'],
    [/^(?:an embedded|jku|x5u|an x5c)/, 'must', 'RFC 8725 section 3.10'],
    [/^(?:an unknown crit|an unencoded)/, 'must', 'RFC 7515 section 4.1.11'],
    [/^an empty crit/, 'should', 'RFC 7515 section 4.1.11'],
    [/^kid as/, 'should', 'RFC 7515 section 4.1.4'],
    [/^kid/, 'should', 'RFC 8725 section 3.10'],
    [/^typ "JWT"/, 'must', 'RFC 9068 section 4'],
    [/^typ ".*\+jwt"/, 'should', 'RFC 8725 section 3.11'],
    [/^typ/, 'opinion', 'RFC 8725 section 3.11'],
  ],
  signature: [[ALL, 'must', 'RFC 7515 section 5.2']],
  spelling: [
    [/^spare bits/, 'opinion', 'RFC 4648 section 3.5'],
    [ALL, 'must', 'RFC 7515 section 7.1'],
  ],
  registered: [
    [/^an actor/, 'should', 'RFC 8693 section 4.1'],
    [/issuer/, 'must', 'RFC 9068 section 4'],
    [/audience/, 'must', 'RFC 7519 section 4.1.3'],
    [/^an endless expiry/, 'should', 'RFC 7519 section 4.1.4'],
    [/expiry/, 'must', 'RFC 7519 section 4.1.4'],
    [/^a start/, 'must', 'RFC 7519 section 4.1.5'],
    [/^issued in an hour/, 'opinion', 'RFC 7519 section 4.1.6'],
    [/issue time/, 'should', 'RFC 9068 section 2.2'],
    [/^an empty subject/, 'opinion', 'RFC 9068 section 2.2'],
    [/subject/, 'should', 'RFC 9068 section 2.2'],
    [/^scope/, 'should', 'RFC 9068 section 2.2.3'],
    [/DPoP key/, 'should', 'RFC 9449 section 7.2'],
    [/certificate/, 'should', 'RFC 8705 section 3'],
    [ALL, 'opinion', 'RFC 8725 section 3.12'],
  ],
  kind: [
    [/^an ID token/, 'should', 'RFC 8725 section 3.12'],
    [/client_id/, 'should', 'RFC 9068 section 2.2'],
    [ALL, 'opinion', 'RFC 8725 section 3.12'],
  ],
  contract: [[ALL, 'should', 'the contract']],
  json: [
    [/(?:twice|__proto__)/, 'opinion', 'RFC 7519 section 4'],
    [/(?:byte order mark|many levels)/, 'opinion', 'RFC 8259 section 9'],
    [ALL, 'must', 'RFC 7519 section 7.2'],
  ],
  size: [[ALL, 'opinion', 'RFC 8725 section 2.4']],
  needs: [
    [/permission/, 'should', "Auth0's documentation of RBAC"],
    [/organization/, 'should', "Auth0's documentation of organizations"],
    [ALL, 'must', 'RFC 6750 section 3.1'],
  ],
  request: [
    [/^(?:two tokens|a bad token)/, 'should', 'RFC 6750 section 3.1'],
    [/query/, 'should', 'RFC 9700 section 4.3.2'],
    [/^the token (?:without a scheme|with the scheme|behind)/, 'should', 'RFC 6750 section 2.1'],
    [ALL, 'opinion', 'RFC 6750 section 2'],
  ],
  dpop: [
    [/second time/, 'should', 'RFC 9449 section 11.1'],
    [/^a bound token as Bearer/, 'must', 'RFC 9449 section 7.2'],
    [/^(?:a bound token without|a free token)/, 'must', 'RFC 9449 section 7.1'],
    [ALL, 'must', 'RFC 9449 section 4.3'],
  ],
  good: [
    [/scheme/, 'must', 'RFC 9110 section 11.1'],
    [/blanks/, 'must', 'RFC 6750 section 2.1'],
    [/audience/, 'must', 'RFC 7519 section 4.1.3'],
    [/header/, 'must', 'RFC 7515 section 4'],
    [/proof/, 'must', 'RFC 9449 section 4.3'],
    [/claim|Unicode/, 'must', 'RFC 7519 section 4'],
    [ALL, 'should', "Auth0's documentation of access tokens"],
  ],
  keys: [
    [/unknown key/, 'must', 'RFC 7515 section 5.2'],
    [ALL, 'should', "Auth0's documentation of signing keys"],
  ],
}

export function judgementOn(family: string, name: string): Judgement {
  const [, level, source] = JUDGEMENTS[family]!.find(([names]) => names.test(name))!
  return { level, source }
}

const PAGES: Readonly<Record<string, string>> = {
  'the contract': 'https://json-schema.org/draft/2020-12/json-schema-validation',
  "Auth0's documentation of RBAC":
    'https://auth0.com/docs/get-started/apis/enable-role-based-access-control-for-apis',
  "Auth0's documentation of organizations": 'https://auth0.com/docs/manage-users/organizations/using-tokens',
  "Auth0's documentation of access tokens":
    'https://auth0.com/docs/secure/tokens/access-tokens/access-token-profiles',
  "Auth0's documentation of signing keys":
    'https://auth0.com/docs/get-started/tenant-settings/signing-keys/rotate-signing-keys',
}

/** The address of a source. */
export function addressOfSource(source: string): string {
  const [, rfc, section] = /^RFC (\d+) section ([\d.]+)$/.exec(source) ?? []
  return rfc === undefined ? PAGES[source]! : `https://www.rfc-editor.org/rfc/rfc${rfc}#section-${section}`
}
