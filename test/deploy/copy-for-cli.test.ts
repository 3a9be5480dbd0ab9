import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { bundleActions } from '../../lib/bundle/index.ts'
import { copyForCli } from '../../lib/deploy/copy-for-cli.ts'
import { namedFiles, readWorkspace } from '../../lib/workspace/index.ts'
import { folderWith } from '../helpers/folder.ts'

const TENANT = `
actions: [{ name: a, code: ./actions/a.js }]
actionModules: [{ name: m, code: ./modules/m.js }]
databases: [{ name: d, options: { customScripts: { login: ./databases/login.js, create: ./databases/create.js } } }]
pages: [{ name: login, html: ./pages/login.html }]
emailTemplates: [{ template: t, body: ./emails/t.html }]
rules: [{ name: r, script: ./rules/r.js }]
hooks: [{ name: h, script: ./hooks/h.js }]
forms: [{ name: f, body: ./forms/f.json }]
flows: [{ name: f, body: ./flows/f.json }]
branding: { templates: [{ template: universal_login, body: ./branding/u.html }] }
prompts: { screenRenderers: [{ login: { login: ./prompts/login.json } }] }
clients: [{ name: c, custom_login_page: page.html }, { name: inline, custom_login_page: '<p>../../x</p>' }]
connections: [{ name: email, strategy: email, options: { email: { body: mail.html } } }, { name: g, strategy: google-oauth2 }]
`
const FILES = [
  'modules/m.js',
  'databases/login.js',
  'databases/create.js',
  'pages/login.html',
  'emails/t.html',
  'rules/r.js',
  'hooks/h.js',
  'forms/f.json',
  'flows/f.json',
  'branding/u.html',
  'prompts/login.json',
  'clients/page.html',
  'connections/mail.html',
]

it('copies every file that tenant.yaml names, with the bundle in place of an Action’s source', async () => {
  const root = await folderWith({
    'tenant.yaml': TENANT,
    'actions/a.js': "import { b } from './b.js'\nexport const onExecutePostLogin = async () => b\n",
    'actions/b.js': 'export const b = 1\n',
    ...Object.fromEntries(FILES.map((file) => [file, `text of ${file}`])),
  })
  const folder = await folderWith({})
  const workspace = await readWorkspace(root)
  const built = await bundleActions(workspace.actions, { root })
  const copy = await copyForCli({ workspace, built }, workspace.tenant, folder)
  const texts = await Promise.all(
    namedFiles(copy)
      .filter(({ name }) => !name.includes('<p>'))
      .map(({ name }) => readFile(join(folder, name), 'utf8')),
  )
  expect(texts.sort()).toEqual([built[0]!.code, ...FILES.map((file) => `text of ${file}`)].sort())
  expect(copy.clients?.[1]).toEqual({ name: 'inline', custom_login_page: '<p>../../x</p>' })
  expect(workspace.tenant.actions?.[0]).toEqual({ name: 'a', code: './actions/a.js' })
})

it.each([
  ['is missing', 'pages: [{ name: login, html: ./pages/none.html }]', '"./pages/none.html" cannot be read'],
  ['is a folder', 'pages: [{ name: login, html: ./actions }]', '"./actions" cannot be read'],
])('refuses a file that %s before anything is sent', async (_, tenant, message) => {
  const root = await folderWith({ 'tenant.yaml': `${tenant}\n`, 'actions/a.js': '' })
  const workspace = await readWorkspace(root)
  await expect(
    copyForCli({ workspace, built: [] }, workspace.tenant, await folderWith({})),
  ).rejects.toMatchObject({
    code: 'ERR_INPUT',
    message,
  })
})
