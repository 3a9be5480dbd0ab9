import { expect, it } from 'vitest'
import { deployCliSettings } from '../../lib/cli/deploy-cli-settings.ts'
import { folderWith } from '../helpers/folder.ts'

const settings = async (config: object | undefined, env: Record<string, string> = {}) =>
  deployCliSettings(
    await folderWith(config === undefined ? {} : { 'config.json': JSON.stringify(config) }),
    env,
  )

it('reads exclusions and markers from config.json, and the environment before it', async () => {
  const config = {
    AUTH0_DOMAIN: 'acme.eu.auth0.com',
    AUTH0_EXCLUDED: ['rules'],
    AUTH0_EXCLUDED_CLIENTS: ['Legacy'],
    AUTH0_ALLOW_DELETE: false,
    AUTH0_KEYWORD_REPLACE_MAPPINGS: { ENV: 'staging', ORIGINS: ['https://a.example'], COUNT: 3 },
  }
  expect(await settings(config, { AUTH0_EXCLUDED: '["hooks"]' })).toEqual({
    config: { AUTH0_EXCLUDED: ['hooks'], AUTH0_EXCLUDED_CLIENTS: ['Legacy'] },
    keywords: { ENV: 'staging', ORIGINS: '["https://a.example"]', COUNT: '3' },
  })
  // A stray variable of another tool is none of the deploy CLI's.
  expect(await settings(undefined, { AUTH0_SECRET: 'x', AUTH0_BASE_URL: 'y' })).toEqual({
    config: {},
    keywords: {},
  })
  expect(await settings({ name: 'another tool' })).toEqual({ config: {}, keywords: {} })
})

it.each([
  ['deletes in the file', { AUTH0_ALLOW_DELETE: true }, {}, 'AUTH0_ALLOW_DELETE is not honoured'],
  [
    'deletes in the environment',
    undefined,
    { AUTH0_ALLOW_DELETE: 'true' },
    'AUTH0_ALLOW_DELETE is not honoured',
  ],
  ['a setting that is not honoured, by name', { AUTH0_DRY_RUN: true }, {}, '"AUTH0_DRY_RUN" of config.json'],
])('refuses %s', async (_, config, env, message) => {
  await expect(settings(config, env as Record<string, string>)).rejects.toMatchObject({
    code: 'ERR_USAGE',
    message: expect.stringContaining(message),
  })
})
