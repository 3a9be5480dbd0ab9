import { type Finding, type RuleTable, reporter } from '../../finding.ts'
import { OIDC_SCOPES } from '../../policy/index.ts'
import { entitiesOf, type Workspace } from '../../workspace/index.ts'
import { nearest } from '../nearest.ts'
import type { Program } from '../program.ts'

export const scopeRules = {
  'scopes/undefined-scope': {
    severity: 'warning',
    evidence: 'documentation',
    source: 'https://auth0.com/docs/troubleshoot/product-lifecycle/past-migrations',
    summary: 'A scope that an Action adds is defined by an API.',
    why: 'At login nothing stops it; at a refresh the added scopes are held against the API, and one that it does not define makes the exchange fail.',
    example: {
      before: "api.accessToken.addScope('read:order')",
      after: "api.accessToken.addScope('read:orders') // in the scopes of the API",
    },
  },
} as const satisfies RuleTable

const report = reporter(scopeRules)

/** Beside those of the tenant, one in beta. */
const OF_NO_API = [...OIDC_SCOPES, 'online_access']

/**
 * Scopes that an Action adds and no API of tenant.yaml defines: the login goes well, and a later refresh fails.
 * Says nothing when tenant.yaml lists no API, or a marker in place of the scopes of one.
 */
export function* scopeFindings({ tenant }: Workspace, { walked, positionAt }: Program): Generator<Finding> {
  const apis = entitiesOf(tenant).resourceServers ?? []
  if (apis.length === 0 || apis.some(({ unread }) => unread.has('scopes'))) return
  let defined: string[] | undefined
  for (const observation of walked.observations) {
    if (observation.kind !== 'api-call') continue
    if (observation.entry.scope?.operation !== 'add') continue
    defined ??= apis.flatMap(({ scopes = [] }) => scopes.map(({ value }) => value))
    for (const scope of observation.first.values.map((value) => value.trim())) {
      if (defined.includes(scope) || OF_NO_API.includes(scope)) continue
      const near = nearest(scope, defined)
      yield report('scopes/undefined-scope', positionAt(observation.offset), {
        message: `No API of tenant.yaml defines the scope "${scope}": it may reach the token at login, and a refresh fails.`,
        hint: near === undefined ? 'Add it to the scopes of the API.' : `Did you mean "${near}"?`,
      })
    }
  }
}
