import { isDeepStrictEqual } from 'node:util'
import { customClaimsBytes } from '../claims/index.ts'
import { type Contract, undeclaredClaims } from '../contract/index.ts'
import { type Position, type TokenKind, tokenName } from '../finding.ts'
import { OIDC_SCOPES } from '../policy/index.ts'
import type { RunnableAction } from '../runtime/types.ts'
import { isUndefined } from '../triggers/arguments.ts'
import { methodAt, postLogin } from '../triggers/index.ts'
import { profilePart, type Ran } from './run-login.ts'

/** What holds for every login of a workspace; see {@link PROPERTIES}. */
export type PropertyName = keyof typeof PROPERTIES

/** What the search looks for, in a sentence each. */
export const PROPERTIES = {
  'no-throw': 'No login fails: no Action throws, and Auth0 can build the tokens.',
  'within-time-limit': 'The Actions end, well within the time that Auth0 gives them.',
  'contract-holds': 'Every token keeps its contract.',
  'only-declared-claims': 'Tokens have no custom claim that their contract does not describe.',
  'every-write-arrives': 'No claim that is written is dropped or refused.',
  'within-budget': 'The claims take no more than "maxBytes" of the contract.',
  'known-scopes': 'Actions add only scopes that the API defines.',
  'no-secret-in-tokens': 'No secret is in a token, as it is or encoded.',
  'same-after-refresh': 'A refresh gives the claims of the login, unless the contract says otherwise.',
  'metadata-when-changed': 'Metadata is written only when it changes.',
  deterministic: 'The same login gives the same tokens.',
  'order-independent': 'What logged in before makes no difference.',
} as const

export interface Violation {
  property: PropertyName
  /** What went wrong, in one sentence; no value of a secret. */
  message: string
  claim?: string
  /** The token that the claim is, or would be, in. */
  token?: TokenKind
  /** The line at fault, where one is. */
  at?: Position
}

/** The login did not ask for the token that the claim was set on. */
const WITHOUT_TOKEN: ReadonlySet<string> = new Set(['claims/opaque-access-token', 'claims/no-id-token'])

/** The properties that one result breaks by itself. */
export function violationsIn(
  ran: Ran,
  contracts: readonly Contract[],
  actions: readonly RunnableAction[],
): Violation[] {
  const { failure, allowed, tokens, context } = ran
  const { added, unknown } = unknownScopes(ran)
  const scopes = unknown.map(
    (scope): Violation => ({
      property: 'known-scopes',
      message: `${added} adds the scope "${scope}", which ${context.api?.identifier} does not define`,
      ...placeOf(ran, scope),
    }),
  )
  if (failure !== undefined) {
    // A refresh fails for its unknown scope: that says it all.
    if (scopes.length > 0 && failure.at === undefined) return scopes
    return [
      {
        property: failure.timeout ? 'within-time-limit' : 'no-throw',
        message: failure.message,
        ...(failure.at !== undefined && { at: failure.at }),
      },
    ]
  }
  if (!allowed) return []
  const violations: Violation[] = [...scopes]
  for (const { verdict, claim, reason, rule, at } of tokens.writes) {
    if (rule !== undefined && WITHOUT_TOKEN.has(rule)) continue
    if (verdict === 'dropped' || verdict === 'refused') {
      violations.push({
        property: 'every-write-arrives',
        message: `${claim} is ${verdict}: ${reason ?? ''}`,
        claim,
        at,
      })
    }
  }
  for (const token of ['access_token', 'id_token'] as const) {
    violations.push(...contractViolations(ran, token, contracts))
  }
  return [...violations, ...leaks(ran, actions)]
}

/** What a token of one login has, or lacks, against its contract; nothing without a token or a contract for it. */
export function contractViolations(
  ran: Pick<Ran, 'tokens' | 'context'>,
  token: TokenKind,
  contracts: readonly Contract[],
): Violation[] {
  const { tokens, context } = ran
  const [payload, custom] =
    token === 'access_token'
      ? [tokens.accessToken, tokens.accessTokenClaims]
      : [tokens.idToken, tokens.idTokenClaims]
  const contract = contractFor(token, context.api?.identifier, contracts)
  if (payload === undefined || contract === undefined) return []
  const write = (claim: string): { token: TokenKind; at?: Position } => {
    const at = writeOf(ran, claim, token)
    return { token, ...(at !== undefined && { at }) }
  }
  const violations: Violation[] = []
  for (const { claim, message, keyword, path } of contract.validate(payload)) {
    const what = keyword === 'required' && path === '' ? 'is missing' : message
    violations.push({
      property: 'contract-holds',
      message: `${contract.title}: ${claim ?? 'the payload'} ${what}`,
      ...(claim === undefined ? { token } : { claim, ...write(claim) }),
    })
  }
  for (const claim of undeclaredClaims(contract, custom)) {
    violations.push({
      property: 'only-declared-claims',
      message: `${contract.title} does not describe ${claim}`,
      claim,
      ...write(claim),
    })
  }
  const bytes = customClaimsBytes(custom)
  if (contract.maxBytes !== undefined && bytes > contract.maxBytes) {
    violations.push({
      property: 'within-budget',
      message: `${contract.title}: the claims take ${bytes} bytes, "maxBytes" is ${contract.maxBytes}`,
      ...write(largestOf(custom)),
    })
  }
  return violations
}

/** The claim that takes most of the budget. */
function largestOf(custom: Readonly<Record<string, unknown>>): string {
  const sizes = Object.entries(custom).map(
    ([claim, value]) => [claim, customClaimsBytes({ [claim]: value })] as const,
  )
  return sizes.reduce((largest, one) => (one[1] > largest[1] ? one : largest))[0]
}

/** Where a claim was written last, in one of the tokens or in either. */
export function writeOf(
  { tokens }: Pick<Ran, 'tokens'>,
  claim: string,
  token?: TokenKind,
): Position | undefined {
  return tokens.writes.findLast((one) => one.claim === claim && (token === undefined || one.token === token))
    ?.at
}

/** The contract of a token of an API. */
export function contractFor(
  token: TokenKind,
  api: string | undefined,
  contracts: readonly Contract[],
): Contract | undefined {
  return contracts.find(
    (contract) => contract.token === token && (token === 'id_token' || contract.audience === api),
  )
}

function unknownScopes({ pipeline, context }: Ran): { added: string; unknown: string[] } {
  const { commands, scopes } = pipeline
  const known = context.api?.scopes
  const unknown =
    known === undefined
      ? []
      : scopes.add.filter((scope) => !known.includes(scope) && !OIDC_SCOPES.includes(scope))
  const added = commands.find(({ method }) => forcesScope(method))?.action ?? 'an Action'
  return { added, unknown }
}

function forcesScope(path: string): boolean {
  const { set, operation } = methodAt(postLogin, path)?.scope ?? {}
  return set === 'forced' && operation === 'add'
}

function placeOf({ pipeline }: Ran, scope: string): { at?: Position } {
  const found = pipeline.commands.findLast(
    (one) => forcesScope(one.method) && String(one.args[0]).trim() === scope,
  )
  return found === undefined ? {} : { at: found.at }
}

// Shorter ones are found by chance.
const SHORTEST_SECRET = 8

function leaks({ tokens }: Ran, actions: readonly RunnableAction[]): Violation[] {
  const text = JSON.stringify([tokens.accessTokenClaims, tokens.idTokenClaims])
  const violations: Violation[] = []
  for (const action of actions) {
    for (const [name, value] of Object.entries(action.secrets)) {
      if (value.length < SHORTEST_SECRET) continue
      const form = formsOf(value).find(([, form]) => text.includes(form))
      if (form === undefined) continue
      const write = tokens.writes.findLast((one) => JSON.stringify(one.value ?? null).includes(form[1]))
      violations.push({
        property: 'no-secret-in-tokens',
        message: `the secret ${name} of ${action.name} is in a token${form[0]}`,
        ...(write !== undefined && { claim: write.claim, at: write.at }),
      })
    }
  }
  return violations
}

function formsOf(secret: string): [how: string, text: string][] {
  const bytes = Buffer.from(secret)
  return [
    ['', JSON.stringify(secret).slice(1, -1)],
    ...[0, 1, 2].flatMap((before): [string, string][] => [
      [', in base64', middleOf(bytes, before, 'base64')],
      [', in base64url', middleOf(bytes, before, 'base64url')],
    ]),
    [', in hexadecimal', bytes.toString('hex')],
    [', URL-encoded', encodeURIComponent(secret)],
  ]
}

/** What is sure to stand in the encoding of a text that has these bytes in it, after so many others (modulo 3). */
function middleOf(bytes: Buffer, before: number, encoding: 'base64' | 'base64url'): string {
  const text = Buffer.concat([Buffer.alloc(before), bytes]).toString(encoding)
  // A character is 6 bits: those that share bits with a neighbour are left out.
  return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6))
}

/** What a refresh changes, claim by claim, that the contracts do not allow to change. */
export function refreshViolations(login: Ran, refresh: Ran, contracts: readonly Contract[]): Violation[] {
  if (!refresh.allowed) return []
  const violations: Violation[] = []
  for (const token of ['access_token', 'id_token'] as const) {
    const part = token === 'access_token' ? 'accessToken' : 'idToken'
    if (login.tokens[part] === undefined || refresh.tokens[part] === undefined) continue
    const [before, after] = [login.tokens[`${part}Claims`], refresh.tokens[`${part}Claims`]]
    const contract = contractFor(token, login.context.api?.identifier, contracts)
    for (const claim of new Set([...Object.keys(before), ...Object.keys(after)])) {
      if (isDeepStrictEqual(before[claim], after[claim])) continue
      if (contract?.mayDifferAfterRefresh.includes(claim)) continue
      const what = !(claim in after) ? 'is gone' : !(claim in before) ? 'is new' : 'has another value'
      const at = writeOf(claim in after ? refresh : login, claim, token)
      violations.push({
        property: 'same-after-refresh',
        message: `${claim} of the ${tokenName(token)} ${what} after a refresh`,
        claim,
        token,
        ...(at !== undefined && { at }),
      })
    }
  }
  return violations
}

/** Metadata that this login writes although it has that value already. */
export function metadataViolations({ event, pipeline }: Ran): Violation[] {
  return pipeline.commands.flatMap(({ method, args, threw, action, at }) => {
    const part = profilePart(method)
    const [key, value] = args
    if (part === undefined || threw !== undefined || isUndefined(value)) return []
    const current = (event.user[part] as Record<string, unknown> | undefined)?.[String(key)]
    // To remove a key that does not exist changes nothing either.
    if (!isDeepStrictEqual(current ?? null, value)) return []
    return [
      {
        property: 'metadata-when-changed',
        message: `${action} writes ${part}.${key} at every login, also when it has that value already`,
        at,
      } satisfies Violation,
    ]
  })
}
