import type { RuleTable } from '../finding.ts'

const DEPLOY_CLI = 'https://github.com/auth0/auth0-deploy-cli/blob/master/docs/available-keywords.md'

/** Rules on what tenant.yaml names: Actions and files. */
export const namedRules = {
  'tenant/unknown-action': {
    severity: 'error',
    evidence: 'documentation',
    source: DEPLOY_CLI,
    summary: 'A trigger names Actions of the file.',
    why: 'The deploy cannot bind what is not there.',
    example: { before: 'action_name: enrich-claim', after: 'action_name: enrich-claims' },
  },
  'tenant/missing-source': {
    severity: 'error',
    evidence: 'inference',
    source: DEPLOY_CLI,
    summary: 'Every Action of the file has a source.',
    why: 'The source of an Action is actions/<name>.ts or .js, named as in tenant.yaml, else the file that "code" names.',
    example: { before: '# actions/enrich-claims.ts is missing', after: '# actions/enrich-claims.ts' },
  },
  'tenant/outside-workspace': {
    severity: 'error',
    evidence: 'inference',
    source: DEPLOY_CLI,
    summary: 'Every file that tenant.yaml names, and every contract, is in the workspace.',
    why: 'A path that leads out of the folder, by dots, from the root or through a link, is another on the next machine, and names files that are nobody’s business here: the deploy would send them, a build would write over them. auth0-deploy-cli warns of such paths, and is to refuse them.',
    example: { before: 'code: ../shared/enrich-claims.js', after: 'code: ./dist/actions/enrich-claims.js' },
  },
} as const satisfies RuleTable
