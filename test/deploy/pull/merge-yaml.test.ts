import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { type MergeOptions, mergedYaml } from '../../../lib/deploy/pull/merge-yaml.ts'
import { MarkerNames } from '../../../lib/deploy/pull/secrets.ts'
import type { TenantFile } from '../../../lib/workspace/index.ts'

const merged = (text: string, pulled: object, options: Partial<MergeOptions> = {}) =>
  mergedYaml(text, pulled as TenantFile, {
    keywords: {},
    names: new MarkerNames(),
    ignores: () => false,
    full: false,
    leaves: () => false,
    ...options,
  })

const SHOP = `# Applications of Acme
clients:   # all of them
  - name: Shop     # the one for customers
    callbacks: [ 'https://a.example/cb',   "https://b.example/cb" ]
    description: >-
      Sells
      things


  - { name: Job, app_type: non_interactive }   # nightly
`

describe('what is written and changed', () => {
  it.each<[what: string, before: string, pulled: object, after: string]>([
    [
      'a value within a line, and nothing else',
      SHOP,
      {
        clients: [
          {
            name: 'Shop',
            callbacks: ['https://a.example/cb', 'https://c.example/cb'],
            description: 'Sells things',
          },
          { name: 'Job', app_type: 'non_interactive' },
        ],
      },
      SHOP.replace('  "https://b.example/cb" ', 'https://c.example/cb '),
    ],
    [
      'an entry that is new, at the end',
      SHOP,
      {
        clients: [
          { name: 'New', app_type: 'spa' },
          { name: 'Job', app_type: 'non_interactive' },
          {
            name: 'Shop',
            callbacks: ['https://a.example/cb', 'https://b.example/cb'],
            description: 'Sells things',
          },
        ],
      },
      `${SHOP}  - name: New\n    app_type: spa\n`,
    ],
    [
      'an entry that is gone',
      SHOP,
      { clients: [{ name: 'Job', app_type: 'non_interactive' }] },
      '# Applications of Acme\nclients:   # all of them\n  - { name: Job, app_type: non_interactive }   # nightly\n',
    ],
    [
      'the order of bindings, with their labels',
      'triggers:\n  post-login:\n    - action_name: a # first\n      display_name: A\n    - action_name: b\n',
      {
        triggers: {
          'post-login': [
            { action_name: 'b', display_name: 'b' },
            { action_name: 'a', display_name: 'A' },
          ],
        },
      },
      'triggers:\n  post-login:\n    - action_name: b\n    - action_name: a # first\n      display_name: A\n',
    ],
    [
      'lists that are not indented, with Windows line ends',
      'roles:\r\n- name: r   # one\r\n  description: old\r\n- name: s\r\n  description: same\r\n',
      {
        roles: [
          { name: 'r', description: 'new' },
          { name: 's', description: 'same' },
        ],
      },
      'roles:\r\n- name: r   # one\r\n  description: new\r\n- name: s\r\n  description: same\r\n',
    ],
    [
      'an option of a connection that is missing, since a deploy would take it away',
      'connections:\n  - name: c\n    strategy: oidc\n    options: { a: 1 } # one\n',
      { connections: [{ name: 'c', strategy: 'oidc', options: { a: 1, b: 2 } }] },
      'connections:\n  - name: c\n    strategy: oidc\n    options: { a: 1, b: 2 } # one\n',
    ],
    [
      'what belongs to the code of an Action',
      'actions:\n  - name: a\n    code: ./a.js\n',
      {
        actions: [{ name: 'a', code: './a.js', runtime: 'node22', secrets: [{ name: 'K', value: '##K##' }] }],
      },
      'actions:\n  - name: a\n    code: ./a.js\n    secrets:\n      - name: K\n        value: "##K##"\n',
    ],
    ['a section that is empty', 'roles: []\n', { roles: [{ name: 'r' }] }, 'roles:\n  - name: r\n'],
    ['entries that are all gone', 'roles:\n  - name: r\n', { roles: [] }, 'roles: []\n'],
    [
      'a section that is not there',
      'roles: []\n',
      { forms: [{ name: 'f' }] },
      'roles: []\nforms:\n  - name: f\n',
    ],
  ])('%s', (_, before, pulled, after) => {
    expect(merged(before, pulled).text).toBe(after)
  })
})

it('follows anchors and aliases, and writes a value out where only one of them changed', () => {
  const text = 'clients:\n  - { name: a, callbacks: &c [x] }\n  - { name: b, callbacks: *c }\n'
  const both = (a: string[], b: string[]) => ({
    clients: [
      { name: 'a', callbacks: a },
      { name: 'b', callbacks: b },
    ],
  })
  expect(merged(text, both(['x'], ['x'])).text).toBeUndefined()
  expect(merged(text, both(['y'], ['y'])).text).toBe(text.replace('[x]', '[y]'))
  for (const [a, b] of [
    [['y'], ['x']],
    [['x'], ['y']],
  ] as const) {
    expect(parse(merged(text, both([...a], [...b])).text!)).toEqual(both([...a], [...b]))
  }
  // The anchor goes, and the alias stays.
  expect(parse(merged(text, { clients: [{ name: 'b', callbacks: ['x'] }] }).text!)).toEqual({
    clients: [{ name: 'b', callbacks: ['x'] }],
  })
})

it('leaves entries with merged members alone, and writes them out where one changed', () => {
  const text = 'clients:\n  - &b { name: a, app_type: spa }\n  - { <<: *b, name: b } # as the first\n'
  const both = (a: string, b: string) => ({
    clients: [
      { name: 'a', app_type: a },
      { name: 'b', app_type: b },
    ],
  })
  expect(merged(text, both('spa', 'spa')).text).toBeUndefined()
  expect(parse(merged(text, both('spa', 'native')).text!)).toEqual(both('spa', 'native'))
  expect(parse(merged(text, both('native', 'spa')).text!)).toEqual(both('native', 'spa'))
})

describe('a marker', () => {
  const text =
    "clients:\n  - name: 'Shop ##ENV##'\n    callbacks: @@URLS@@\n    client_metadata: { key: '##KEY##' }\n"
  const names = () => {
    const names = new MarkerNames(['KEY'])
    return { names, marker: names.markerFor(['KEY'], 'the secret') }
  }
  const shop = (name: string, callbacks: string[], key: string) => ({
    clients: [{ name, callbacks, client_metadata: { key } }],
  })
  const keywords = { ENV: 'test', URLS: '["a", "b"]', KEY: 'the secret' }

  it.each([
    ['has the value of the tenant', keywords],
    ['has no value here', {}],
  ])('stays where it %s', (_, keywords) => {
    const { names: given, marker } = names()
    expect(merged(text, shop('Shop test', ['a', 'b'], marker), { keywords, names: given })).toMatchObject({
      text: undefined,
      stale: [],
    })
  })

  it('stays for a secret that the tenant has another of, and is named', () => {
    const { names: given, marker } = names()
    expect(
      merged(text, shop('Shop test', ['a', 'b'], marker), {
        keywords: { ...keywords, KEY: 'old' },
        names: given,
      }),
    ).toMatchObject({ text: undefined, stale: ['KEY'] })
  })

  it('makes way for what the tenant has instead, where that is no secret', () => {
    const { names: given, marker } = names()
    const { text: changed } = merged(text, shop('Shop test', ['a', 'c'], marker), { keywords, names: given })
    expect(parse(changed!)).toEqual({
      clients: [{ name: 'Shop ##ENV##', callbacks: ['a', 'c'], client_metadata: { key: '##KEY##' } }],
    })
  })

  it('takes the place of a secret that stands in clear and is another in the tenant', () => {
    const { names: given, marker } = names()
    const clear = "clients:\n  - name: s\n    client_metadata: { key: 'the secret' }\n"
    const pulled = { clients: [{ name: 's', client_metadata: { key: marker } }] }
    expect(merged(clear, pulled, { names: given }).text).toBeUndefined()
    expect(merged(clear.replace('the secret', 'old'), pulled, { names: given }).text).toContain(`'${marker}'`)
  })
})

describe('what is left alone', () => {
  it.each<[what: string, text: string, pulled: object, options?: Partial<MergeOptions>]>([
    [
      'members that an entry leaves out',
      'clients:\n  - name: a\n',
      { clients: [{ name: 'a', app_type: 'spa' }] },
    ],
    ['types that were not read', 'hooks:\n  - name: a\n', {}],
    ['settings that tenant.yaml does not name', 'roles: []\n', { branding: { logo_url: 'x' } }],
    [
      'secrets that a tenant does not show',
      'emailProvider:\n  credentials: { smtp_pass: x }\n',
      { emailProvider: {} },
    ],
    ['entries that are excluded', 'clients:\n  - name: a\n', { clients: [] }, { leaves: () => true }],
    [
      'members that are excluded',
      'clients:\n  - { name: a, sso: true }\n',
      { clients: [{ name: 'a' }] },
      { ignores: (member) => member === 'clients.sso' },
    ],
    [
      '`latest` of a package',
      'actions:\n  - { name: a, dependencies: [{ name: p, version: latest }] }\n',
      {
        actions: [{ name: 'a', dependencies: [{ name: 'p', version: '1.2.3' }] }],
      },
    ],
    [
      'what is false, empty or absent',
      'clients:\n  - { name: a, sso: false, callbacks: [] }\n',
      {
        clients: [{ name: 'a' }],
      },
    ],
  ])('%s', (_, text, pulled, options) => {
    expect(merged(text, pulled, options).text).toBeUndefined()
  })

  it('comes when all is asked for', () => {
    const pulled = { clients: [{ name: 'a', app_type: 'spa' }], branding: { logo_url: 'x' } }
    expect(merged('clients:\n  - name: a # one\n', pulled, { full: true }).text).toBe(
      'clients:\n  - name: a # one\n    app_type: spa\nbranding:\n  logo_url: x\n',
    )
    expect(merged('clients:\n  - name: a\n', pulled).leftAlone).toEqual(['branding'])
  })
})
