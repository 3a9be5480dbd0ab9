import { formatFindings } from '../report/index.ts'
import type { PipelineResult, Simulation, TracedScope } from '../simulator/index.ts'

/** Characters of output for each Action. @see https://auth0.com/docs/customize/actions/limitations */
const KEPT_OUTPUT = 256

/** What the application would see: too large claims, and unknown scopes on a refresh, fail what every Action allowed. */
export function outcomeOf({ pipeline, tokens }: Simulation): PipelineResult['outcome'] {
  return tokens.failure === undefined ? pipeline.outcome : 'error'
}

/** The part of `schemas/simulate-output.schema.json` that speaks of one login. */
export function document(simulation: Simulation): Record<string, unknown> {
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
    findings: tokens.findings,
  }
}

/** Allowed or not, the two tokens, what is not in them and why. */
export function lines(simulation: Simulation): string[] {
  const { pipeline, tokens } = simulation
  const outcome = outcomeOf(simulation)
  const reason = tokens.failure ?? pipeline.reason
  const error = tokens.error === undefined || tokens.error === 'access_denied' ? '' : ` (${tokens.error})`
  const shown = [`${outcome}${error}${reason === undefined ? '' : `: ${reason}`}`]
  if (outcome === 'redirect') shown.push(`redirect to ${pipeline.redirect?.url}`)
  if (outcome === 'allowed') {
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
export function differences(heading: string, first: Simulation, second: Simulation): string[] {
  const outcomes = [outcomeOf(first), outcomeOf(second)]
  if (outcomes.some((outcome) => outcome !== 'allowed')) {
    const [outcome, ...rest] = lines(second)
    return [heading, `${outcomes[0]} -> ${outcome}`, ...rest]
  }
  const changed = changedClaims(first, second)
  if (changed.length === 0) return [`${heading}: the same claims`]
  const value = ({ tokens }: Simulation, token: string, claim: string) =>
    JSON.stringify((token === 'id_token' ? tokens.idToken : tokens.accessToken)?.[claim]) ?? 'absent'
  return [
    `${heading} these claims differ`,
    ...changed.map(
      ({ token, claim }) =>
        `${token} ${claim}: ${value(first, token, claim)} -> ${value(second, token, claim)}`,
    ),
  ]
}

function json(value: unknown): string[] {
  return JSON.stringify(value, null, 2).split('\n')
}
