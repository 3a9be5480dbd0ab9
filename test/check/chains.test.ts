import path from 'node:path'
import { expect, it } from 'vitest'
import { checkFiles } from '../../lib/check/index.ts'
import { folderWith } from '../helpers/folder.ts'

it.each([
  [
    '[...event.transaction?.requested_scopes]',
    'event.transaction.requested_scopes may be missing: this use of it then throws and fails the login.',
    'Give a default, (event.transaction?.requested_scopes ?? …), or test event.transaction.requested_scopes first.',
  ],
  [
    'event.transaction?.acr_values.length',
    'event.transaction.acr_values may be missing: this use of it then throws and fails the login.',
    'Use event.transaction?.acr_values?. or test event.transaction.acr_values first.',
  ],
  [
    '(event.authorization?.roles).length',
    'event.authorization may be missing: event.authorization?.roles is undefined then, and this use of it then throws and fails the login.',
    'Go on with event.authorization?.roles?. or test event.authorization first.',
  ],
  [
    'Object.keys(event.organization?.metadata)',
    'event.organization may be missing: event.organization?.metadata is undefined then, and this use of it then throws and fails the login.',
    'Give a default, (event.organization?.metadata ?? …), or test event.organization first.',
  ],
  [
    'event.transaction.acr_values.length',
    'event.transaction.acr_values may be missing: this use of it then throws and fails the login.',
    'Use event.transaction.acr_values?. or test event.transaction.acr_values first.',
  ],
  [
    'event.authorization.roles',
    'event.authorization may be missing: this use of it then throws and fails the login.',
    'Use event.authorization?. or test event.authorization first.',
  ],
])('%s: the part that nothing asks for is to blame', async (expression, message, hint) => {
  const root = await folderWith({
    'a.js': `exports.onExecutePostLogin = async (event, api) => { console.log(${expression}) }`,
  })
  expect(await checkFiles([path.join(root, 'a.js')], { root })).toEqual([
    expect.objectContaining({ rule: 'event/possibly-absent', severity: 'warning', message, hint }),
  ])
})
