import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { deployCliSettings, SETTINGS } from '../../lib/cli/deploy-cli-settings.ts'
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
  ['a text with commas', 'AUTH0_EXCLUDED', 'rules, hooks', ['rules', 'hooks']],
  ['one name', 'AUTH0_INCLUDED_ONLY', 'actions', ['actions']],
  ['a switch', 'AUTH0_EXCLUDE_THIRD_PARTY_CLIENTS', 'true', true],
])('takes %s, from the file and from the environment', async (_, name, text, value) => {
  expect((await settings({ [name]: text })).config).toEqual({ [name]: value })
  expect((await settings(undefined, { [name]: text })).config).toEqual({ [name]: value })
})

it('gives members by type to the deploy CLI, which keeps those of connections', async () => {
  const members = { EXCLUDED_PROPS: { connections: ['options.client_secret'] } }
  expect(await settings(members)).toEqual({ config: {}, keywords: {}, members })
  expect(await settings(undefined, { EXCLUDED_PROPS: JSON.stringify(members.EXCLUDED_PROPS) })).toMatchObject(
    {
      members,
    },
  )
})

it('passes over what is off, what makes no difference to a deploy, and what is another tool\u2019s', async () => {
  const off = { AUTH0_ALLOW_DELETE: 'false', AUTH0_DRY_RUN: false, AUTH0_AUDIENCE: '', AUTH0_EXCLUDED: null }
  const elsewhere = {
    AUTH0_PRESERVE_KEYWORDS: true,
    AUTH0_EXPORT_IDENTIFIERS: true,
    AUTH0_EXPORT_ORDERED: true,
  }
  expect(await settings({ ...off, ...elsewhere, AUTH0_TENANT_NAME: 'acme' })).toEqual({
    config: {},
    keywords: {},
  })
  // The environment before the file, also where it takes a setting away.
  const file = { AUTH0_ALLOW_DELETE: true }
  expect(await settings(file, { AUTH0_ALLOW_DELETE: 'false' })).toEqual({ config: {}, keywords: {} })
})

it.each([
  ['AUTH0_ALLOW_DELETE', true, '--delete <type>:<name>'],
  ['AUTH0_DRY_RUN', 'preview', 'claims plan'],
  ['AUTH0_DRY_RUN_APPLY', true, '--yes'],
  ['AUTH0_DRY_RUN_INTERACTIVE', true, 'claims deploy'],
  ['AUTH0_EXPORT_SECRETS', true, 'claims pull'],
  ['AUTH0_BASE_PATH', './tenant', 'relative to the folder'],
  ['AUTH0_CONNECTIONS_DIRECTORY', 'conns', '"connections"'],
  ['AUTH0_AUDIENCE', 'https://acme.eu.auth0.com/api/v2/', 'domain'],
  ['AUTH0_CLIENT_SIGNING_KEY_PATH', './key.pem', 'AUTH0_CLIENT_SECRET'],
])('refuses %s by name, with what to do instead', async (name, value, hint) => {
  const refusal = { code: 'ERR_USAGE', hint: expect.stringContaining(hint) }
  await expect(settings({ [name]: value })).rejects.toMatchObject({
    ...refusal,
    message: `"${name}" of config.json is not honoured`,
    file: 'config.json',
  })
  await expect(settings(undefined, { [name]: String(value) })).rejects.toMatchObject({
    ...refusal,
    message: `"${name}" of the environment is not honoured`,
  })
})

it.each([
  ['both ways to choose types', { AUTH0_EXCLUDED: ['rules'], AUTH0_INCLUDED_ONLY: ['actions'] }, 'both set'],
  ['a choice of nothing', { AUTH0_INCLUDED_ONLY: [] }, 'must name one type at least'],
  ['names that are none', { AUTH0_EXCLUDED: [1] }, 'must be a list of names'],
  ['mappings that are no object', { AUTH0_KEYWORD_REPLACE_MAPPINGS: 'ENV=x' }, 'must be an object'],
  ['a switch that is none', { AUTH0_EXCLUDE_THIRD_PARTY_CLIENTS: 'maybe' }, 'must be true or false'],
  ['a slip', { AUTH0_EXCLUDE: ['rules'] }, 'no setting of the deploy CLI'],
  ['a selection that the deploy CLI does not know', { AUTH0_EXCLUDED_ROLES: ['admin'] }, 'no setting'],
])('refuses %s, and shows no value', async (_, config, message) => {
  const error = await settings(config).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'ERR_USAGE', message: expect.stringContaining(message) })
  expect(String(error)).not.toContain('ENV=x')
})

it('knows every setting that the installed deploy CLI reads', async () => {
  const root = join(createRequire(import.meta.url).resolve('auth0-deploy-cli'), '..')
  const files = (await readdir(root, { recursive: true })).filter((file) => file.endsWith('.js'))
  const names = new Set<string>()
  for (const file of files) {
    const text = await readFile(join(root, file), 'utf8')
    for (const [name] of text.matchAll(/\bAUTH0_[A-Z_]+\b|\b(?:EXCLUDED|INCLUDED)_PROPS\b/g)) names.add(name)
  }
  expect([...names].filter((name) => !(name in SETTINGS))).toEqual([])
})
