import { expect, it } from 'vitest'
import { planDeploy } from '../../lib/deploy/index.ts'
import { faultOfFiles } from '../../lib/deploy/schema-faults.ts'
import { readWorkspace } from '../../lib/workspace/index.ts'
import { folderWith } from '../helpers/folder.ts'
import { testTenant } from './setup.ts'

const TENANT = `clients:
  - name: App
    app_type: spaceship
databases:
  - name: users
  - name: users
triggers:
  post-login: []
migrations: []
`
const fault = async (fields: object) => {
  const workspace = await readWorkspace(await folderWith({ 'tenant.yaml': TENANT }))
  return faultOfFiles(`Schema validation failed loading ${JSON.stringify([fields], null, 4)}`, workspace)
}

it.each([
  [
    'a section that is unknown',
    { keyword: 'additionalProperties', dataPath: '', params: { additionalProperty: 'migrations' } },
    9,
    '"migrations" is no section that it knows',
  ],
  [
    'a member that is unknown',
    { keyword: 'additionalProperties', dataPath: '.clients[0]', params: { additionalProperty: 'app_type' } },
    3,
    '"app_type" is no member that it knows at clients.0',
  ],
  [
    'a value that is not one of several',
    {
      keyword: 'enum',
      dataPath: '.clients[0].app_type',
      params: { allowedValues: ['spa', 'native'] },
      message: 'should be equal to one of the allowed values',
    },
    3,
    'clients.0.app_type should be equal to one of the allowed values: spa, native',
  ],
  [
    'a missing member',
    { keyword: 'required', dataPath: '.databases[1]', params: { missingProperty: 'strategy' } },
    6,
    '"strategy" is missing at databases.1',
  ],
  [
    'a name in quotes',
    { keyword: 'type', dataPath: ".triggers['post-login']", params: {}, message: 'should be array' },
    8,
    'triggers.post-login should be array',
  ],
])('says where the deploy CLI finds %s', async (_, fields, line, text) => {
  expect(await fault(fields)).toMatchObject({
    code: 'ERR_INPUT',
    file: 'tenant.yaml',
    line,
    message: `the deploy CLI does not take this: ${text}`,
  })
})

it('says which of two entries with one name is too many', async () => {
  const workspace = await readWorkspace(await folderWith({ 'tenant.yaml': TENANT }))
  const message = `There are multiple databases with the same name combinations
      [["users","users"]].
       Names must be unique.`
  expect(faultOfFiles(message, workspace)).toMatchObject({
    line: 6,
    message: 'there are two databases with the name "users"',
  })
  expect(faultOfFiles('something else', workspace)).toBeUndefined()
})

it('stops the plan of an old export with the line, as the installed deploy CLI judges it', async () => {
  const { access } = await testTenant()
  const workspace = await readWorkspace(await folderWith({ 'tenant.yaml': 'clients: []\nmigrations: []\n' }))
  await expect(planDeploy({ ...access, workspace, keywords: {} })).rejects.toMatchObject({
    code: 'ERR_INPUT',
    file: 'tenant.yaml',
    line: 2,
    message: 'the deploy CLI does not take this: "migrations" is no section that it knows',
  })
})
