import { PROFILE_CLAIM_SCOPES } from '../../claims/index.ts'
import { isIssuedClaim } from '../../contract/index.ts'
import { type Position, type TokenKind, tokenName } from '../../finding.ts'
import type { Simulation, TracedWrite } from '../../simulator/index.ts'
import { methodsWith, postLogin } from '../../triggers/index.ts'
import { outcomeOf } from '../simulation-output.ts'
import type { WritePlace } from './write-places.ts'

/** What became of a claim in one token of one login. */
export type ClaimInToken = {
  token: TokenKind
} & (
  | {
      arrives: true
      value: unknown
      /** The line that set it; absent for what Auth0 sets by itself. */
      at?: Position
      action?: string
    }
  | {
      arrives: false
      /** One sentence. */
      reason: string
      /** Where it is lost, or would have been set. */
      at?: Position
      rule?: string
      /** What would bring it, in words. */
      hint?: string
      source?: string
    }
)

/**
 * Whether a claim is in a token of a login that was run, with the line that set it, or why not. Of several reasons the
 * one that comes first in a login counts: no token, no run, a write that was lost, no write.
 *
 * @param places where any Action of the workspace can set it
 */
export function claimInToken(
  claim: string,
  token: TokenKind,
  simulation: Simulation,
  places: readonly WritePlace[],
): ClaimInToken {
  const { tokens } = simulation
  const payload = token === 'id_token' ? tokens.idToken : tokens.accessToken
  const writes = tokens.writes.filter((write) => write.token === token && write.claim === claim)
  if (outcomeOf(simulation) === 'allowed' && payload !== undefined && Object.hasOwn(payload, claim)) {
    const kept = writes.findLast(({ verdict }) => verdict === 'kept')
    return {
      token,
      arrives: true,
      value: payload[claim],
      ...(kept !== undefined && { at: kept.at, action: kept.action }),
    }
  }
  return { token, arrives: false, ...missing(claim, token, simulation, { writes, places, payload }) }
}

type Missing = Omit<Extract<ClaimInToken, { arrives: false }>, 'token' | 'arrives'>

interface Known {
  writes: readonly TracedWrite[]
  places: readonly WritePlace[]
  payload: Record<string, unknown> | undefined
}

function missing(claim: string, token: TokenKind, simulation: Simulation, known: Known): Missing {
  return (
    withoutTokens(simulation) ??
    withoutToken(token, known.payload) ??
    lostWrite(known.writes) ??
    otherToken(claim, token, simulation.tokens.writes) ??
    notReached(token, known.places) ??
    nobodySets(claim, token)
  )
}

function withoutTokens({ pipeline, tokens }: Simulation): Missing | undefined {
  const outcome = outcomeOf({ pipeline, tokens } as Simulation)
  if (outcome === 'allowed') return undefined
  const last = pipeline.runs.at(-1)
  if (outcome === 'redirect') {
    return {
      reason: `"${last?.action}" sends the user to another site first; tokens are made when the user comes back.`,
      hint: 'claims prove follows redirects and forms.',
    }
  }
  const said = tokens.failure ?? pipeline.reason
  const by = last === undefined ? 'The tenant refuses the login' : `The login ends in "${last.action}"`
  const at = last?.error?.at
  return {
    reason: `${by}, and there are no tokens${said === undefined ? '.' : `: ${said}`}`,
    ...(at !== undefined && { at }),
    ...(last === undefined && { hint: 'Choose another login, or change tenant.yaml and tenant.local.yaml.' }),
  }
}

function withoutToken(token: TokenKind, payload: Record<string, unknown> | undefined): Missing | undefined {
  if (payload !== undefined) return undefined
  return token === 'id_token'
    ? {
        reason: 'There is no ID token: the scope openid is not granted.',
        hint: 'Ask for the scope openid.',
        rule: 'claims/no-id-token',
      }
    : {
        reason: 'The access token is opaque: no API was asked for, so it carries no claims.',
        hint: 'Send audience=<identifier of the API> to /authorize, or set a default audience of the tenant.',
        rule: 'claims/opaque-access-token',
      }
}

function lostWrite(writes: readonly TracedWrite[]): Missing | undefined {
  const lost =
    writes.findLast(({ verdict }) => verdict !== 'kept' && verdict !== 'overwritten') ?? writes.at(-1)
  if (lost === undefined) return undefined
  const { at, verdict, reason, rule, hint, source } = lost
  const what =
    verdict === 'kept'
      ? 'It is set to what JSON has no form for, such as undefined.'
      : `The write is ${verdict}${reason === undefined ? '.' : `: ${reason}`}`
  return {
    reason: what,
    at,
    ...(rule !== undefined && { rule }),
    ...(hint !== undefined && { hint }),
    ...(source !== undefined && { source }),
  }
}

function otherToken(claim: string, token: TokenKind, writes: readonly TracedWrite[]): Missing | undefined {
  const other = writes.find((write) => write.claim === claim && write.token !== token)
  if (other === undefined) return undefined
  return {
    reason: `Only the ${tokenName(other.token)} gets it.`,
    at: other.at,
    hint: `Call api.${setterOf(token)} as well, where it belongs into both.`,
  }
}

function notReached(token: TokenKind, places: readonly WritePlace[]): Missing | undefined {
  const here = places.filter((place) => place.token === token)
  const bound = here.find(({ isBound, ofLogin }) => isBound && ofLogin)
  if (bound !== undefined) {
    return {
      reason: `"${bound.action}" can set it, and did not in this login.`,
      at: bound.at,
      hint: 'Look at the conditions before this line.',
    }
  }
  const elsewhere = here.find(({ ofLogin }) => !ofLogin)
  const unbound = here.find(({ isBound }) => !isBound)
  if (unbound !== undefined) {
    return {
      reason: `"${unbound.action}" sets it, and is bound to no trigger.`,
      at: unbound.at,
      hint: `Bind it in tenant.yaml: triggers: ${unbound.trigger}.`,
    }
  }
  if (elsewhere !== undefined) {
    return {
      reason: `"${elsewhere.action}" sets it for ${elsewhere.trigger}, which is no login.`,
      at: elsewhere.at,
      hint: `A login runs the Actions of ${postLogin.id}.`,
    }
  }
  return undefined
}

/** The method that sets a claim of a token. */
function setterOf(token: TokenKind): string {
  return methodsWith(postLogin, ({ claim }) => claim === token)[0]!
}

/** What brings a claim that Auth0 sets by itself. */
const BROUGHT_BY: Readonly<Record<string, string>> = {
  permissions:
    'Only access tokens have it, for an API with RBAC (enforce_policies) and "Add Permissions in the Access Token" (token_dialect: access_token_authz).',
  org_id: 'Only a login to an organization has it.',
  org_name:
    'Only a login to an organization has it, where the tenant allows names (allow_organization_name_in_authentication_api).',
  nonce: 'It comes back in the ID token where /authorize was given one.',
  roles: 'Auth0 sets no such claim. An Action sets one with a namespace, from event.authorization.',
  groups: 'Auth0 sets no such claim. An Action sets one with a namespace.',
}

function nobodySets(claim: string, token: TokenKind): Missing {
  if (isIssuedClaim(claim)) {
    const scope = PROFILE_CLAIM_SCOPES.get(claim)
    const profile =
      scope === undefined
        ? undefined
        : `The ID token has it where the scope ${scope} is granted and the user's profile has a value.`
    return {
      reason: `Auth0 has no "${claim}" for the ${tokenName(token)} of this login.`,
      hint:
        profile ??
        BROUGHT_BY[claim] ??
        'Look at the scopes that were granted, and at the settings of the API.',
    }
  }
  return {
    reason: `No Action of this workspace sets it on the ${tokenName(token)}.`,
    hint: `Call api.${setterOf(token)}(${JSON.stringify(claim)}, …) in an Action that is bound to ${postLogin.id}.`,
  }
}
