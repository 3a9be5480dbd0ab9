import { expect, it } from 'vitest'
import { markerValues, missingKeywords, resolvedTenant } from '../../lib/deploy/index.ts'
import { readWorkspace } from '../../lib/workspace/index.ts'
import { folderWith } from '../helpers/folder.ts'

const environment = {
  DECLARED: 'from the environment',
  OTHER: 'not declared',
  GITHUB_TOKEN: 'ghp',
  AUTH0_CLIENT_SECRET: 'cs',
}

it.each([
  [
    'takes from the environment what is declared',
    { names: ['DECLARED'], declared: ['DECLARED'] },
    { DECLARED: 'from the environment' },
  ],
  [
    'takes nothing else from it',
    { names: ['OTHER', 'GITHUB_TOKEN', 'AUTH0_CLIENT_SECRET'], declared: [] },
    {},
  ],
  [
    'takes no credentials, also where they are declared',
    { names: Object.keys(environment), declared: Object.keys(environment) },
    { DECLARED: environment.DECLARED, OTHER: environment.OTHER },
  ],
  ['takes what is used only', { names: [], declared: ['DECLARED'] }, {}],
  [
    'takes from a file what stands there',
    { names: ['OTHER'], declared: [], file: { OTHER: 'from the file' } },
    { OTHER: 'from the file' },
  ],
  [
    'takes no credentials of the toolkit from a file',
    {
      names: ['AUTH0_CLIENT_SECRET', 'AUTH0_DOMAIN'],
      declared: [],
      file: { AUTH0_CLIENT_SECRET: 's', AUTH0_DOMAIN: 'd' },
    },
    {},
  ],
  [
    'prefers the environment to a .env',
    { names: ['DECLARED'], declared: ['DECLARED'], file: { DECLARED: 'f' } },
    { DECLARED: environment.DECLARED },
  ],
  [
    'prefers the file that --env names',
    { names: ['DECLARED'], declared: ['DECLARED'], file: { DECLARED: 'f' }, fileFirst: true },
    { DECLARED: 'f' },
  ],
])('%s', (_, sources, values) => {
  expect(markerValues({ environment, ...sources })).toEqual(values)
})

it.each([
  'AUTH0_ACCESS_TOKEN',
  'AUTH0_CLIENT_SIGNING_KEY_PATH',
  'AUTH0_ANYTHING',
  'auth0_client_secret',
  'GH_TOKEN',
  'CI_JOB_TOKEN',
  'NPM_TOKEN',
  'NODE_AUTH_TOKEN',
  'AWS_SECRET_ACCESS_KEY',
  'ACTIONS_ID_TOKEN_REQUEST_TOKEN',
  'NODE_OPTIONS',
  'HOME',
])('never takes %s from the environment', (name) => {
  expect(markerValues({ names: [name], declared: [name], environment: { [name]: 'value' } })).toEqual({})
})

it("leaves Auth0's own macros of a message alone, and fills them where a value has their name", async () => {
  const workspace = await readWorkspace(
    await folderWith({
      'tenant.yaml': `
connections:
  - { name: sms, strategy: sms, options: { template: 'Your code is @@password@@' } }
clients: [{ name: '##ENV##', callbacks: '@@urls@@', description: 'x @@URLS@@' }]
`,
    }),
  )
  expect(missingKeywords(workspace, {}).map(({ name, line }) => [name, line])).toEqual([
    ['ENV', 4],
    ['urls', 4],
    ['URLS', 4],
  ])
  const others = { ENV: 'e', urls: '[]', URLS: '[]' }
  const template = (keywords: Record<string, string>) =>
    resolvedTenant(workspace, keywords)['connections'] as { options: { template: string } }[]
  expect(template(others)[0]!.options.template).toBe('Your code is @@password@@')
  expect(template({ ...others, password: 'p' })[0]!.options.template).toBe('Your code is "p"')
})

it('asks for no value, and sends nothing, of a type that the deploy CLI is told to leave out', async () => {
  const workspace = await readWorkspace(
    await folderWith({ 'tenant.yaml': "clients: [{ name: '##A##' }]\nroles: [{ name: b }]\n" }),
  )
  const roles = [{ name: 'b' }]
  expect(resolvedTenant(workspace, {}, { AUTH0_EXCLUDED: ['clients'] })).toEqual({ roles })
  expect(resolvedTenant(workspace, {}, { AUTH0_INCLUDED_ONLY: ['roles'] })).toEqual({ roles })
  expect(() => resolvedTenant(workspace, {}, { AUTH0_EXCLUDED: ['roles'] })).toThrow('"##A##" has no value')
})

it('asks for no value of an entity that the deploy CLI is told to leave out, and for those of all others', async () => {
  const workspaceOf = async (more = '') =>
    readWorkspace(
      await folderWith({
        'tenant.yaml': `clients:
  - { name: 'Out ##ENV##', description: '##A##' }
  - { name: In, description: '##ENV##' }
  - { name: Last, description: '##B##' }
clientGrants: [{ client_id: Out now, audience: '##C##' }]
${more}`,
      }),
    )
  const values = { ENV: 'now', B: 'b' }
  const out = { AUTH0_EXCLUDED_CLIENTS: ['Out now'] }
  const sent = [
    { name: 'In', description: 'now' },
    { name: 'Last', description: 'b' },
  ]
  expect(resolvedTenant(await workspaceOf(), values, out)).toEqual({ clients: sent, clientGrants: [] })
  const excluding = await workspaceOf('exclude: { clients: [Out now] }\n')
  expect(resolvedTenant(excluding, values)).toMatchObject({ clients: sent, clientGrants: [] })
  const all = { ...values, A: 'a', C: 'c' }
  expect(resolvedTenant(await workspaceOf(), all, out).clients).toHaveLength(3)
  const { ENV } = values
  const workspace = await workspaceOf()
  expect(() => resolvedTenant(workspace, { ENV }, out)).toThrow(
    expect.objectContaining({ message: '"##B##" has no value', line: 4 }),
  )
  expect(() => resolvedTenant(workspace, values)).toThrow(
    /^"##A##" \(tenant.yaml:\d+\), "##C##" \(tenant.yaml:\d+\) have no value/,
  )
})
