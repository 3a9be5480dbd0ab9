import type { Finding } from '../../finding.ts'
import type { Program } from '../program.ts'
import { type RuleTable, reporter, SOURCES } from './rule.ts'

/** Rules on what ships as a whole; those that the bundler finds are worded in `lib/bundle`. */
export const bundleRules = {
  'bundle/syntax': {
    severity: 'error',
    evidence: 'code',
    source: 'https://auth0.com/docs/customize/actions/actions-npm',
    summary: 'An Action can be parsed.',
    why: 'Auth0 loads the file as CommonJS; what does not parse fails the build.',
    example: {
      before: 'exports.onExecutePostLogin = async (event, api => {}',
      after: 'exports.onExecutePostLogin = async (event, api) => {}',
    },
  },
  'bundle/too-deep': {
    severity: 'error',
    evidence: 'inference',
    source: 'https://auth0.com/docs/customize/actions/limitations',
    summary: 'The code of an Action can be followed to its end.',
    why: 'Thousands of brackets, operators or branches within each other end parsers and engines. No Action needs them, and what is in them is not checked.',
    example: {
      before: "if (a === 1) x = 'b'; else if (a === 2) x = 'c'; // and 5000 more",
      after: "x = { 1: 'b', 2: 'c' }[a]",
    },
  },
  'bundle/unresolved': {
    severity: 'error',
    evidence: 'documentation',
    source: SOURCES.dependencies,
    summary: 'Everything that an Action imports is there.',
    why: 'A file is found by its path; a package is declared in tenant.yaml, or installed and taken into the bundle.',
    example: { before: "import { plans } from './plan.ts'", after: "import { plans } from './plans.ts'" },
  },
  'bundle/undeclared-dependency': {
    severity: 'error',
    evidence: 'documentation',
    source: SOURCES.dependencies,
    summary: 'A package that stays outside the bundle is declared.',
    why: 'Auth0 installs what the Action declares, and nothing else.',
    example: {
      before: "require('axios')",
      after: "# tenant.yaml: dependencies: [{ name: axios, version: '1.7.0' }]",
    },
  },
  'bundle/too-large': {
    severity: 'error',
    evidence: 'documentation',
    source: SOURCES.limits,
    summary: 'The source of an Action has at most 100 kB.',
    why: 'npm packages that are declared as dependencies do not count; those in the bundle do.',
    example: {
      before: '// moment with all its locales in the bundle',
      after: '# moment among the dependencies of tenant.yaml',
    },
  },
  'bundle/source-is-output': {
    severity: 'error',
    evidence: 'inference',
    source: 'https://github.com/auth0/auth0-deploy-cli/blob/master/docs/available-keywords.md',
    summary: 'A bundle has a file of its own.',
    why: 'Where "code" names the source, and the source imports files, is an ES module or TypeScript, its bundle would overwrite it. Plan and deploy make bundles in memory and need no such file.',
    example: { before: 'code: ./actions/enrich-claims.js', after: 'code: ./dist/actions/enrich-claims.js' },
  },
  'bundle/not-ours': {
    severity: 'error',
    evidence: 'inference',
    source: 'https://github.com/auth0/auth0-deploy-cli/blob/master/docs/available-keywords.md',
    summary: 'A bundle is written over nothing but an earlier bundle.',
    why: 'A file that the build has not written, or that somebody has changed since, may be the only copy.',
    example: { before: 'code: ./actions/shared.js', after: 'code: ./dist/actions/enrich-claims.js' },
  },
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
    example: { before: 'new ManagementClient({ … }).users.getRoles(…)', after: 'event.authorization?.roles' },
  },
} as const satisfies RuleTable

const report = reporter(bundleRules)

/** What in the code is likely to bite at run time, without being wrong. */
export function* habitFindings({ walked, positionAt }: Program): Generator<Finding> {
  const states = new Set<string>()
  for (const observation of walked.observations) {
    const { offset } = observation
    if (observation.kind === 'module-state' && !states.has(observation.name)) {
      const { name, fromEvent } = observation
      states.add(name)
      yield report('bundle/module-state', positionAt(offset), {
        severity: fromEvent ? 'warning' : 'info',
        message: fromEvent
          ? `"${name}" is a variable of the file and gets something of the event: the next login, of another user, finds it.`
          : `"${name}" is a variable of the file: its value lives on to later logins.`,
        hint: fromEvent ? 'Declare it in the handler.' : 'Nothing to do, if that is meant.',
      })
    } else if (observation.kind === 'http') {
      yield report('bundle/http-without-limit', positionAt(offset), {
        message: `This call of ${observation.library} has no time limit: a slow server holds the login until it fails.`,
        hint:
          observation.library === 'fetch'
            ? 'Pass { signal: AbortSignal.timeout(5_000) }.'
            : 'Pass a timeout, in milliseconds, in its options.',
      })
    } else if (observation.kind === 'management-client') {
      yield report('bundle/management-client', positionAt(offset), {
        message:
          'A Management API client in a login: each call counts against rate limits, and past them logins fail.',
        hint: 'Take what event and api offer, or keep the token in api.cache.',
      })
    }
  }
}

const MARKER = /##([A-Za-z0-9_]+)##|@@([A-Za-z0-9_]+)@@/g

/** Markers that the deploy replaces. `meant`: names that the workspace gives values to. */
export function* markerFindings(
  { text, positionAt }: Program,
  meant: ReadonlySet<string> = new Set(),
): Generator<Finding> {
  if (!text.includes('##') && !text.includes('@@')) return
  for (const match of text.matchAll(MARKER)) {
    const name = match[1] ?? match[2]!
    if (meant.has(name)) continue
    yield report('bundle/keyword-marker', positionAt(match.index), {
      message: `auth0-deploy-cli replaces "${match[0]}" in code, with a mapping or an environment variable of that name.`,
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
