import { type Finding, type RuleTable, reporter } from '../../finding.ts'
import { methodsWith, type Trigger } from '../../triggers/index.ts'
import { shapeAt } from '../../triggers/shape.ts'
import type { Observation } from '../flow/observation.ts'
import { nearest } from '../nearest.ts'
import type { Program } from '../program.ts'
import { SOURCES } from './sources.ts'

export const eventRules = {
  'event/possibly-absent': {
    severity: 'warning',
    evidence: 'documentation',
    source: SOURCES.event,
    summary: 'Parts of the event that may be missing are tested first.',
    why: 'Reading a member of undefined throws, and so does giving it to JSON.parse or Object.entries; uncaught, that fails the login of everyone who lacks it. What find, match or a chain with ?. gives is undefined (or null) where nothing fits.',
    example: { before: 'event.authorization.roles', after: 'event.authorization?.roles ?? []' },
  },
  'event/unknown-property': {
    severity: 'warning',
    evidence: 'documentation',
    source: SOURCES.event,
    summary: 'Only properties are read that the event of the trigger has.',
    why: 'Others are undefined; reading a member of one throws.',
    example: { before: 'event.refreshToken', after: 'event.refresh_token' },
  },
  'event/stale-metadata': {
    severity: 'info',
    evidence: 'documentation',
    source: SOURCES.api,
    summary: 'Metadata is not read from the event after it was written.',
    why: 'The event does not change: it has the value from before, and at the first login none. The usual reason for a claim that is right only from the second login on.',
    example: {
      before:
        "api.user.setAppMetadata('plan', 'free'); api.idToken.setCustomClaim('https://acme.example/plan', event.user.app_metadata.plan)",
      after:
        "const plan = 'free'; api.user.setAppMetadata('plan', plan); api.idToken.setCustomClaim('https://acme.example/plan', plan)",
    },
  },
  'event/assignment': {
    severity: 'warning',
    evidence: 'documentation',
    source: 'https://auth0.com/docs/customize/actions/migrate/migrate-from-rules-to-actions',
    summary: 'Nothing is put into the event that only Auth0 or other Actions could use.',
    why: 'The event is read-only: what an Action puts into it changes neither user, tokens nor login, and no other Action sees it. Rules worked otherwise.',
    example: {
      before: "event.user.app_metadata.plan = 'free'",
      after: "api.user.setAppMetadata('plan', 'free')",
    },
  },
} as const satisfies RuleTable

const report = reporter(eventRules)

/** Uses of `event` that throw, or that give nothing. */
export function* eventFindings({ walked, positionAt }: Program): Generator<Finding> {
  const { trigger } = walked
  const source = trigger.pages.event
  // One place of a line is one thing to mend.
  const said = new Set<string>()
  const written = new Set<string>()
  for (const one of walked.observations) if (one.kind === 'event-write') written.add(one.path)
  const sure = new Set<number>()
  for (const one of walked.observations) {
    if (one.kind === 'absent' && !one.unclear && !one.caught) sure.add(one.offset)
  }
  yield* assignmentFindings(walked, positionAt)
  for (const { kind, offset, ...one } of walked.observations) {
    if (kind !== 'stale' || !('method' in one) || !('path' in one) || written.has(one.path)) continue
    yield report('event/stale-metadata', positionAt(offset), {
      message: `${one.path} still has the value from before api.${one.method}: the event does not change.`,
      hint: 'Keep the new value in a variable, and use that in both places.',
    })
  }
  for (const observation of walked.observations) {
    if (observation.kind !== 'absent' && observation.kind !== 'unknown-event') continue
    const { path, caught } = observation
    if (observation.kind === 'absent' && caught) continue
    // What surely may be missing says more than what is only marked so, at one place.
    if (observation.kind === 'absent' && observation.unclear && sure.has(observation.offset)) continue
    // What the Action itself has put there.
    if (observation.kind === 'unknown-event' && written.has(path)) continue
    const at = positionAt(observation.offset)
    const key = `${at.file}:${at.line} ${path}`
    if (said.has(key)) continue
    said.add(key)
    if (observation.kind === 'absent') {
      yield report('event/possibly-absent', at, {
        severity: observation.unclear ? 'info' : 'warning',
        source,
        message: absentMessage(observation, trigger),
        hint: absentHint(observation),
      })
    } else {
      const used = observation.used && !caught
      yield report('event/unknown-property', at, {
        severity: used ? 'error' : 'warning',
        source,
        message: used
          ? `${path} does not exist: reading a member of it throws.`
          : `${path} is not in the ${trigger.id} event: it is undefined${observation.open ? ', unless the connection brings it' : ''}.`,
        hint: meant(path, observation.next, trigger),
      })
    }
  }
}

/** What is put into the event and never used: the Action itself may well keep things there. */
function* assignmentFindings(
  { trigger, observations }: Program['walked'],
  positionAt: Program['positionAt'],
): Generator<Finding> {
  const [setClaim] = methodsWith(trigger, ({ claim }) => claim === 'access_token')
  const called = new Set<string>()
  for (const one of observations) if (one.kind === 'api-call') called.add(one.method)
  for (const one of observations) {
    if (one.kind !== 'event-write' || one.place.uses > one.uses) continue
    const [, call] = trigger.setters.find(([path]) => `${one.path}.`.startsWith(`${path}.`)) ?? []
    // A copy is kept up to date beside the real change.
    if (call !== undefined && called.has(/^api\.([\w.]+)/.exec(call)?.[1] ?? '')) continue
    yield report('event/assignment', positionAt(one.offset), {
      message: `${one.path} is changed in this Action's copy of the event only: it reaches neither Auth0 nor another Action.`,
      hint:
        call !== undefined
          ? `Call ${call}.`
          : `Set a claim with api.${setClaim}(name, value), or keep the value in a variable.`,
    })
  }
}

type Absent = Extract<Observation, { kind: 'absent' }>

function absentMessage({ path, chain, unclear, result }: Absent, { execution }: Trigger): string {
  if (unclear) return `${path} is marked optional; a flow without it is not documented.`
  const then = `then throws and fails the ${execution}.`
  if (result === true) return `${path} may give nothing: this use of it ${then}`
  return chain === undefined
    ? `${path} may be missing: this use of it ${then}`
    : `${path} may be missing: ${chain} is undefined then, and this use of it ${then}`
}

function absentHint({ path, written, chain, whole }: Absent): string {
  if (whole) return `Give a default, (${written} ?? …), or test ${path} first.`
  return chain === undefined
    ? `Use ${written}?. or test ${path} first.`
    : `Go on with ${written}?. or test ${path} first.`
}

function meant(path: string, next: string | undefined, { instead, eventShape }: Trigger): string {
  for (const written of [`${path}.${next}`, path]) {
    if (Object.hasOwn(instead, written)) return instead[written]!
  }
  const parts = path.split('.')
  const shape = shapeAt(eventShape, parts.slice(1, -1)) ?? eventShape
  const parent = parts.slice(0, -1).join('.')
  const names = Object.keys(shape.members ?? {})
  const near = nearest(parts.at(-1)!, names)
  return near === undefined ? `${parent} has ${names.join(', ')}.` : `Did you mean ${parent}.${near}?`
}
