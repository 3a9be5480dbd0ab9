import type { Finding } from '../finding.ts'
import type { RunError } from '../runtime/types.ts'
import type { ActionRun } from './types.ts'

const LIMITS = 'https://auth0.com/docs/customize/actions/limitations'
const GUIDE = 'https://auth0.com/docs/customize/actions/action-coding-guidelines'
const API = 'https://auth0.com/docs/actions/reference/post-login/post-login-api-object'

const ADVICE: Record<RunError['kind'], readonly [hint: string, source: string]> = {
  threw: [
    'Guard what may be missing, catch errors of calls to other systems, and deny with api.access.deny.',
    GUIDE,
  ],
  timeout: [
    'All Actions together have 20 seconds: give every outgoing call a limit under 10 seconds.',
    LIMITS,
  ],
  exited: ['Return from the handler instead of ending the process.', GUIDE],
  'out-of-memory': [
    'Keep less in memory, and nothing in module variables that grows with every login.',
    GUIDE,
  ],
  load: ['The file must load as CommonJS and export an object: build it with claims build.', GUIDE],
  signature: ['Export the handler as an async function, compiled for ES2017 or later.', GUIDE],
  unhandled: ['Await every promise, and catch errors in callbacks and timers.', GUIDE],
}

/** One finding for each run that failed, with what to do about it. */
export function runFindings(runs: readonly ActionRun[]): Finding[] {
  return runs.flatMap(({ action, error }) => {
    if (error === undefined) return []
    const [hint, source] = adviceOn(error)
    return [
      {
        rule: `runtime/${error.kind}`,
        severity: 'error' as const,
        message: `"${action}" failed the login: ${error.message}`,
        hint,
        file: error.at?.file ?? action,
        line: error.at?.line ?? 1,
        column: error.at?.column ?? 1,
        source,
      },
    ]
  })
}

function adviceOn({ kind, name, message }: RunError): readonly [hint: string, source: string] {
  if (kind === 'threw' && name === 'TypeError' && /\bapi\.[\w.]+ is not a function/.test(message)) {
    return ['The api of post-login v3 has no such method: look for its name in the reference.', API]
  }
  if (/^Cannot find module '/.test(message)) {
    return ['Declare the package under the dependencies of the Action in tenant.yaml.', GUIDE]
  }
  if (/^The network is refused in this run/.test(message)) {
    return ['Allow the network (claims simulate --allow-network), or give responses in the test.', GUIDE]
  }
  return ADVICE[kind]
}
