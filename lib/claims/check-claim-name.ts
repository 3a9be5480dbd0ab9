import { type Evidence, type Severity, tokenName } from '../finding.ts'
import { isAuth0Audience } from './audience.ts'
import { PROFILE_CLAIM_SCOPES, RESTRICTED_CLAIMS } from './names.ts'
import { isAuth0Host, isWebName, namespaceHost } from './namespace.ts'
import { type ClaimRuleId, claimRules } from './rules.ts'
import type { ClaimNameContext, ClaimNameVerdict, NameVerdict } from './verdict.ts'

/** A short name as it would be under a namespace; for hints. */
const namespaced = (name: string) => `https://acme.example/${name.replace(/^[$/]+/, '') || 'name'}`

/**
 * Names that Auth0 itself reads without a namespace: the end of an enterprise session, and the response of Express
 * Configuration.
 */
const READ_AS_THEY_ARE = new Set(['session_expiry', 'express_configuration'])

/** Names that a known receiver of tokens reads without a namespace. */
const READ_BY: ReadonlyMap<string, string> = new Map([['role', 'Supabase']])

/**
 * What Auth0 makes of one claim name on one token: kept, dropped in silence, or refused by the call.
 * Decides by name, token, audience and scopes alone. Does not look at the value, at its size, at how often
 * a claim is set, or at whether the name is declared in a contract.
 *
 * @see https://auth0.com/docs/secure/tokens/json-web-tokens/create-custom-claims
 */
export function checkClaimName(name: string, context: ClaimNameContext): ClaimNameVerdict {
  const short = shortened(name)
  const quoted = JSON.stringify(short)
  const token = tokenName(context.token)
  const ofUser = context.subject !== 'application'
  const succeeds = `the ${ofUser ? 'login' : 'request'} still succeeds`

  if (name === 'scope' && !ofUser) {
    return rule('claims/reserved-scope', 'dropped', 'warning', {
      reason: '"scope" cannot be a custom claim: Auth0 most likely drops it.',
      hint: `Use api.transaction.addTargetScope(...) to change scopes, or a namespaced name, e.g. "${namespaced('scope')}".`,
      evidence: 'inference',
    })
  }
  if (name === 'scope') {
    return rule('claims/reserved-scope', 'refused', 'error', {
      reason: '"scope" cannot be a custom claim: the call throws, and uncaught it fails the login.',
      hint:
        context.token === 'id_token'
          ? `Use a namespaced name, e.g. "${namespaced('scope')}".`
          : `Use api.accessToken.addScope(...) to change scopes, or a namespaced name, e.g. "${namespaced('scope')}".`,
    })
  }
  if (RESTRICTED_CLAIMS.has(name)) {
    return rule('claims/restricted-name', 'dropped', 'error', {
      reason: `${quoted} is restricted: Auth0 drops it from the ${token} and ${succeeds}.`,
      hint: `Use a namespaced name, e.g. "${namespaced(short)}".`,
    })
  }
  if (name.startsWith('$')) {
    return rule('claims/dollar-prefix', 'dropped', 'error', {
      reason: `${quoted} starts with "$", which Auth0 refuses in claim names.`,
      hint: `Use a namespaced name, e.g. "${namespaced(short)}".`,
    })
  }
  if (isWebName(name)) return checkWebName(name, quoted, token, context)
  if (/^urn:auth0/i.test(name)) {
    return rule('claims/urn-auth0', 'dropped', 'error', {
      reason: `${quoted} starts with "urn:auth0", which Auth0 reserves: the claim does not reach the ${token}.`,
      hint: `Use a name of your own, e.g. "${short.replace(/^urn:auth0/i, 'urn:acme')}".`,
    })
  }
  const auth0Api = onAuth0Api(context)
  if (auth0Api && !PROFILE_CLAIM_SCOPES.has(name)) {
    return rule('claims/auth0-audience', 'dropped', 'warning', {
      reason: `${quoted} has no namespace: Auth0 drops it from access tokens for its own API.`,
      hint: 'Ask for a token of an API of your own to carry custom claims.',
      evidence: 'documentation',
    })
  }
  if (/^urn:/i.test(name)) {
    return rule('claims/urn', 'kept', context.token === 'id_token' ? 'info' : undefined, {
      reason:
        context.token === 'id_token'
          ? `${quoted} is a URN; the documentation allows URNs for custom APIs and is silent on ID tokens.`
          : `${quoted} is a URN of your own: kept in access tokens for an API of your own.`,
      hint: 'A name under an https address works in both tokens.',
    })
  }
  if (READ_AS_THEY_ARE.has(name)) {
    return rule('claims/private-name', 'kept', undefined, {
      reason: `${quoted} is read by Auth0 under this very name.`,
      hint: '',
    })
  }
  const gate = PROFILE_CLAIM_SCOPES.get(name)
  if (gate !== undefined) return checkProfileClaim(name, quoted, token, gate, context)
  return rule('claims/private-name', 'kept', 'warning', {
    reason:
      `${quoted} has no namespace: ` +
      (context.token === 'access_token'
        ? 'kept for an API of your own, dropped for an API of Auth0, and it may collide.'
        : 'it is kept today and may collide with a claim of Auth0 or of a standard.'),
    hint: hintOf(short),
  })
}

function hintOf(name: string): string {
  const receiver = READ_BY.get(name)
  // A host that cannot stay, such as one of Auth0's, is not doubled.
  const [host, path] = name.split('/', 2)
  const hasHost = /^https?:/i.test(name) || (path !== undefined && host!.includes('.'))
  const own = hasHost ? lastSegment(name) : name
  return receiver === undefined
    ? `${slipOf(name) ?? 'Use a namespaced name'}, e.g. "${asAddress(name) ?? namespaced(own)}".`
    : `Keep the name for ${receiver}, which reads it as it is; for others use "${namespaced(name)}".`
}

/** What is wrong with a name that was meant to be an address. */
function slipOf(name: string): string | undefined {
  if (asAddress(name) === undefined) return undefined
  if (/^https?:/i.test(name)) return 'An address has "://" after its scheme'
  return 'The name lacks "https://"'
}

/** The address that the author meant: `https:/host/x`, `//host/x` and `host/x` as `https://host/x`. */
function asAddress(name: string): string | undefined {
  const [, scheme = 'https:', rest = ''] = /^(https?:)?[/\\]*(.*)$/is.exec(name) ?? []
  const isHost = /^[a-z0-9-]+(?:\.[a-z0-9-]+)+[/:#?]./i.test(rest)
  const address = `${scheme.toLowerCase()}//${rest}`
  const host = isHost ? namespaceHost(address) : undefined
  return host === undefined || isAuth0Host(host) ? undefined : address
}

function checkWebName(
  name: string,
  quoted: string,
  token: string,
  context: ClaimNameContext,
): ClaimNameVerdict {
  const host = namespaceHost(name)
  if (host === undefined) {
    return rule('claims/malformed-namespace', 'kept', 'warning', {
      reason: `${quoted} starts like a web address and has no host that can be read.`,
      hint: 'Use an address of a domain that you control, e.g. "https://acme.example/plan".',
    })
  }
  if (isAuth0Host(host)) {
    const execution = context.subject === 'application' ? 'request' : 'login'
    return rule('claims/auth0-namespace', 'dropped', 'error', {
      reason: `${quoted} is under "${host}", a domain of Auth0: the claim is dropped from the ${token} and the ${execution} still succeeds.`,
      hint: `Use a namespace on a domain that you control, e.g. "${namespaced(lastSegment(name))}".`,
    })
  }
  if (onAuth0Api(context)) {
    return rule('claims/auth0-audience', 'kept', 'warning', {
      reason: `Auth0's own page contradicts itself on whether ${quoted} reaches an access token for its own API.`,
      hint: 'Ask for a token of an API of your own to carry custom claims.',
    })
  }
  return rule('claims/namespaced', 'kept', undefined, {
    reason: `${quoted} is under a namespace that is not Auth0's.`,
    hint: '',
  })
}

function checkProfileClaim(
  name: string,
  quoted: string,
  token: string,
  gate: string,
  context: ClaimNameContext,
): ClaimNameVerdict {
  const hint =
    context.subject === 'application'
      ? `Use a namespaced name, e.g. "${namespaced(name)}".`
      : context.token === 'access_token'
        ? `Use a namespaced name, e.g. "${namespaced(name)}"; the ID token has ${quoted} with the scope "${gate}".`
        : `Ask for the scope "${gate}", or use a namespaced name, e.g. "${namespaced(name)}".`
  if (context.scopes === undefined) {
    return rule('claims/oidc-profile-scope', 'kept', context.token === 'access_token' ? 'warning' : 'info', {
      reason: `${quoted} is an OIDC profile claim: Auth0 removes it from the ${token} when the scope "${gate}" was not asked for.`,
      hint,
    })
  }
  if (!context.scopes.includes(gate)) {
    return rule('claims/oidc-profile-scope', 'dropped', 'warning', {
      reason: `${quoted} is an OIDC profile claim and the scope "${gate}" was not asked for: Auth0 removes it from the ${token}.`,
      hint,
    })
  }
  if (name === 'email' && context.token === 'access_token' && context.passwordGrant === true) {
    return rule('claims/oidc-profile-scope', 'dropped', 'warning', {
      reason: `${quoted} is not set on access tokens of the password grant, by Auth0's support.`,
      hint: `Use a namespaced name, e.g. "${namespaced(name)}".`,
      evidence: 'support',
    })
  }
  return rule('claims/oidc-profile-scope', 'kept', context.token === 'access_token' ? 'info' : undefined, {
    reason: `${quoted} is an OIDC profile claim, and the scope "${gate}" was asked for.`,
    hint,
  })
}

/** A claim name as messages show it. A name of a megabyte would otherwise stand in every message of a report. */
function shortened(name: string): string {
  return name.length > 250 ? `${name.slice(0, 250)}…` : name
}

function onAuth0Api(context: ClaimNameContext): boolean {
  return (
    context.token === 'access_token' && context.audience !== undefined && isAuth0Audience(context.audience)
  )
}

function lastSegment(name: string): string {
  const segments = name.replace(/^https?:\/\/[^/\\?#]*/i, '').split(/[/#?:]/)
  return shortened(segments.findLast((segment) => segment !== '') ?? 'name')
}

function rule(
  id: ClaimRuleId,
  verdict: NameVerdict,
  severity: Severity | undefined,
  text: { reason: string; hint: string; evidence?: Evidence },
): ClaimNameVerdict {
  const { evidence, source } = claimRules[id]
  return {
    verdict,
    rule: id,
    ...(severity === undefined ? {} : { severity }),
    reason: text.reason,
    hint: text.hint,
    evidence: text.evidence ?? evidence,
    source,
  }
}
