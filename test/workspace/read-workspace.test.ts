import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readWorkspace } from '../../lib/workspace/index.ts'
import { folderWith } from '../helpers/folder.ts'

const TENANT = `actions:
  - name: one
    code: ./dist/actions/one.js
    deployed: true
    secrets:
      - name: KEY
        value: '##KEY##'
    supported_triggers: [{ id: post-login, version: v3 }]
  - name: two
    code: ./dist/actions/two.js
triggers:
  post-login:
    - action_name: two
    - action_name: one
`

async function workspace(files: Record<string, string>) {
  return readWorkspace(await folderWith(files))
}

describe('readWorkspace', () => {
  test('reads the example workspace of this repository without a finding', async () => {
    const { bound, findings, contractFiles, local } = await readWorkspace(join(import.meta.dirname, '../..'))
    expect(bound).toEqual({ 'post-login': ['enrich-claims', 'adjust-scopes'] })
    expect(findings).toEqual([])
    expect(contractFiles.map((file) => file.split('/').at(-1))).toEqual([
      'id-token.json',
      'orders.access-token.json',
    ])
    expect(local?.users.map((user) => user.email)).toContain('ada@acme.example')
  })

  test('looks for a source by a name only where that can be the name of a file', async () => {
    const { actions, findings, root } = await workspace({
      'tenant.yaml':
        'actions:\n  - name: ../../a\n    code: ./actions/a.js\n  - name: b/c\n    code: ./actions/b-c.js\n',
      'actions/a.js': '',
      'actions/b/c.ts': '',
    })
    expect(actions.map(({ sourceFile }) => sourceFile)).toEqual([
      join(root, 'actions/a.js'),
      join(root, 'actions/b-c.js'),
    ])
    expect(findings.map(({ rule, hint }) => [rule, hint])).toEqual([
      ['tenant/missing-source', 'Write "actions/b-c.js", or correct the name in tenant.yaml.'],
    ])
  })

  test('gives each Action its source, its bundle and its defaults', async () => {
    const { root, actions, bound } = await workspace({
      'tenant.yaml': TENANT,
      'actions/one.ts': '',
      'actions/two.js': '',
    })
    expect(bound).toEqual({ 'post-login': ['two', 'one'] })
    expect(actions).toEqual([
      {
        name: 'one',
        sourceFile: join(root, 'actions/one.ts'),
        builtFile: join(root, 'dist/actions/one.js'),
        runtime: 'node22',
        deployed: true,
        secrets: [{ name: 'KEY', value: '##KEY##' }],
        dependencies: [],
        modules: [],
        triggers: ['post-login'],
        at: { file: 'tenant.yaml', line: 2, column: 5 },
      },
      expect.objectContaining({
        name: 'two',
        sourceFile: join(root, 'actions/two.js'),
        deployed: false,
        triggers: [],
        at: { file: 'tenant.yaml', line: 9, column: 5 },
      }),
    ])
  })

  test('finds an Action without a source, and a binding without an Action', async () => {
    const { findings } = await workspace({
      'tenant.yaml': TENANT.replace('action_name: two', 'action_name: too'),
      'actions/one.ts': '',
    })
    expect(findings.map(({ rule, line, column }) => ({ rule, line, column }))).toEqual([
      { rule: 'tenant/missing-source', line: 9, column: 5 },
      { rule: 'tenant/unknown-action', line: 13, column: 7 },
    ])
  })

  test.each([
    ['no tenant.yaml', {}, { message: /no tenant.yaml/, hint: /--workspace/ }],
    ['a text that is not YAML', { 'tenant.yaml': 'actions:\n  - name: "one\n' }, { line: 3 }],
    ['a list that is a map', { 'tenant.yaml': 'roles: []\nactions:\n  name: one\n' }, { line: 2, column: 1 }],
    [
      'an Action without code',
      { 'tenant.yaml': 'actions:\n  - name: one\n' },
      { line: 2, message: /"code" is missing/ },
    ],
    [
      'two Actions with one name',
      { 'tenant.yaml': 'actions:\n  - name: a\n    code: x.js\n  - name: a\n    code: x.js\n' },
      { line: 4, message: /two Actions with the name "a"/ },
    ],
    [
      'a name of two lines',
      { 'tenant.yaml': 'actions:\n  - name: "a\\nb"\n    code: x.js\n' },
      { line: 2, message: /control character/ },
    ],
    ['an empty file', { 'tenant.yaml': '' }, { message: /must be a map/ }],
  ])('refuses %s', async (_, files, expected) => {
    const folder = await folderWith(files as Record<string, string>)
    const error = await readWorkspace(folder).catch((fault: unknown) => fault)
    expect(error).toMatchObject({ code: 'ERR_INPUT' })
    for (const [key, value] of Object.entries(expected)) {
      if (value instanceof RegExp) expect((error as Record<string, string>)[key]).toMatch(value)
      else expect(error).toHaveProperty(key, value)
    }
  })

  test.each([
    [
      'an unknown key',
      'users:\n  - email: a@b.example\n    password: secret-1\n    rolls: [x]\n',
      { line: 4, column: 5 },
    ],
    ['a wrong type', 'users:\n  - email: a@b.example\n    password: 5\n', { line: 3, column: 5 }],
    ['a missing password', 'users:\n  - email: a@b.example\n', { line: 2, column: 5 }],
    [
      'a member who is no user',
      'users:\n  - email: a@b.example\n    password: secret-1\norganizations:\n  - name: acme\n    members:\n      - user: c@b.example\n',
      { line: 7, column: 9 },
    ],
    [
      'a user listed twice',
      'users:\n  - { email: a@b.example, password: secret-1 }\n  - { email: A@b.example, password: secret-1 }\n',
      { line: 3, column: 7 },
    ],
  ])('refuses a tenant.local.yaml with %s, and does not print the password', async (_, local, place) => {
    const folder = await folderWith({ 'tenant.yaml': 'roles: []\n', 'tenant.local.yaml': local })
    const error = await readWorkspace(folder).catch((fault: unknown) => fault)
    expect(error).toMatchObject({ code: 'ERR_INPUT', file: 'tenant.local.yaml', ...place })
    expect(String((error as Error).message)).not.toContain('secret-1')
  })

  test.each([
    ['an Action', 'actions:\n  - name: a\n    code: |\n      // a/b\n      exports.x = 1\n', 3, '"code"'],
    ['a page', 'pages:\n  - name: login\n    html: |\n      <html>\n      </html>\n', 3, '"html"'],
  ])('says that %s is to be in a file of its own, and does not print it', async (_, yaml, line, member) => {
    const folder = await folderWith({ 'tenant.yaml': yaml })
    await expect(readWorkspace(folder)).rejects.toMatchObject({
      code: 'ERR_INPUT',
      line,
      message: `${member} has a text of several lines, where the deploy CLI wants the name of a file`,
    })
  })

  test.each([
    ['an alias of nothing', 'password: *hunter2', 3],
    ['an alias with an anchor of its own', 'password: &hunter2 *hunter2', 3],
    ['an unknown tag', 'password: !hunter2', 3],
    ['a tag that does not fit', 'password: !!timestamp hunter2', 3],
    ['a block scalar with a text', 'password: |hunter2', 3],
    ['a text of two lines in quotes', 'password: "hunter2', 4],
    ['an escape', 'password: "hunter2\\q"', 3],
    ['a reserved character', 'password: @hunter2', 3],
    ['a backtick', 'password: `hunter2', 3],
    ['a percent sign', 'password: %hunter2', 3],
    ['an open list', 'password: [hunter2', 4],
    ['a closing bracket', 'password: ]hunter2', 3],
    ['a colon', 'password: hunter2: hunter2', 3],
    ['a key twice', 'password: hunter2\n    password: hunter2', 4],
    ['a colon left out', 'password hunter2', 3],
    ['a key for a value', 'password: x\n    hunter2: y', 4],
    ['a text beside a text', 'password: "x" hunter2', 3],
    ['a list for a text', 'password: [hunter2]', 3],
    ['a map as a key', '? [hunter2]\n    : x', 2],
    ['an anchor for a text', 'password: &hunter2', 3],
    [
      'an alias that is repeated too often',
      `password: x
    app_metadata:
      a: &a [hunter2, hunter2, hunter2, hunter2, hunter2, hunter2, hunter2, hunter2, hunter2]
      b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]
      c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]
      d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c]`,
      1,
    ],
  ])('says where %s is, in words of our own', async (_, text, line) => {
    const local = `users:\n  - email: a@b.example\n    ${text}\n`
    const folder = await folderWith({ 'tenant.yaml': 'roles: []\n', 'tenant.local.yaml': local })
    const error = (await readWorkspace(folder).catch((fault: unknown) => fault)) as Error
    expect(error).toMatchObject({ code: 'ERR_INPUT', file: 'tenant.local.yaml', line })
    for (let at: unknown = error; at instanceof Error; at = at.cause)
      expect(String(at.stack) + JSON.stringify(at)).not.toMatch(/hunter2/)
  })

  test('reads markers without quotes as the deploy CLI does, which fills them before it reads YAML', async () => {
    const { tenant, positionOf } = await workspace({
      'tenant.yaml': `clients:
  - name: App ##NAME## # not ##THIS##
    callbacks: [##A##, https://##HOST##/, "##B##"]
    web_origins: @@ORIGINS@@
    description: |
      of ##NAME## # and no comment
resourceServers:
  - identifier: https://##HOST##/
    token_lifetime: ##LIFETIME##
`,
    })
    expect(tenant).toEqual({
      clients: [
        {
          name: 'App ##NAME##',
          callbacks: ['@@A@@', 'https://##HOST##/', '##B##'],
          web_origins: '@@ORIGINS@@',
          description: 'of ##NAME## # and no comment\n',
        },
      ],
      // The marker alone is what its value is: a number, a list.
      resourceServers: [{ identifier: 'https://##HOST##/', token_lifetime: '@@LIFETIME@@' }],
    })
    expect(positionOf(['resourceServers', 0, 'token_lifetime'])).toMatchObject({ line: 9, column: 5 })
  })

  test('the schema of tenant.local.yaml has an example that it accepts', async () => {
    const schema = JSON.parse(
      await readFile(join(import.meta.dirname, '../../schemas/tenant.local.schema.json'), 'utf8'),
    ) as { examples: unknown[] }
    const local = JSON.stringify(schema.examples[0])
    expect((await workspace({ 'tenant.yaml': 'roles: []', 'tenant.local.yaml': local })).local).toEqual(
      schema.examples[0],
    )
  })
})
