import { type Finding, type RuleTable, reporter } from '../../finding.ts'
import { markersAt } from '../../workspace/marker-text.ts'
import type { Program } from '../program.ts'
import { SOURCES } from './sources.ts'

/** Rules on what ships and may bite at run time; those on the bundle as such are in `lib/bundle`. */
export const habitRules = {
  'bundle/keyword-marker': {
    severity: 'warning',
    evidence: 'code',
    source: 'https://auth0.com/docs/deploy-monitor/deploy-cli-tool/keyword-replacement',
    summary: 'The code holds no ##KEY## or @@KEY@@ by accident.',
    why: 'auth0-deploy-cli replaces such markers in code as well, with a mapping or an environment variable of that name: ##HOME## becomes a folder of the machine that deploys.',
    example: { before: "const heading = '##HOME##'", after: "const heading = '## HOME ##'" },
  },
  'bundle/esm-only-package': {
    severity: 'warning',
    evidence: 'inference',
    source: SOURCES.dependencies,
    summary: 'A package that is required can be loaded with require.',
    why: 'Actions are CommonJS. A package that only has ES modules fails there, or needs a newer Node than is documented.',
    example: { before: "require('node-fetch') // version 3", after: 'fetch // is there without a package' },
  },
  'bundle/module-state': {
    severity: 'info',
    evidence: 'documentation',
    source:
      'https://auth0.com/docs/troubleshoot/product-lifecycle/deprecations-and-migrations/migrate-nodejs-22',
    summary: 'A handler keeps nothing in variables of the file.',
    why: 'The code outside of functions runs once for many logins: what one login leaves there, the next one, of another user, finds.',
    example: {
      before: 'let user\nexports.onExecutePostLogin = async (event) => { user = event.user }',
      after: 'exports.onExecutePostLogin = async (event) => { const { user } = event }',
    },
  },
  'bundle/floating-promise': {
    severity: 'warning',
    evidence: 'documentation',
    source: SOURCES.guidelines,
    summary: 'What takes time is awaited.',
    why: 'A handler that returns ends the Action: what is still under way may never happen, and when it fails later, that fails the login or is lost. "void" says that this is meant.',
    example: {
      before: "fetch('https://acme.example/hook', { signal: AbortSignal.timeout(1_000) })",
      after: "await fetch('https://acme.example/hook', { signal: AbortSignal.timeout(1_000) })",
    },
  },
  'bundle/http-without-limit': {
    severity: 'info',
    evidence: 'documentation',
    source: SOURCES.guidelines,
    summary: 'An HTTP call has a time limit.',
    why: 'All Actions of a trigger have 20 s together, and then the login fails. Auth0 recommends less than 10 s for a call.',
    example: {
      before: 'await fetch(url)',
      after: 'await fetch(url, { signal: AbortSignal.timeout(5_000) })',
    },
  },
  'bundle/management-client': {
    severity: 'info',
    evidence: 'documentation',
    source: SOURCES.guidelines,
    summary: 'A login does not call the Management API.',
    why: 'Each login then needs a token and a call that count against rate limits; past them, logins fail. Roles, groups and metadata are in event and api.',
    example: {
      before: 'new ManagementClient({ domain, clientId, clientSecret }).users.getRoles({ id })',
      after: 'event.authorization?.roles',
    },
  },
} as const satisfies RuleTable

const report = reporter(habitRules)

/** Code that is valid and likely to cause trouble at run time. */
export function* habitFindings({ walked, positionAt }: Program): Generator<Finding> {
  const states = new Set<string>()
  const { execution, subject } = walked.trigger
  for (const observation of walked.observations) {
    const { offset } = observation
    if (observation.kind === 'module-state' && !states.has(observation.name)) {
      const { name, fromEvent } = observation
      states.add(name)
      yield report('bundle/module-state', positionAt(offset), {
        severity: fromEvent ? 'warning' : 'info',
        message: fromEvent
          ? `"${name}" is a variable of the file and gets something of the event: the next ${execution}, of another ${subject}, finds it.`
          : `"${name}" is a variable of the file: its value lives on to later ${execution}s.`,
        hint: fromEvent ? 'Declare it in the handler.' : 'Nothing to do, if that is meant.',
      })
    } else if (observation.kind === 'http') {
      yield report('bundle/http-without-limit', positionAt(offset), {
        message: `This call of ${observation.library} has no time limit: a slow server holds the ${execution} until it fails.`,
        hint:
          observation.library === 'fetch'
            ? 'Pass { signal: AbortSignal.timeout(5_000) }.'
            : 'Pass a timeout, in milliseconds, in its options.',
      })
    } else if (observation.kind === 'floating') {
      const { what, handled } = observation
      yield report('bundle/floating-promise', positionAt(offset), {
        severity: handled ? 'info' : 'warning',
        message: handled
          ? `${what} is not awaited: it may never come to its end.`
          : `${what} is not awaited: it may never come to its end, and an error in it fails the login or is lost.`,
        hint: 'Write await before it, or void if that is meant.',
      })
    } else if (observation.kind === 'management-client') {
      yield report('bundle/management-client', positionAt(offset), {
        message: `A Management API client in a ${execution}: each call counts against rate limits, and past them ${execution}s fail.`,
        hint: 'Take what event and api offer, or keep the token in api.cache.',
      })
    }
  }
}

/** Markers that the deploy replaces. `meant`: names that the workspace gives values to. */
export function* markerFindings(
  { text, positionAt }: Program,
  meant: ReadonlySet<string> = new Set(),
): Generator<Finding> {
  if (!text.includes('##') && !text.includes('@@')) return
  for (const { name, text: marker, index } of markersAt(text)) {
    if (meant.has(name)) continue
    yield report('bundle/keyword-marker', positionAt(index), {
      message: `auth0-deploy-cli replaces "${marker}" in code, with a mapping or an environment variable of that name.`,
      hint: 'Put a space into it, or keep the value among the secrets of the Action.',
    })
  }
}

/** Packages of which every version is ES modules only, or all from a major version on. */
const ESM_SINCE: Readonly<Record<string, number>> = {
  'lodash-es': 0,
  ky: 0,
  'node-fetch': 3,
  got: 12,
  chalk: 5,
  nanoid: 4,
  execa: 6,
  'p-limit': 4,
  'p-retry': 5,
  'p-queue': 7,
  'query-string': 8,
  camelcase: 7,
}

/**
 * Packages that are required and cannot be. `versionOf`: what tenant.yaml declares. `esmOnly`: what an installed
 * package says of itself; `undefined` when it is not installed.
 */
export function* esmFindings(
  { walked, positionAt }: Program,
  versionOf: (name: string) => string | undefined = () => undefined,
  esmOnly: (name: string) => boolean | undefined = () => undefined,
): Generator<Finding> {
  for (const observation of walked.observations) {
    if (observation.kind !== 'require') continue
    const { name, offset } = observation
    const version = versionOf(name)
    const major = version === undefined ? 0 : Number(/\d+/.exec(version)?.[0] ?? 0)
    const since = Object.hasOwn(ESM_SINCE, name) ? ESM_SINCE[name]! : undefined
    if (!(esmOnly(name) ?? (since !== undefined && major >= since))) continue
    yield report('bundle/esm-only-package', positionAt(offset), {
      message: `"${name}"${version === undefined ? '' : ` ${version}`} is made of ES modules only: whether Auth0 can require it is not documented.`,
      hint:
        since !== undefined && since > 0
          ? `Declare a version before ${since}, or leave it out of the dependencies so that it is bundled.`
          : 'Leave it out of the dependencies in tenant.yaml, so that it is bundled.',
    })
  }
}
