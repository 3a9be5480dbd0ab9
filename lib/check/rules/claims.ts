import { checkClaimName, claimRules, otherMeaningOf } from '../../claims/index.ts'
import {
  type Finding,
  type Position,
  type RuleTable,
  reporter,
  type TokenKind,
  tokenName,
} from '../../finding.ts'
import { methodsWith, nameOf, type Situation, type Trigger } from '../../triggers/index.ts'
import type { Observation } from '../flow/observation.ts'
import type { Texts } from '../flow/texts.ts'
import type { Walked } from '../flow/walk-file.ts'
import { walkFile } from '../flow/walk-file.ts'
import { mayBeText } from '../possible-values.ts'
import type { Program } from '../program.ts'
import { SOURCES } from './sources.ts'

/** Rules on claims beyond those on names, which are in `lib/claims`. */
export const claimFlowRules = {
  'claims/dynamic-name': {
    severity: 'info',
    evidence: 'inference',
    source: SOURCES.claims,
    summary: 'A claim name can be read from the source.',
    why: 'The name is put together at run time. Where what is known of it decides, the finding says so.',
    example: {
      before: 'api.idToken.setCustomClaim(name, value)',
      after: "api.idToken.setCustomClaim('https://acme.example/plan', value)",
    },
  },
  'claims/not-on-refresh': {
    severity: 'warning',
    evidence: 'documentation',
    source: 'https://auth0.com/docs/secure/tokens/json-web-tokens/json-web-token-claims',
    summary: 'A claim that is set at login is set at a refresh as well.',
    why: 'A refresh runs the Actions again and inherits no claim. The Action leaves this one out when the protocol is oauth2-refresh-token, or takes it from the query string of the login, so it is gone with the first refreshed token.',
    example: {
      before: "if (event.transaction?.protocol === 'oauth2-refresh-token') return",
      after: '// set the claim first; leave out only what needs a browser',
    },
  },
  'claims/only-on-refresh': {
    severity: 'info',
    evidence: 'documentation',
    source: 'https://auth0.com/docs/secure/tokens/json-web-tokens/json-web-token-claims',
    summary: 'A claim that is set at a refresh is set at the login before it.',
    why: 'Only a refresh reaches the write: the first token after a login lacks the claim.',
    example: {
      before:
        "if (event.transaction?.protocol === 'oauth2-refresh-token') api.accessToken.setCustomClaim('https://acme.example/plan', 'team')",
      after: "api.accessToken.setCustomClaim('https://acme.example/plan', 'team')",
    },
  },
  'claims/only-after-redirect': {
    severity: 'info',
    evidence: 'documentation',
    source: 'https://auth0.com/docs/customize/actions/redirect-with-actions',
    summary: 'A claim does not depend on a redirect.',
    why: 'Only onContinuePostLogin sets the claim. It runs after a redirect or a form, and never at a refresh: other tokens lack the claim.',
    example: {
      before:
        "exports.onContinuePostLogin = async (event, api) => { api.idToken.setCustomClaim('https://acme.example/plan', 'team') }",
      after: '// keep the result in metadata, and set the claim in onExecutePostLogin',
    },
  },
  'claims/ignore-without-reason': {
    severity: 'warning',
    evidence: 'inference',
    source: SOURCES.claims,
    summary: 'What switches a rule off says why.',
    why: 'Without a reason the comment switches nothing off.',
    example: {
      before: '// claims-ignore claims/private-name',
      after: '// claims-ignore claims/private-name -- only our own API reads it',
    },
  },
} as const satisfies RuleTable

const report = reporter(claimFlowRules)
const reportName = reporter(claimRules as RuleTable)

/** A call to `setCustomClaim`. */
export interface FoundWrite {
  token: TokenKind
  names: Texts
  /** Offset of the name's expression in what ships, in UTF-16 units. */
  offset: number
  /** The handler that makes the call, when one does. */
  handler: string | undefined
  /** The value is surely `undefined`: the token gets no such claim. */
  valueless: boolean
}

/** The claim writes of a file, in the order in which the walk came to them. */
export function claimWritesOf({ observations }: Walked): FoundWrite[] {
  const writes: FoundWrite[] = []
  for (const observation of observations) {
    const token = tokenOf(observation)
    if (token === undefined || observation.kind !== 'api-call') continue
    const { args, first, firstOffset, handler, spread } = observation
    const [name, value] = args
    // The call throws: it writes no claim.
    if (!spread && !mayBeText(name)) continue
    const valueless = value === undefined ? !spread : value.kind === 'literal' && value.value === undefined
    writes.push({ token, names: first, offset: firstOffset, handler, valueless })
  }
  return writes
}

function tokenOf(observation: Observation): TokenKind | undefined {
  return observation.kind === 'api-call' ? observation.entry.claim : undefined
}

/** Namespaces that were found to be fine: most names have one that was seen before. */
const fine = new Set<string>()

/** All of a name that decides about its host: what stands before the slash that ends it. */
function namespaceOf(claim: string): string {
  const end = /^https?:\/\//i.test(claim) ? claim.indexOf('/', 8) : -1
  return end === -1 ? claim : claim.slice(0, end)
}

/** What the claim rules say of the names of one write. */
export function* nameFindings(
  write: FoundWrite,
  at: Position,
  { subject }: Pick<Trigger, 'subject'>,
): Generator<Finding> {
  const { token, names } = write
  for (const claim of names.values) {
    const namespace = namespaceOf(claim)
    if (fine.has(namespace)) continue
    const verdict = checkClaimName(claim, { token, subject })
    if (verdict.rule === 'claims/namespaced') fine.add(namespace)
    if (verdict.severity === undefined) continue
    const { severity, evidence, reason: message, hint } = verdict
    yield reportName(verdict.rule, at, { severity, evidence, message, hint, claim, token })
    const meaning = verdict.rule === 'claims/private-name' ? otherMeaningOf(claim) : undefined
    if (meaning !== undefined) {
      yield reportName('claims/standard-collision', at, {
        message: `"${claim}" has another meaning already: ${meaning}. A library that reads the token may take yours for it.`,
        hint: verdict.hint,
        claim,
        token,
      })
    }
  }
  if (!names.complete) yield dynamicName(write, at, subject)
}

function dynamicName({ token, names }: FoundWrite, at: Position, subject: Trigger['subject']): Finding {
  const { parts } = names
  const prefix = parts[0] ?? ''
  const lost = lostNamespace(parts)
  const verdict = lost === undefined ? undefined : checkClaimName(lost, { token, subject })
  if (verdict?.severity === 'error') {
    const shown = parts.join('…')
    return reportName(verdict.rule, at, {
      message: `A claim under "${shown}" will not reach the ${tokenName(token)}: the host is one of Auth0's, and the ${subject === 'user' ? 'login' : 'request'} still succeeds.`,
      hint: verdict.hint,
      claim: shown,
      token,
    })
  }
  const namespaced = NAMESPACE.test(prefix)
  const lower = prefix.toLowerCase()
  const mayBeNamespaced = ['http://', 'https://', 'urn:'].some(
    (start) => start.startsWith(lower) || lower.startsWith(start),
  )
  return report('claims/dynamic-name', at, {
    severity: mayBeNamespaced ? 'info' : 'warning',
    message: namespaced
      ? `The claim's name is known at run time only; its namespace "${prefix}" is fine.`
      : mayBeNamespaced
        ? "The claim's name is known at run time only, and nothing says that it has a namespace."
        : `The claim's name begins with "${prefix}", so it has no namespace; the rest is known at run time only.`,
    hint: namespaced
      ? 'Nothing to do.'
      : 'Begin the name with your namespace, e.g. `https://acme.example/${name}`.',
    token,
  })
}

/** A namespace whose host ends with a slash: the rest is free. */
const NAMESPACE = /^https?:\/\/[^/]+\//i

/** A name of which all that decides is known: the whole host, or its end as in `https://….auth0.com/`. */
function lostNamespace(parts: readonly string[]): string | undefined {
  const [prefix = '', second = ''] = parts
  if (NAMESPACE.test(prefix)) return `${prefix}x`
  const endsInHost = /^https?:\/\/(?:[\w-]+\.)*$/i.test(prefix) && /^\.[\w.-]+(?:$|[/:?#])/.test(second)
  // A host that ends where the known part does may go on.
  return endsInHost && (parts.length === 2 || /[/:?#]/.test(second)) ? `${prefix}x${second}` : undefined
}

const REFRESH = /refresh[-_]token/
const QUERY = /\bquery\b/

/** Whether a file looks at refreshes, or at what they lack: most do not. */
function knowsRefreshes(text: string, trigger: Trigger): boolean {
  if (trigger.situations === undefined) return false
  const atRefresh = methodsWith(trigger, (method) => method.atRefresh !== undefined).map(nameOf)
  return REFRESH.test(text) || QUERY.test(text) || atRefresh.some((name) => text.includes(name))
}

/** Claims that only some kinds of login get: refresh, redirect. */
export function* situationFindings(program: Program, writes: readonly FoundWrite[]): Generator<Finding> {
  const { trigger } = program.walked
  yield* redirectFindings(program, writes)
  if (!knowsRefreshes(program.text, trigger)) return
  const namesIn = (situation: Situation) =>
    namesOf(claimWritesOf(walkFile(program.tree, trigger, situation)).filter(({ valueless }) => !valueless))
  const [login, refresh] = [namesIn('login'), namesIn('refresh')]
  const leaveOut = REFRESH.test(program.text)
    ? 'Set the claim before the refresh is left out.'
    : 'A refresh has no query string: keep the value in metadata at the login, and set the claim from there.'
  const said = new Set<string>()
  for (const { token, names, offset, handler } of writes) {
    if (handler !== trigger.handlers.execute) continue
    for (const claim of names.values) {
      const key = `${token} ${claim}`
      const atLogin = login.has(key)
      if (atLogin === refresh.has(key) || said.has(key)) continue
      said.add(key)
      yield report(atLogin ? 'claims/not-on-refresh' : 'claims/only-on-refresh', program.positionAt(offset), {
        message: atLogin
          ? `"${claim}" is not set at a refresh: the refreshed ${tokenName(token)} lacks it.`
          : `"${claim}" is set at a refresh only: the ${tokenName(token)} of the login lacks it.`,
        hint: atLogin ? leaveOut : 'Set the claim for every login, unless that is what you want.',
        claim,
        token,
      })
    }
  }
}

function* redirectFindings(program: Program, writes: readonly FoundWrite[]): Generator<Finding> {
  const { execute, resume } = program.walked.trigger.handlers
  if (resume === undefined || !writes.some(({ handler }) => handler === resume)) return
  const executed = writes.filter(({ handler }) => handler === execute)
  if (executed.some(({ names }) => !names.complete)) return
  const set = namesOf(executed)
  for (const { token, names, offset, handler } of writes) {
    if (handler !== resume) continue
    for (const claim of names.values) {
      if (set.has(`${token} ${claim}`)) continue
      set.add(`${token} ${claim}`)
      yield report('claims/only-after-redirect', program.positionAt(offset), {
        message: `"${claim}" is set after a redirect only: the ${tokenName(token)} of other logins, and of a refresh, lacks it.`,
        hint: `Keep what the redirect brings in metadata, and set the claim in ${execute}.`,
        claim,
        token,
      })
    }
  }
}

function namesOf(writes: readonly FoundWrite[]): Set<string> {
  return new Set(writes.flatMap(({ token, names }) => names.values.map((claim) => `${token} ${claim}`)))
}

/** A write with the Action that makes it and its place in the source. */
export interface PlacedWrite extends FoundWrite {
  action: string
  at: Position
}

/** Claims that a later Action sets again: last write wins. */
export function* overwriteFindings(
  order: readonly string[],
  writes: readonly PlacedWrite[],
): Generator<Finding> {
  // Of each Action the first write of a claim: the list of all may be long, that of Actions is not.
  const first = new Map<string, Map<string, PlacedWrite>>()
  for (const write of writes) {
    for (const claim of write.names.values) {
      const key = `${write.token} ${claim}`
      const own = first.get(key) ?? new Map<string, PlacedWrite>()
      first.set(key, own)
      if (!own.has(write.action)) own.set(write.action, write)
    }
  }
  for (const write of writes) {
    for (const claim of write.names.values) {
      const others = [...first.get(`${write.token} ${claim}`)!.values()]
      const later = others.find(({ action }) => order.indexOf(action) > order.indexOf(write.action))
      if (later === undefined) continue
      yield reportName('claims/overwritten', write.at, {
        message: `"${later.action}" runs later and sets "${claim}" again (${later.at.file}:${later.at.line}): its value wins.`,
        hint: 'Let one Action own the claim.',
        claim,
        token: write.token,
      })
    }
  }
}
