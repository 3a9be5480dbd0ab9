import { formatFindings } from '../report/index.ts'
import type { PipelineResult, Simulation, TracedScope } from '../simulator/index.ts'
import { methodAt, postLogin } from '../triggers/index.ts'
import { claimTable, shortValue } from './claim-table.ts'
import { type ContractVerdict, verdictLines } from './contract-verdicts.ts'

/** Characters of output for each Action. @see https://auth0.com/docs/customize/actions/limitations */
const KEPT_OUTPUT = 256

/** What the application would see: too large claims, and unknown scopes on a refresh, fail what every Action allowed. */
export function outcomeOf({ pipeline, tokens }: Simulation): PipelineResult['outcome'] {
  return tokens.failure === undefined ? pipeline.outcome : 'error'
}

/** The part of `schemas/simulate-output.schema.json` that speaks of one login. */
export function document(
  simulation: Simulation,
  contracts: readonly ContractVerdict[],
): Record<string, unknown> {
  const { pipeline, tokens } = simulation
  const outcome = outcomeOf(simulation)
  const reason = tokens.failure ?? pipeline.reason
  return {
    outcome,
    ...(tokens.error !== undefined && { error: tokens.error }),
    ...(reason !== undefined && { reason }),
    ...(outcome === 'redirect' && { redirect: pipeline.redirect }),
    ...(outcome === 'allowed' && {
      ...(tokens.idToken !== undefined && { idToken: tokens.idToken }),
      ...(tokens.accessToken !== undefined && { accessToken: tokens.accessToken }),
    }),
    scopes: tokens.scopes,
    userMetadata: pipeline.userMetadata,
    appMetadata: pipeline.appMetadata,
    writes: tokens.writes.map(({ action, at, token, claim, verdict, rule, reason }) => ({
      action,
      ...at,
      token,
      claim,
      verdict,
      ...(rule !== undefined && { rule }),
      ...(reason !== undefined && { reason }),
    })),
    scopeTrace: simulation.scopeTrace.map(({ by, action, at, operation, scope, verdict, rule, reason }) => ({
      by,
      ...(action !== undefined && { action }),
      ...at,
      operation,
      scope,
      verdict,
      ...(rule !== undefined && { rule }),
      ...(reason !== undefined && { reason }),
    })),
    runs: pipeline.runs,
    contracts,
    findings: tokens.findings,
  }
}

/** Allowed or not, what the Actions did, the two tokens, what is not in them and why, and whether they keep their contracts. */
export function lines(simulation: Simulation, contracts: readonly ContractVerdict[]): string[] {
  const { tokens } = simulation
  const shown = [...head(simulation), ...did(simulation)]
  if (outcomeOf(simulation) === 'allowed') {
    shown.push(
      '',
      ...(tokens.idToken === undefined
        ? ['ID token: none, since the scope openid is not granted']
        : ['ID token', ...json(tokens.idToken)]),
      '',
      ...(tokens.accessToken === undefined
        ? ['Access token: opaque, since no API was asked for']
        : ['Access token', ...json(tokens.accessToken)]),
    )
  }
  return [...shown, ...notes(simulation, contracts)]
}

function head(simulation: Simulation): string[] {
  const { pipeline, tokens } = simulation
  const outcome = outcomeOf(simulation)
  const reason = tokens.failure ?? pipeline.reason
  const error = tokens.error === undefined || tokens.error === 'access_denied' ? '' : ` (${tokens.error})`
  return [
    `${outcome}${error}${reason === undefined ? '' : `: ${reason}`}`,
    ...(outcome === 'redirect' ? [`redirect to ${pipeline.redirect?.url}`] : []),
  ]
}

/** What the Actions wrote, whatever came of it: claims, scopes, metadata. */
function did(simulation: Simulation): string[] {
  const { pipeline, tokens, scopeTrace } = simulation
  const shown = [
    ...(tokens.writes.length === 0
      ? []
      : claimTable(tokens.writes, ({ verdict, rule }) =>
          verdict === 'overwritten' || rule === undefined ? verdict : `${verdict} ${rule}`,
        )),
    ...scopeTrace.flatMap(({ at, operation, scope, verdict }) =>
      at === undefined || verdict !== 'kept'
        ? []
        : [`scope ${scope} ${operation === 'add' ? 'added' : 'removed'} by ${at.file}:${at.line}`],
    ),
    ...metadataLines(pipeline, 'user_metadata', pipeline.userMetadata),
    ...metadataLines(pipeline, 'app_metadata', pipeline.appMetadata),
  ]
  return shown.length === 0 ? [] : ['', 'What the Actions did', ...shown]
}

function metadataLines(
  { commands }: PipelineResult,
  part: 'user_metadata' | 'app_metadata',
  written: Readonly<Record<string, unknown>>,
): string[] {
  return Object.entries(written).map(([key, value]) => {
    const call = commands.findLast(
      ({ method, args, threw }) =>
        threw === undefined && methodAt(postLogin, method)?.profile === part && String(args[0]) === key,
    )
    const by = call === undefined ? '' : ` by ${call.at.file}:${call.at.line}`
    return value === null ? `${part} ${key} removed${by}` : `${part} ${key} = ${shortValue(value)}, set${by}`
  })
}

/** What is not in a token and why, what the Actions printed, what went wrong, and the contracts. */
function notes(simulation: Simulation, contracts: readonly ContractVerdict[]): string[] {
  const { pipeline, tokens } = simulation
  const outcome = outcomeOf(simulation)
  const shown: string[] = []
  const lost = tokens.writes.filter(({ verdict }) => verdict !== 'kept')
  if (lost.length > 0) shown.push('', 'Not in a token')
  for (const { at, token, claim, verdict, rule, reason: why } of lost) {
    shown.push(
      `${at.file}:${at.line}:${at.column} ${verdict} ${token} ${JSON.stringify(claim)}${rule === undefined ? '' : ` ${rule}`}${why === undefined ? '' : ` ${why}`}`,
    )
  }
  const lostScopes = simulation.scopeTrace.filter(({ verdict }) => verdict !== 'kept')
  if (lostScopes.length > 0 && outcome === 'allowed')
    shown.push('', 'Scopes that were not granted or changed')
  if (outcome === 'allowed') shown.push(...lostScopes.map(scopeLine))
  const logs = pipeline.runs.flatMap(({ action, logs: own }) => [
    ...own.map(({ text: line }) => `${action}: ${line}`),
    ...(own.reduce((sum, { text: line }) => sum + line.length, 0) > KEPT_OUTPUT
      ? [`Of what "${action}" prints, Auth0 keeps ${KEPT_OUTPUT} characters.`]
      : []),
  ])
  if (logs.length > 0) shown.push('', 'Logs', ...logs)
  if (tokens.findings.length > 0) shown.push('', ...formatFindings(tokens.findings).split('\n'))
  if (contracts.length > 0) shown.push('', 'Contracts', ...verdictLines(contracts))
  return shown
}

function scopeLine({ by, at, scope, verdict, rule, reason }: TracedScope): string {
  const place = at === undefined ? by : `${at.file}:${at.line}:${at.column}`
  const call = at === undefined ? '' : `${by} `
  return [`${place} ${verdict} ${call}${JSON.stringify(scope)}`, rule, reason].filter(Boolean).join(' ')
}

/** Claims that a refresh gives another value than the login did. */
export function changedClaims(first: Simulation, second: Simulation): { token: string; claim: string }[] {
  const changed: { token: string; claim: string }[] = []
  const compare = (token: string, a: Record<string, unknown> = {}, b: Record<string, unknown> = {}) => {
    for (const claim of new Set([...Object.keys(a), ...Object.keys(b)])) {
      if (JSON.stringify(a[claim]) !== JSON.stringify(b[claim])) changed.push({ token, claim })
    }
  }
  compare('id_token', first.tokens.idToken, second.tokens.idToken)
  compare('access_token', first.tokens.accessToken, second.tokens.accessToken)
  return changed
}

/** The claims that differ between two runs, with both values; under a heading. */
export function differences(
  heading: string,
  first: Simulation,
  second: Simulation,
  contracts: readonly ContractVerdict[] = [],
): string[] {
  const outcomes = [outcomeOf(first), outcomeOf(second)]
  if (outcomes.some((outcome) => outcome !== 'allowed')) {
    const [outcome, ...rest] = lines(second, contracts)
    return [heading, `${outcomes[0]} -> ${outcome}`, ...rest]
  }
  const changed = claimChanges(first, second)
  return changed.length === 0
    ? [`${heading}: the same claims`]
    : [`${heading} these claims differ`, ...changed]
}

function claimChanges(first: Simulation, second: Simulation): string[] {
  const value = ({ tokens }: Simulation, token: string, claim: string) =>
    JSON.stringify((token === 'id_token' ? tokens.idToken : tokens.accessToken)?.[claim]) ?? 'absent'
  return changedClaims(first, second).map(
    ({ token, claim }) =>
      `${token} ${claim}: ${value(first, token, claim)} -> ${value(second, token, claim)}`,
  )
}

/** One run of many: what was shown, and of what. */
export interface Shown {
  simulation: Simulation
  contracts: readonly ContractVerdict[]
}

/**
 * What a save has changed: the outcome, claims, and what is said of them for the first time. A line that only stands at
 * another place of its file is not new.
 */
export function changesSince(before: Shown, now: Shown): string[] {
  const outcome = head(now.simulation)
  const said = ({ simulation, contracts }: Shown) => [...did(simulation), ...notes(simulation, contracts)]
  const known = new Set([...head(before.simulation), ...said(before)].map(withoutPlaces))
  const fresh = said(now).filter((line) => line !== '' && !known.has(withoutPlaces(line)))
  const heard = new Set(said(now).map(withoutPlaces))
  const gone = said(before).filter((line) => line !== '' && !heard.has(withoutPlaces(line)))
  const shown = [
    ...(outcome.join() === head(before.simulation).join() ? [] : outcome),
    ...(outcomeOf(now.simulation) === 'allowed' ? claimChanges(before.simulation, now.simulation) : []),
    ...fresh.map((line) => `+ ${line.trim()}`),
    ...gone.map((line) => `- ${line.trim()}`),
  ]
  return shown.length === 0 ? [`${outcome[0]}, with the same claims`] : shown
}

function withoutPlaces(line: string): string {
  return line.replace(/:\d+(?::\d+)?(?!\S)/g, '').replace(/ {2,}/g, ' ')
}

function json(value: unknown): string[] {
  return JSON.stringify(value, null, 2).split('\n')
}
