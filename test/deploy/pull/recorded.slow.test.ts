import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { markerNames, planDeploy, pullTenant } from '../../../lib/deploy/index.ts'
import { writeAllWhole } from '../../../lib/files/index.ts'
import { readWorkspace } from '../../../lib/workspace/index.ts'
import { folderWith } from '../../helpers/folder.ts'
import { ANSWERS, answerAlike } from '../recorded-answers.ts'
import { type RecordedAnswer, recordedTenant } from '../recorded-tenant.ts'

/** Answers as a real tenant gave them: to credentials without a scope, and about what a plan does not include. */
const REFUSALS: RecordedAnswer[] = [
  {
    path: '/rate-limit-policies',
    status: 403,
    response: {
      statusCode: 403,
      error: 'Forbidden',
      message: 'Insufficient scope, expected any of: read:rate_limit_policies',
      errorCode: 'insufficient_scope',
    },
  },
  {
    path: '/supplemental-signals',
    status: 403,
    response: {
      statusCode: 403,
      error: 'Forbidden',
      message: 'Please upgrade your subscription to enable Akamai Signals.',
      errorCode: 'feature_not_enabled',
    },
  },
  {
    path: '/connections-directory-provisionings',
    status: 403,
    response: {
      statusCode: 403,
      error: 'Forbidden',
      message: 'Insufficient scope, expected any of: read:directory_provisionings',
      errorCode: 'insufficient_scope',
    },
  },
]

it('has no change in a plan of its own pull, and nothing to pull again', async () => {
  const tenant = await recordedTenant([...ANSWERS, ...REFUSALS], answerAlike)
  const root = await folderWith({})
  const pulled = await pullTenant({ ...tenant.access, root })
  expect(pulled.notPulled).toEqual([
    {
      type: 'connections.directory_provisioning_configuration',
      reason: 'read:directory_provisionings',
      refused: true,
    },
    { type: 'organizations.clients', reason: 'read:organization_clients', refused: true },
    { type: 'rateLimitPolicies', reason: 'read:rate_limit_policies', refused: true },
    {
      type: 'supplementalSignals',
      reason: '403 Please upgrade your subscription to enable Akamai Signals.',
      refused: false,
    },
    { type: 'rulesConfigs', reason: 'Auth0 does not show their values', refused: false },
  ])
  await writeAllWhole([...pulled.files].map(([file, text]) => [join(root, file), text] as const))
  const workspace = await readWorkspace(root)
  const names = markerNames(workspace, [...pulled.files.values()])
  const keywords = Object.fromEntries(names.map((name) => [name, `value of ${name}`]))
  const plan = await planDeploy({ ...tenant.access, workspace, keywords })
  // The address of a webhook is a secret: its owner knows it, and this test gives another.
  expect(plan.changes.filter(({ type }) => type !== 'eventStreams')).toEqual([])
  const again = await pullTenant({ ...tenant.access, root })
  expect([...again.files.keys()]).toEqual([])
  // By another order, and with what the owner has written to it.
  await writeFile(join(root, 'tenant.yaml'), `# ours\n${pulled.files.get('tenant.yaml')}`)
  expect([...(await pullTenant({ ...tenant.access, root, keywords: {} })).files.keys()]).toEqual([])
  expect(tenant.writes).toEqual([])
})
