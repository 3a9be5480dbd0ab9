import { expect, it } from 'vitest'
import { tenantToRead } from '../../lib/cli/commands/deploy-target.ts'
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
