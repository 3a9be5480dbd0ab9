import { type Finding, type RuleTable, reporter } from '../../finding.ts'
import { postLogin } from '../../triggers/index.ts'
import { shapeAt } from '../../triggers/shape.ts'
import { nearest } from '../nearest.ts'
import type { Program } from '../program.ts'
import { SOURCES } from './sources.ts'

export const eventRules = {
  'event/possibly-absent': {
    severity: 'warning',
    evidence: 'documentation',
    source: SOURCES.event,
    summary: 'Parts of the event that may be missing are tested first.',
    why: 'Reading a member of undefined throws, and so does giving it to JSON.parse or Object.entries; uncaught, that fails the login of everyone who lacks it.',
    example: { before: 'event.authorization.roles', after: 'event.authorization?.roles ?? []' },
  },
  'event/unknown-property': {
    severity: 'warning',
    evidence: 'documentation',
    source: SOURCES.event,
    summary: 'Only properties of the post-login event are read.',
    why: 'Others are undefined; reading a member of one throws.',
    example: { before: 'event.refreshToken', after: 'event.refresh_token' },
  },
} as const satisfies RuleTable

const report = reporter(eventRules)

/** Uses of `event` that throw, or that give nothing. */
export function* eventFindings({ walked, positionAt }: Program): Generator<Finding> {
  // One place of a line is one thing to mend.
  const said = new Set<string>()
  for (const observation of walked.observations) {
    if (observation.kind !== 'absent' && observation.kind !== 'unknown-event') continue
    const { path, caught } = observation
    if (observation.kind === 'absent' && caught) continue
    const at = positionAt(observation.offset)
    const key = `${at.file}:${at.line} ${path}`
    if (said.has(key)) continue
    said.add(key)
    if (observation.kind === 'absent') {
      yield report('event/possibly-absent', at, {
        severity: observation.unclear ? 'info' : 'warning',
        message: observation.unclear
          ? `${path} is marked optional; a flow without it is not documented.`
          : `${path} may be missing: this use of it then throws and fails the login.`,
        hint: `Use ${path}?. or test ${path} first.`,
      })
    } else {
      const used = observation.used && !caught
      yield report('event/unknown-property', at, {
        severity: used ? 'error' : 'warning',
        message: used
          ? `${path} does not exist: reading a member of it throws.`
          : `${path} is not in the ${postLogin.id} event: it is undefined${observation.open ? ', unless the connection brings it' : ''}.`,
        hint: meant(path, observation.next),
      })
    }
  }
}

function meant(path: string, next: string | undefined): string {
  const { instead, eventShape } = postLogin
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
