import { execFileSync } from 'node:child_process'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { bundleActions } from '../../lib/bundle/index.ts'
import type { Command } from '../../lib/cli/command.ts'
import { planCommand } from '../../lib/cli/commands/plan.ts'
import { pullCommand } from '../../lib/cli/commands/pull.ts'
import { importTenantFile } from '../../lib/tenant/management/index.ts'
import { readWorkspace, type TenantFile } from '../../lib/workspace/index.ts'
import { exampleWorkspace } from '../helpers/example-workspace.ts'
import { folderWith } from '../helpers/folder.ts'
import { listing } from '../helpers/listing.ts'
import { recordedTerminal } from '../helpers/terminal.ts'
import { type TestTenant, testTenant } from './setup.ts'

let cwd: string
let target: TestTenant
let options: Record<string, string | boolean>

beforeEach(async () => {
  cwd = await folderWith({})
  target = await testTenant()
  const pem = join(await folderWith({ 'tenant.pem': target.access.certificate! }), 'tenant.pem')
  options = { tenant: 'local', url: `https://${target.access.domain}`, certificate: pem }
})

async function run(command: Command, more: Record<string, string | boolean> = {}) {
  const { credentials } = target.access
  if (!('clientId' in credentials)) throw new Error('no credentials')
  const env = { AUTH0_CLIENT_ID: credentials.clientId, AUTH0_CLIENT_SECRET: credentials.clientSecret }
  const terminal = recordedTerminal({ cwd, env })
  const code = await command.run(terminal, { ...options, ...more }, [])
  return { code, out: terminal.stdout(), err: terminal.stderr() }
}

const code = (text: string) => `exports.onExecutePostLogin = async (event, api) => {\n  // ${text}\n}\n`
const action = (name: string, more: object = {}) => ({
  name,
  runtime: 'node22',
  deployed: true,
  supported_triggers: [{ id: 'post-login', version: 'v3' }],
  ...more,
})

/** Puts it into the tenant as its owner would. */
async function given(tenant: TenantFile, codeOf: (name: string) => string = code) {
  const keywords = Object.fromEntries([...'ASJRGD'].map((name) => [name, `##${name}##`]))
  await importTenantFile(target.tenant.context, tenant, { codeOf, keywords })
}

describe('into an empty folder', () => {
  it('brings names that are no file names, and names that would give one file, byte for byte', async () => {
    const names = [
      'a b',
      'a/b',
      'A B',
      'a-b',
      'CON',
      'nul.js',
      'münchen',
      '登録',
      '../up',
      '.hidden',
      'x'.repeat(200),
      '##NO',
    ]
    await given({
      actions: names.map((name) => action(name)),
      triggers: { 'post-login': names.map((name) => ({ action_name: name, display_name: name })) },
    } as TenantFile)
    await run(pullCommand)
    const { actions } = parse(await readFile(join(cwd, 'tenant.yaml'), 'utf8')) as {
      actions: { name: string; code: string }[]
    }
    expect(actions.map(({ name }) => name).sort()).toEqual([...names].sort())
    const files = actions.map((one) => one.code.toLowerCase())
    expect(new Set(files).size).toBe(names.length)
    for (const one of actions) {
      expect(one.code).toMatch(/^\.\/actions\/[\w-][\w.-]{0,80}\.js$/)
      expect(await readFile(join(cwd, one.code), 'utf8')).toBe(code(one.name))
    }
    expect((await run(planCommand)).out).toBe('nothing to change\n')
  })

  it('writes a marker for each secret, and the next plan finds nothing to change', async () => {
    const secrets = {
      signing: 'signing-secret-of-the-api-0123456789',
      addon: 'addon-secret',
      key: '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----\n',
      meta: 'sk_live_abcdefgh12345678',
      random: 'hG7kPq2Lm9Xz4Rt8Vb3Nc6Ws1Yd5',
    }
    await given({
      resourceServers: [
        {
          name: 'Orders',
          identifier: 'https://o.example/',
          signing_alg: 'HS256',
          signing_secret: secrets.signing,
          scopes: [{ value: 'read' }],
        },
      ],
      clients: [
        {
          name: 'Shop',
          app_type: 'regular_web',
          callbacks: ['https://shop.example/callback'],
          token_endpoint_auth_method: 'client_secret_post',
          addons: {
            sap_api: { secret: secrets.addon, clientid: 'sap' },
            samlp: { audience: 'urn:x', signingKey: secrets.key },
          },
          client_metadata: { payment: secrets.meta, region: secrets.random, plan: 'gold' },
        },
      ],
      roles: [
        {
          name: 'reader',
          description: 'reads',
          permissions: [{ permission_name: 'read', resource_server_identifier: 'https://o.example/' }],
        },
      ],
      organizations: [{ name: 'acme', display_name: 'Acme', metadata: { token: 'abc-token' } }],
      actions: [
        action('greet', {
          secrets: [
            { name: 'KEY', value: 'v' },
            { name: 'AUTH0_CLIENT_SECRET', value: 'v' },
          ],
        }),
      ],
      triggers: { 'post-login': [{ action_name: 'greet', display_name: 'greet' }] },
    } as TenantFile)
    const { out, err } = await run(pullCommand, { json: true })
    const { markers } = JSON.parse(out) as { markers: string[] }
    expect(markers).toEqual([
      'API_ORDERS_SIGNING_SECRET',
      'CLIENT_SHOP_ADDONS_SAMLP_SIGNING_KEY',
      'CLIENT_SHOP_ADDONS_SAP_API_SECRET',
      'CLIENT_SHOP_CLIENT_METADATA_PAYMENT',
      'CLIENT_SHOP_CLIENT_METADATA_REGION',
      'KEY',
      'OF_AUTH0_CLIENT_SECRET',
      'ORGANIZATION_ACME_METADATA_TOKEN',
    ])
    const text = await readFile(join(cwd, 'tenant.yaml'), 'utf8')
    for (const secret of [...Object.values(secrets), 'abc-token', 'MIIE']) {
      expect(text).not.toContain(secret)
      expect(out + err).not.toContain(secret)
    }
    for (const client of target.tenant.state.clients.values()) {
      if (client.client_secret !== undefined) expect(text).not.toContain(client.client_secret)
    }
    expect(text).toContain('plan: gold')
    const keywords = [
      `API_ORDERS_SIGNING_SECRET: ${secrets.signing}`,
      `CLIENT_SHOP_ADDONS_SAMLP_SIGNING_KEY: ${JSON.stringify(secrets.key)}`,
      `CLIENT_SHOP_ADDONS_SAP_API_SECRET: ${secrets.addon}`,
      `CLIENT_SHOP_CLIENT_METADATA_PAYMENT: ${secrets.meta}`,
      `CLIENT_SHOP_CLIENT_METADATA_REGION: ${secrets.random}`,
      'KEY: v',
      'OF_AUTH0_CLIENT_SECRET: v',
      'ORGANIZATION_ACME_METADATA_TOKEN: abc-token',
    ]
    await writeFile(
      join(cwd, 'tenant.local.yaml'),
      `users: [{ email: a@b.example, password: p }]\nkeywords: { ${keywords.join(', ')} }\n`,
    )
    expect((await run(planCommand)).out).toBe('nothing to change\n')
  })
})

describe('names that look like markers', () => {
  it('have one marker each, also where something refers to them, and the next plan finds nothing to change', async () => {
    const [api, scope, app] = ['https://o.example/##A##', 'read:##S##', 'Job ##J##']
    await given(
      {
        resourceServers: [
          { name: 'Orders', identifier: api, signing_alg: 'RS256', scopes: [{ value: scope }] },
        ],
        clients: [{ name: app, app_type: 'non_interactive', grant_types: ['client_credentials'] }],
        clientGrants: [{ client_id: app, audience: api, scope: [scope], subject_type: 'client' }],
        roles: [
          {
            name: 'reader ##R##',
            description: 'reads',
            permissions: [{ permission_name: scope, resource_server_identifier: api }],
          },
        ],
        actions: [action('greet ##G##')],
        triggers: { 'post-login': [{ action_name: 'greet ##G##', display_name: 'shown ##D##' }] },
      } as TenantFile,
      () => code('greets'),
    )
    await run(pullCommand)
    const pulled = parse(await readFile(join(cwd, 'tenant.yaml'), 'utf8')) as TenantFile
    expect(pulled.roles![0]!['permissions']).toEqual([
      {
        permission_name: '##API_ORDERS_SCOPES_VALUE##',
        resource_server_identifier: '##API_ORDERS_IDENTIFIER##',
      },
    ])
    expect(pulled.triggers!['post-login']).toEqual([
      { action_name: '##ACTION_NAME##', display_name: '##TRIGGER_POST_LOGIN_NAME##' },
    ])
    const keywords = {
      API_ORDERS_SCOPES_VALUE: scope,
      API_ORDERS_IDENTIFIER: api,
      CLIENT_JOB_J_NAME: app,
      ROLE_READER_R_NAME: 'reader ##R##',
      ACTION_NAME: 'greet ##G##',
      TRIGGER_POST_LOGIN_NAME: 'shown ##D##',
      // Without a marker in its place it would be filled into the name.
      ...{ A: 'no', S: 'no', J: 'no', R: 'no', G: 'no', D: 'no' },
    }
    await writeFile(
      join(cwd, 'tenant.local.yaml'),
      JSON.stringify({ users: [{ email: 'a@b.example', password: 'p' }], keywords }),
    )
    expect(await run(planCommand)).toMatchObject({ out: 'nothing to change\n' })
  })
})

describe('over a TypeScript workspace', () => {
  beforeEach(async () => {
    cwd = await exampleWorkspace()
    const workspace = await readWorkspace(cwd)
    const built = await bundleActions(workspace.actions, { root: cwd })
    await importTenantFile(target.tenant.context, workspace.tenant, {
      codeOf: (name) => built.find((one) => one.name === name)!.code,
      keywords: workspace.local!.keywords!,
    })
  })

  const actionOf = (name: string) =>
    [...target.tenant.state.actions.values()].find((one) => one.name === name)!

  it('has nothing to write while the sources give what the tenant has', async () => {
    const before = await listing(cwd)
    expect(await run(pullCommand)).toMatchObject({
      code: 0,
      out: 'nothing to write: the files are as the tenant\n',
      // Settings that a tenant has from the start are no difference.
      err: expect.stringMatching(
        /^note: left alone, since tenant.yaml does not name it: attackProtection, /m,
      ),
    })
    expect(await listing(cwd)).toEqual(before)
  })

  it('says that the tenant has other code, and writes nothing', async () => {
    const edited = `${actionOf('enrich-claims').code}// by hand\n`
    const { versions, deployed_version_id } = actionOf('enrich-claims')
    actionOf('enrich-claims').code = edited
    versions.find(({ id }) => id === deployed_version_id)!.code = edited
    const before = await listing(cwd)
    for (const more of [{}, { overwrite: true }]) {
      const { code, out, err } = await run(pullCommand, more)
      expect(code).toBe(1)
      expect(out).toBe('')
      expect(err).toMatch(
        /^actions\/enrich-claims\.ts differs: the tenant has other code for "enrich-claims" .* 1 lines only in the tenant, 0 only here\n--- actions\/enrich-claims.ts\n\+\+\+ the tenant\n@@ [^\n]*\n( [^\n]*\n)+\+\/\/ by hand\nnothing was written/,
      )
    }
    expect(JSON.parse((await run(pullCommand, { json: true })).out)).toMatchObject({
      outcome: 'differs',
      written: [],
      sources: [
        { action: 'enrich-claims', source: 'actions/enrich-claims.ts', lines: { added: 1, removed: 0 } },
      ],
    })
    expect(await listing(cwd)).toEqual(before)

    // What is then brought is what is sent.
    const source = await readFile(join(cwd, 'actions/enrich-claims.ts'), 'utf8')
    await run(pullCommand, { 'replace-sources': true })
    expect(await readFile(join(cwd, 'actions/enrich-claims.js'), 'utf8')).toBe(edited)
    expect(await readFile(join(cwd, 'actions/enrich-claims.ts.before-pull'), 'utf8')).toBe(source)
    expect(Object.keys(await listing(cwd))).not.toContain('actions/enrich-claims.ts')
    expect((await run(planCommand, {})).out).not.toMatch(/"enrich-claims": .*code/)
  })

  it('changes one line of tenant.yaml where one value differs, and brings with --full what it leaves out', async () => {
    const file = join(cwd, 'tenant.yaml')
    const before = await readFile(file, 'utf8')
    const role = [...target.tenant.state.roles.values()].find(({ name }) => name === 'orders-reader')!
    role.description = 'Reads all orders'
    await expect(run(pullCommand)).rejects.toMatchObject({
      message: 'these files are there and differ: tenant.yaml',
    })
    expect((await run(pullCommand, { overwrite: true })).out).toBe('wrote tenant.yaml\n')
    expect(await readFile(file, 'utf8')).toBe(
      before.replace('description: Reads orders', 'description: Reads all orders'),
    )
    expect((await run(pullCommand)).out).toBe('nothing to write: the files are as the tenant\n')
    await run(pullCommand, { overwrite: true, full: true })
    const full = await readFile(file, 'utf8')
    expect(full).toContain('\nattackProtection:\n')
    expect(full).toContain("value: '##EU_COUNTRIES##'")
    expect((await run(planCommand)).out).toBe('nothing to change\n')
  })
})

it('refuses a name that no workspace can have, and a pipe in the place of a file', async () => {
  await given({ actions: [action('greet')] } as TenantFile)
  await mkdir(join(cwd, 'actions'))
  execFileSync('mkfifo', [join(cwd, 'actions/greet.js')])
  await expect(run(pullCommand, { overwrite: true })).rejects.toThrow(/^"actions\/greet.js" is no file/)
  await given({ actions: [action('gr\u001beet')] } as TenantFile)
  await expect(run(pullCommand, { overwrite: true })).rejects.toThrow(/control character/)
  await expect(readFile(join(cwd, 'tenant.yaml'))).rejects.toMatchObject({ code: 'ENOENT' })
})

it('writes through no link, and then nothing at all', async () => {
  await given({ actions: [action('greet')] } as TenantFile)
  const outside = await folderWith({ 'greet.js': 'mine' })
  await symlink(outside, join(cwd, 'actions'))
  await expect(run(pullCommand, { overwrite: true })).rejects.toMatchObject({ code: 'ERR_INPUT' })
  expect(await readFile(join(outside, 'greet.js'), 'utf8')).toBe('mine')
  await expect(readFile(join(cwd, 'tenant.yaml'))).rejects.toMatchObject({ code: 'ENOENT' })
})

it('compares a source that no tenant.yaml names yet, instead of writing beside it', async () => {
  await given({ actions: [action('greet')] } as TenantFile)
  await mkdir(join(cwd, 'actions'))
  await writeFile(join(cwd, 'actions/greet.ts'), 'export const onExecutePostLogin = async () => {}\n')
  const { code: exit, err } = await run(pullCommand)
  expect(exit).toBe(1)
  expect(err).toContain('actions/greet.ts differs')
  await expect(readFile(join(cwd, 'actions/greet.js'))).rejects.toMatchObject({ code: 'ENOENT' })
})

describe('a tenant that does not let everything be read', () => {
  const refuse = (paths: RegExp, status: 401 | 403 | 500) => {
    target.faults.inject = ({ path }) => (paths.test(path) ? { kind: 'status', status } : undefined)
  }

  it('leaves a type out that may not be read, names it, and ends with 1 where tenant.yaml has it', async () => {
    await given({ actions: [action('greet')] } as TenantFile)
    refuse(/^\/log-streams/, 403)
    const { code: exit, out, err } = await run(pullCommand, { json: true })
    expect(exit).toBe(0)
    const { notPulled } = JSON.parse(out) as { notPulled: { type: string; refused: boolean }[] }
    expect(notPulled).toContainEqual(expect.objectContaining({ type: 'logStreams', refused: true }))
    expect(err).not.toMatch(/secret/)
    const file = join(cwd, 'tenant.yaml')
    await writeFile(file, `${await readFile(file, 'utf8')}logStreams:\n  - { name: s, type: http } # ours\n`)
    const again = await run(pullCommand, { overwrite: true })
    expect(again.code).toBe(1)
    expect(again.err).toMatch(/^note: not pulled, since the credentials may not read it: logStreams \(/m)
    expect(await readFile(file, 'utf8')).toContain('# ours')
  })

  it.each([
    ['refuses the credentials', /./, 401, /answered 401 .*\n?/],
    ['lets nothing be read', /./, 403, /answered 403 to GET/],
    ['fails at one type', /^\/forms/, 500, /answered 500 to GET \/forms/],
  ] as const)('writes nothing when it %s', async (_, paths, status, message) => {
    await given({ actions: [action('greet')] } as TenantFile)
    refuse(paths, status)
    await expect(run(pullCommand)).rejects.toMatchObject({
      code: 'ERR_DEPLOY',
      message: expect.stringMatching(message) as string,
      hint: expect.stringContaining('Nothing was written') as string,
    })
    expect(await listing(cwd)).toEqual({})
  })
})

it('says which Actions are drafts, and the next plan finds nothing to change', async () => {
  await given({
    actions: [action('never', { deployed: false }), action('edited'), action('as deployed')],
  } as TenantFile)
  const edited = [...target.tenant.state.actions.values()].find(({ name }) => name === 'edited')!
  Object.assign(edited, { code: code('edited in the dashboard'), all_changes_deployed: false })
  const { code: exit, err } = await run(pullCommand)
  expect(exit).toBe(0)
  expect(err).toMatch(/^note: "never" is a draft that was never deployed/m)
  expect(err).toMatch(/^note: "edited" is a draft: what is deployed is older/m)
  expect(err).not.toContain('"as deployed" is a draft')
  expect((await run(planCommand)).out).toMatch(/^nothing to change\n/)
})

it('honours what the deploy CLI is told to leave out', async () => {
  await given({
    clients: [
      { name: 'Shop', app_type: 'spa', description: 'sells' },
      { name: 'Legacy', app_type: 'spa' },
    ],
    roles: [{ name: 'reader', description: 'reads' }],
    actions: [action('greet')],
  } as TenantFile)
  const config = {
    AUTH0_EXCLUDED: ['roles', 'actions', 'triggers'],
    AUTH0_EXCLUDED_CLIENTS: ['Legacy'],
    EXCLUDED_PROPS: { clients: ['description'] },
    AUTH0_ALLOW_DELETE: true,
  }
  await writeFile(join(cwd, 'config.json'), JSON.stringify(config))
  await run(pullCommand)
  const file = join(cwd, 'tenant.yaml')
  const pulled = parse(await readFile(file, 'utf8')) as TenantFile
  expect(pulled.clients!.map(({ name }) => name)).toEqual(['Shop'])
  expect(pulled.clients![0]).not.toHaveProperty('description')
  expect(Object.keys(pulled)).not.toEqual(expect.arrayContaining(['roles']))
  expect(Object.keys(await listing(cwd)).join()).not.toContain('greet.js')

  // What tenant.yaml says of it stays as well.
  const mine =
    'clients:\n  - { name: Shop, description: mine }\n  - { name: Legacy, app_type: native }\nroles: [{ name: mine }]\n'
  await writeFile(file, mine)
  expect((await run(pullCommand)).out).toBe('nothing to write: the files are as the tenant\n')
  const { AUTH0_EXCLUDED: _, ...rest } = config
  await writeFile(join(cwd, 'config.json'), JSON.stringify({ ...rest, AUTH0_INCLUDED_ONLY: ['clients'] }))
  expect((await run(pullCommand)).out).toBe('nothing to write: the files are as the tenant\n')
})

it('leaves out applications with one name, which no deploy can tell apart, and names them', async () => {
  const [first] = [...target.tenant.state.clients.values()]
  for (const id of ['one', 'two']) {
    target.tenant.state.clients.set(id, { ...first!, client_id: id, name: 'Twin' })
  }
  const { err } = await run(pullCommand)
  expect(err).toContain('note: not pulled: clients, since several are called "Twin"')
  expect((await run(planCommand)).out).toBe('nothing to change\n')
})
