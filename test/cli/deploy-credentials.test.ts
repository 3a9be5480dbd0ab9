import { expect, it } from 'vitest'
import { deployTarget, tenantToRead } from '../../lib/cli/deploy-target.ts'
import { readWorkspace } from '../../lib/workspace/index.ts'
import { folderWith } from '../helpers/folder.ts'
import { recordedTerminal } from '../helpers/terminal.ts'

const access = async (file: string, env: Record<string, string>, values: Record<string, string>) => {
  const name = values['env'] === undefined ? '.env' : `.env.${values['env']}`
  const cwd = await folderWith({ [name]: file, '.gitignore': '.env*\n' })
  return (await tenantToRead(recordedTerminal({ cwd, env }), values)).access
}

it('sends a tenant the credentials of its own file, not a token of the environment', async () => {
  const file = 'AUTH0_DOMAIN=a.auth0.com\nAUTH0_CLIENT_ID=id\nAUTH0_CLIENT_SECRET=of-a\n'
  const { credentials } = await access(file, { AUTH0_ACCESS_TOKEN: 'of-b' }, { env: 'a' })
  expect(credentials).toEqual({ clientId: 'id', clientSecret: 'of-a' })
})

it('sends a tenant the credentials of the environment, not a token of .env', async () => {
  const env = { AUTH0_DOMAIN: 'a.auth0.com', AUTH0_CLIENT_ID: 'id', AUTH0_CLIENT_SECRET: 'of-a' }
  const { credentials } = await access('AUTH0_ACCESS_TOKEN=of-b\n', env, { tenant: 'a.auth0.com' })
  expect(credentials).toEqual({ clientId: 'id', clientSecret: 'of-a' })
})

it.each([
  [
    'AUTH0_DOMAIN=b.auth0.com\nAUTH0_ACCESS_TOKEN=of-b\n',
    { AUTH0_DOMAIN: 'a.auth0.com' },
    { tenant: 'a.auth0.com' },
  ],
])('sends no credentials that stand beside another domain: %j %j', async (file, env, values) => {
  const error = await access(file, env as Record<string, string>, values as Record<string, string>).catch(
    (thrown: unknown) => thrown,
  )
  expect(error).toMatchObject({
    code: 'ERR_USAGE',
    message: expect.stringContaining('credentials are for "b.auth0.com"'),
  })
  expect(JSON.stringify(error)).not.toContain('of-b')
})

it.each([{ AUTH0_ACCESS_TOKEN: 'of-b' }, { AUTH0_DOMAIN: 'b.auth0.com', AUTH0_ACCESS_TOKEN: 'of-b' }])(
  'asks the environment for no credentials that the file of --env lacks: %j',
  async (env) => {
    const error = await access('AUTH0_DOMAIN=a.auth0.com\n', env as Record<string, string>, {
      env: 'a',
    }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'ERR_USAGE',
      message: '".env.a" does not say which tenant it is, and with which credentials',
    })
    expect(JSON.stringify(error)).not.toContain('of-b')
  },
)

it.each(['env', 'tenant', 'url'])(
  'refuses an empty --%s instead of using a tenant of its own',
  async (name) => {
    await expect(access('', {}, { [name]: '' })).rejects.toMatchObject({
      code: 'ERR_USAGE',
      message: `--${name} has no value`,
    })
  },
)

it.each([
  [
    'a token of the environment that names no tenant is not for that of .env',
    'AUTH0_DOMAIN=a.auth0.com\nAUTH0_CLIENT_ID=id\nAUTH0_CLIENT_SECRET=of-a\n',
    { AUTH0_ACCESS_TOKEN: 'of-b' },
    { tenant: 'a.auth0.com' },
  ],
  [
    'half of an application in the environment hides no .env',
    'AUTH0_DOMAIN=a.auth0.com\nAUTH0_CLIENT_ID=id\nAUTH0_CLIENT_SECRET=of-a\n',
    { AUTH0_CLIENT_ID: 'other' },
    { tenant: 'real' },
  ],
  [
    'of a token and an application in one place the application counts',
    '',
    {
      AUTH0_DOMAIN: 'a.auth0.com',
      AUTH0_CLIENT_ID: 'id',
      AUTH0_CLIENT_SECRET: 'of-a',
      AUTH0_ACCESS_TOKEN: 'of-b',
    },
    { tenant: 'a.auth0.com' },
  ],
])('%s', async (_, file, env, values) => {
  const found = await access(file, env as Record<string, string>, values as Record<string, string>)
  expect(found).toMatchObject({
    domain: 'a.auth0.com',
    credentials: { clientId: 'id', clientSecret: 'of-a' },
  })
})

it('reads markers of pages, templates and scripts for a real tenant, and settings of the process beside --env', async () => {
  const env = 'AUTH0_DOMAIN=a.auth0.com\nAUTH0_ACCESS_TOKEN=t\nTITLE=of .env.a\nMODE=x\n'
  const cwd = await folderWith({
    '.gitignore': '.env*\n',
    '.env.a': env,
    'tenant.yaml': 'pages: [{ name: login, html: ./pages/login.html }]\n',
    'pages/login.html': '<h1>##TITLE##</h1>',
  })
  const terminal = recordedTerminal({ cwd, env: { AUTH0_EXCLUDED: 'rules', AUTH0_ACCESS_TOKEN: 'of-b' } })
  const target = await deployTarget(terminal, { env: 'a' }, await readWorkspace(cwd))
  expect(target).toMatchObject({
    access: { credentials: { accessToken: 't' } },
    keywords: { TITLE: 'of .env.a' },
    config: { AUTH0_EXCLUDED: ['rules'] },
  })
  expect(target.keywords).not.toHaveProperty('MODE')
})
