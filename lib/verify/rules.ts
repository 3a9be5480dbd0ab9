import type { TokenDialect } from '../tokens/types.ts'
import { isActClaim, isAnonymous } from './actor.ts'
import type { JsonObject } from './compact-jws.ts'
import type { Refusal } from './errors.ts'
import { usage } from './must-be.ts'
import type { ClaimsContract, IssuersFor, Needs, VerifyAlgorithm } from './types.ts'

/** What a verifier is bound to; the options after their defaults. */
export interface Rules {
  /** Empty beside `issuersFor`. */
  issuers: readonly string[]
  /** Names the issuers of each request. */
  issuersFor?: IssuersFor
  audiences: readonly string[]
  algorithms: readonly VerifyAlgorithm[]
  dialect?: TokenDialect
  contract?: ClaimsContract
  requiredScopes: readonly string[]
  clients?: readonly string[]
  /** Tokens of anonymous sessions are refused. */
  refusesAnonymous?: true
  /** Seconds. */
  clockTolerance: number
}

/** Takes a reason; may throw to stop at the first. */
export type Report = (refusal: Refusal) => void

/** What the header says, before any key is looked for. */
export function checkHeader(header: JsonObject, rules: Rules, report: Report): void {
  const { alg, typ, kid } = header
  if (!rules.algorithms.includes(alg as VerifyAlgorithm)) {
    report({
      code: 'algorithm_not_allowed',
      message: `The signature algorithm must be ${rules.algorithms.join(' or ')}.`,
      claim: 'alg',
    })
  }
  if (Object.hasOwn(header, 'crit') || Object.hasOwn(header, 'b64')) {
    report({
      code: 'critical_header',
      message: 'The token needs an extension that is not known.',
      claim: 'crit',
    })
  }
  if (kid !== undefined && typeof kid !== 'string') {
    report({ code: 'unknown_key', message: 'The key id must be text.', claim: 'kid' })
  }
  const profile = profileOf(typ)
  if (profile === undefined || (rules.dialect !== undefined && profile !== profileOfDialect(rules.dialect))) {
    report({
      code: 'wrong_type',
      message: `The type must be ${
        rules.dialect === undefined
          ? 'JWT or at+jwt'
          : profileOfDialect(rules.dialect) === 'auth0'
            ? 'JWT'
            : 'at+jwt'
      }.`,
      claim: 'typ',
    })
  }
}

/** Registered claims. */
export function checkPayload(
  header: JsonObject,
  payload: JsonObject,
  rules: Rules,
  nowSeconds: number,
  report: Report,
): void {
  const { iss, aud, exp, nbf, iat, sub } = payload
  if (typeof iss !== 'string' || !rules.issuers.includes(iss)) {
    report({
      code: 'wrong_issuer',
      message:
        typeof iss === 'string' && rules.issuers.includes(`${iss}/`)
          ? 'The issuer lacks its final slash.'
          : 'The token is from another issuer.',
      claim: 'iss',
    })
  }
  if (!isForOneOf(rules.audiences, aud)) {
    report({ code: 'wrong_audience', message: 'The token is for another audience.', claim: 'aud' })
  }
  // A NaN cannot come from JSON, an Infinity can (1e999).
  if (typeof exp !== 'number' || !Number.isFinite(exp)) report(invalid('exp', 'must be a number'))
  else if (exp <= nowSeconds - rules.clockTolerance) {
    report({ code: 'expired', message: 'The token has expired.', claim: 'exp' })
  }
  if (typeof iat !== 'number' || !Number.isFinite(iat)) report(invalid('iat', 'must be a number'))
  else if (iat > nowSeconds + rules.clockTolerance) {
    report({ code: 'not_yet_valid', message: 'The token was issued in the future.', claim: 'iat' })
  }
  if (nbf !== undefined) {
    if (typeof nbf !== 'number' || !Number.isFinite(nbf)) report(invalid('nbf', 'must be a number'))
    else if (nbf > nowSeconds + rules.clockTolerance) {
      report({ code: 'not_yet_valid', message: 'The token is not valid yet.', claim: 'nbf' })
    }
  }
  if (typeof sub !== 'string' || sub === '') report(invalid('sub', 'must be a text that is not empty'))
  else if (rules.refusesAnonymous === true && isAnonymous({ sub })) {
    report({
      code: 'anonymous_session',
      message: 'The token is of an anonymous session. This API needs a login.',
      claim: 'sub',
    })
  }
  checkKind(header, payload, report)
  checkShapes(payload, report)
  const client = profileOf(header['typ']) === 'rfc9068' ? 'client_id' : 'azp'
  if (rules.clients !== undefined && !rules.clients.includes(payload[client] as string)) {
    report({ code: 'wrong_client', message: 'The token was issued to another client.', claim: client })
  }
}

/** The custom claims: only of tokens whose signature is good, since patterns may take time. */
export function checkContract(payload: JsonObject, { contract }: Rules, report: Report): void {
  if (contract !== undefined) {
    const faults = contract.validate(payload)
    if (!Array.isArray(faults)) {
      throw usage('createVerifier', '"contract" must have a validate that answers a list of faults')
    }
    for (const fault of faults) {
      report({
        code: 'contract_violation',
        message: `The claims differ from the contract: ${fault.claim === undefined ? '' : `${fault.claim} `}${fault.message}.`,
        ...(fault.claim === undefined ? {} : { claim: fault.claim }),
      })
    }
  }
}

/** What the endpoint needs beyond a valid token. */
export function checkNeeds<Claims>(
  payload: JsonObject,
  rules: Rules,
  needs: Needs<Claims>,
  report: Report,
): void {
  const { scope: granted } = payload
  for (const scope of rules.requiredScopes) checkScope(granted, scope, report)
  if (needs.scopes !== undefined) for (const scope of needs.scopes) checkScope(granted, scope, report)
  if (needs.anyScope !== undefined && !needs.anyScope.some((scope) => hasScope(granted, scope))) {
    report({
      code: 'insufficient_scope',
      message: `The token lacks each of the scopes ${needs.anyScope.join(', ')}.`,
      claim: 'scope',
    })
  }
  for (const permission of needs.permissions ?? []) {
    const { permissions } = payload
    if (isTexts(permissions) && permissions.includes(permission)) continue
    report({
      code: 'insufficient_permissions',
      message: `The token lacks the permission ${permission}.`,
      claim: 'permissions',
    })
  }
  const organization = needs.organization
  if (organization !== undefined) {
    const byId = organization.startsWith('org_')
    const name = payload['org_name']
    // Names are compared in lower case, as Auth0's own SDKs do.
    const fits = byId
      ? payload['org_id'] === organization
      : typeof name === 'string' && name.toLowerCase() === organization.toLowerCase()
    if (!fits) {
      report({
        code: 'wrong_organization',
        message: 'The token is for another organization, or for none.',
        claim: byId ? 'org_id' : 'org_name',
      })
    }
  }
}

/** RFC 7519 section 4.1.3: one text, or a list of them. */
function isForOneOf(audiences: readonly string[], aud: unknown): boolean {
  if (typeof aud === 'string') return audiences.includes(aud)
  return isTexts(aud) && aud.some((one) => audiences.includes(one))
}

function hasScope(granted: unknown, scope: string): boolean {
  return typeof granted === 'string' && hasWord(granted, scope)
}

function checkScope(granted: unknown, scope: string, report: Report): void {
  if (hasScope(granted, scope)) return
  report({ code: 'insufficient_scope', message: `The token lacks the scope ${scope}.`, claim: 'scope' })
}

/** Whether a text of words with blanks between them has this word. */
function hasWord(text: string, word: string): boolean {
  if (word === '' || word.includes(' ')) return false
  for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + 1)) {
    const end = at + word.length
    if ((at === 0 || text[at - 1] === ' ') && (end === text.length || text[end] === ' ')) return true
  }
  return false
}

/** Claims that Auth0 puts into ID tokens only, and that no Action can set. */
const ID_TOKEN_CLAIMS = ['nonce', 'sid', 'at_hash', 'c_hash', 's_hash'] as const

function checkKind(header: JsonObject, payload: JsonObject, report: Report): void {
  for (const claim of ID_TOKEN_CLAIMS) {
    if (payload[claim] === undefined) continue
    report({ code: 'id_token', message: 'This is an ID token. An API takes access tokens only.', claim })
    return
  }
  if (profileOf(header['typ']) === 'rfc9068') {
    for (const claim of ['client_id', 'jti'] as const) {
      if (typeof payload[claim] !== 'string' || payload[claim] === '') {
        report(invalid(claim, 'must be a text that is not empty'))
      }
    }
  } else if (typeof payload['azp'] !== 'string' || payload['azp'] === '') {
    // ID tokens of Auth0 have no azp; access tokens of its own profile always do.
    report(invalid('azp', 'must be a text that is not empty'))
  }
}

function checkShapes(payload: JsonObject, report: Report): void {
  const { scope, permissions, org_id, org_name, act } = payload
  if (scope !== undefined && typeof scope !== 'string') report(invalid('scope', 'must be one text'))
  if (permissions !== undefined && !isTexts(permissions))
    report(invalid('permissions', 'must be a list of texts'))
  if (org_id !== undefined && typeof org_id !== 'string') report(invalid('org_id', 'must be a text'))
  if (org_name !== undefined && typeof org_name !== 'string') report(invalid('org_name', 'must be a text'))
  if (act !== undefined && !isActClaim(act)) {
    report(invalid('act', 'must be an object with a sub, and so must each act in it'))
  }
}

function profileOf(typ: unknown): 'auth0' | 'rfc9068' | undefined {
  if (typ === 'JWT') return 'auth0'
  // Media types have no case (RFC 7515 section 4.1.9).
  switch (typeof typ === 'string' ? typ.toLowerCase() : undefined) {
    case 'jwt':
    case 'application/jwt':
      return 'auth0'
    case 'at+jwt':
    case 'application/at+jwt':
      return 'rfc9068'
    default:
      return undefined
  }
}

function profileOfDialect(dialect: TokenDialect): 'auth0' | 'rfc9068' {
  return dialect.startsWith('rfc9068') ? 'rfc9068' : 'auth0'
}

function invalid(claim: string, must: string): Refusal {
  return { code: 'invalid_claim', message: `The claim ${claim} ${must}.`, claim }
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
