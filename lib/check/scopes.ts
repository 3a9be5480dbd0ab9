import type { Finding } from '../finding.ts'
import type { Position } from '../runtime/types.ts'
import type { Workspace } from '../workspace/index.ts'
import { texts } from './flow/interpreter.ts'
import type { Observation } from './flow/observation.ts'
import { nearest } from './nearest.ts'

const OIDC_SCOPES = ['openid', 'profile', 'email', 'address', 'phone', 'offline_access', 'online_access']
const PAST = 'https://auth0.com/docs/troubleshoot/product-lifecycle/past-migrations'

/**
 * Scopes that an Action adds and no API of tenant.yaml defines: the login goes well, and a later refresh fails.
 * Says nothing when tenant.yaml lists no API.
 */
export function* scopeFindings(
  { tenant }: Workspace,
  observations: readonly Observation[],
  positionAt: (offset: number) => Position,
): Generator<Finding> {
  const apis = tenant.resourceServers ?? []
  if (apis.length === 0) return
  const defined = apis.flatMap((api) =>
    ((api['scopes'] ?? []) as { value?: unknown }[]).map(({ value }) => String(value)),
  )
  for (const observation of observations) {
    if (observation.kind !== 'api-call') continue
    if (!/^(?:accessToken\.addScope|transaction\.addTargetScope)$/.test(observation.method)) continue
    const scopes = texts(observation.args[0])
    for (const scope of scopes.values.map((value) => value.trim())) {
      if (defined.includes(scope) || OIDC_SCOPES.includes(scope)) continue
      const near = nearest(scope, defined)
      yield {
        rule: 'scopes/undefined-scope',
        severity: 'warning',
        message: `No API of tenant.yaml defines the scope "${scope}": it may reach the token at login, and a refresh fails.`,
        hint: near === undefined ? 'Add it to the scopes of the API.' : `Did you mean "${near}"?`,
        ...positionAt(observation.offset),
        source: PAST,
      }
    }
  }
}
