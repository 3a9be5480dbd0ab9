import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parse } from 'node-html-parser'
import { beforeEach, expect, test } from 'vitest'
import type { Command, OptionValues } from '../../lib/cli/command.ts'
import { breakingCommand } from '../../lib/cli/commands/breaking.ts'
import { docsCommand } from '../../lib/cli/commands/docs.ts'
import { typesCommand } from '../../lib/cli/commands/types.ts'
import { createVerifier } from '../../lib/verify/node.ts'
import { createTestIssuer } from '../../lib/verify/test-issuer.ts'
import type { ClaimsContract } from '../../lib/verify/types.ts'
import { recordedTerminal } from '../helpers/terminal.ts'

let folder: string
const FILE = 'schemas/claims/orders.access-token.json'

function contract(plans: string[]): string {
  return JSON.stringify({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Orders',
    'x-auth0': { token: 'access_token', audience: 'https://orders.acme.example/' },
    type: 'object',
    properties: { 'https://acme.example/plan': { enum: plans, description: 'The plan.' } },
    required: ['https://acme.example/plan'],
  })
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'contract-'))
  await mkdir(join(folder, 'schemas', 'claims'), { recursive: true })
  await writeFile(join(folder, 'tenant.yaml'), 'actions: []\n')
  await writeFile(join(folder, FILE), contract(['free', 'team']))
})

async function run(command: Command, values: OptionValues = {}) {
  const terminal = recordedTerminal({ cwd: folder })
  const code = await command.run(terminal, values, [])
  return { code, stdout: terminal.stdout(), stderr: terminal.stderr() }
}

test('claims types writes the types once, and says when they are stale', async () => {
  expect(await run(typesCommand, { check: true })).toEqual({
    code: 1,
    stdout:
      'schemas/claims/types.ts:1:1 error contract/stale-types The types do not match the contracts.\n  hint: Run claims types and commit the file.\n',
    stderr: '',
  })
  expect(await run(typesCommand)).toEqual({
    code: 0,
    stdout: 'schemas/claims/types.ts: Orders\n',
    stderr: '',
  })
  expect(await readFile(join(folder, 'schemas/claims/types.ts'), 'utf8')).toContain(
    "  'https://acme.example/plan': 'free' | 'team'\n",
  )
  expect(await run(typesCommand, { check: true })).toEqual({
    code: 0,
    stdout: 'The types agree with the contracts.\n',
    stderr: '',
  })
  await writeFile(join(folder, FILE), contract(['free']))
  expect((await run(typesCommand, { check: true })).code).toBe(1)
})

test('claims types --validators writes what an API gives to its verifier', async () => {
  const path = 'schemas/claims/orders.access-token.validator'
  expect(await run(typesCommand, { validators: true })).toEqual({
    code: 0,
    stdout: `schemas/claims/types.ts: Orders\n${path}.js\n${path}.d.ts\n`,
    stderr: '',
  })
  expect(await run(typesCommand, { validators: true, check: true })).toMatchObject({
    code: 0,
    stdout: 'The types and validators agree with the contracts.\n',
  })
  const validator = (await import(pathToFileURL(join(folder, `${path}.js`)).href)) as ClaimsContract
  const issuer = await createTestIssuer({ audience: 'https://orders.acme.example/' })
  const verifier = createVerifier({ ...issuer.verifierOptions, contract: validator })
  const tokenWith = (plan: string) => issuer.issueTestToken({ claims: { 'https://acme.example/plan': plan } })
  await expect(verifier.verify(await tokenWith('team'))).resolves.toBeDefined()
  await expect(verifier.verify(await tokenWith('gold'))).rejects.toMatchObject({
    code: 'contract_violation',
    claim: 'https://acme.example/plan',
  })
  await writeFile(join(folder, FILE), contract(['gold']))
  expect((await run(typesCommand, { validators: true, check: true })).stdout).toContain(
    `${path}.js:1:1 error contract/stale-types The validator does not match the contracts.\n  hint: Run claims types --validators and commit the file.\n`,
  )
})

test.each([
  ['{ "type": "module" }', 'esm'],
  ['{ "type": "commonjs" }', 'commonjs'],
  ['{ "name": "api", "workspaces": [{ "type": "module" }] }', 'commonjs'],
  [undefined, 'commonjs'],
])('claims types --validators writes what Node takes a .js file for: %s', async (manifest, form) => {
  if (manifest !== undefined) await writeFile(join(folder, 'package.json'), manifest)
  await run(typesCommand, { validators: true })
  const path = join(folder, 'schemas/claims/orders.access-token.validator.js')
  const text = await readFile(path, 'utf8')
  expect(/^export function validate/m.test(text)).toBe(form === 'esm')
  const { validate } =
    form === 'esm'
      ? ((await import(pathToFileURL(path).href)) as ClaimsContract)
      : (createRequire(path)(path) as ClaimsContract)
  expect(validate({ 'https://acme.example/plan': 'free' })).toEqual([])
  expect(validate({ 'https://acme.example/plan': 'none' })).toMatchObject([{ keyword: 'enum' }])
  // Said outright, it is as said.
  const other = form === 'esm' ? 'commonjs' : 'esm'
  await run(typesCommand, { validators: true, module: other })
  expect(/^export function validate/m.test(await readFile(path, 'utf8'))).toBe(other === 'esm')
  await expect(run(typesCommand, { validators: true, module: 'umd' })).rejects.toMatchObject({
    code: 'ERR_USAGE',
  })
})

test('claims breaking compares with a git commit, and shows a witness', async () => {
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], { cwd: folder })
  git('init', '-q')
  git('add', '.')
  git('commit', '-qm', 'First')
  expect(await run(breakingCommand, { against: 'HEAD' })).toEqual({
    code: 0,
    stdout: 'The contracts promise what they promised: nothing changed.\n',
    stderr: '',
  })
  await writeFile(join(folder, FILE), contract(['free', 'team', 'gold']))
  expect(await run(breakingCommand, { against: 'HEAD' })).toEqual({
    code: 1,
    stdout: `${FILE}:1:183 error breaking/widened "https://acme.example/plan" takes values that it did not take.\n  witness: {"https://acme.example/plan":"gold"}\n1 change breaks those who read the claims.\n`,
    stderr: '',
  })
  const { stdout } = await run(breakingCommand, { against: 'HEAD', json: true })
  expect(JSON.parse(stdout)).toMatchObject({
    version: 1,
    command: 'breaking',
    summary: { breaking: 1, undecided: 0 },
    changes: [{ category: 'widened', verdict: 'breaking' }],
  })
  await expect(run(breakingCommand, { against: 'no-such-ref' })).rejects.toMatchObject({ code: 'ERR_USAGE' })
  await expect(run(breakingCommand, { against: '--output=x' })).rejects.toMatchObject({ code: 'ERR_USAGE' })
})

test('claims breaking compares with a folder', async () => {
  await mkdir(join(folder, 'old'))
  await writeFile(join(folder, 'old', 'orders.json'), contract(['free', 'team', 'gold']))
  expect(await run(breakingCommand, { against: 'old' })).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('info breaking/narrowed'),
  })
})

test.each<[string, (stdout: string) => void]>([
  [
    'sarif',
    (stdout) => {
      const [run] = (JSON.parse(stdout) as { runs: { results: object[]; tool: object }[] }).runs
      expect(run!.results).toMatchObject([
        {
          ruleId: 'breaking/widened',
          level: 'error',
          locations: [{ physicalLocation: { artifactLocation: { uri: FILE } } }],
        },
      ])
    },
  ],
  ['junit', (stdout) => expect(stdout).toContain('failures="1"')],
  ['github', (stdout) => expect(stdout).toMatch(/^::error file=schemas\/claims\/orders/)],
  [
    'markdown',
    (stdout) =>
      expect(stdout).toContain(
        `| **breaking** | widened | "https://acme.example/plan" takes values that it did not take. | \`${FILE}:1\` | \`{"https://acme.example/plan":"gold"}\` |\n`,
      ),
  ],
])('claims breaking speaks %s', async (format, look) => {
  await mkdir(join(folder, 'old'))
  await writeFile(join(folder, 'old', 'orders.json'), contract(['free', 'team']))
  await writeFile(join(folder, FILE), contract(['free', 'team', 'gold']))
  const { code, stdout } = await run(breakingCommand, { against: 'old', format })
  expect(code).toBe(1)
  look(stdout)
  await expect(run(breakingCommand, { against: 'old', format: 'pdf' })).rejects.toMatchObject({
    code: 'ERR_USAGE',
  })
})

test('claims breaking leaves out categories that the configuration switches off', async () => {
  await mkdir(join(folder, 'old'))
  await writeFile(join(folder, 'old', 'orders.json'), contract(['free', 'team']))
  await writeFile(join(folder, FILE), contract(['free', 'team', 'gold']))
  const ignore = [{ rule: 'breaking/widened', reason: 'Readers take unknown plans for free.' }]
  await writeFile(join(folder, 'claims.config.json'), JSON.stringify({ ignore }))
  expect(await run(breakingCommand, { against: 'old' })).toEqual({
    code: 0,
    stdout: 'The contracts promise what they promised: nothing changed.\n',
    stderr: '',
  })
})

test('claims docs writes a row for each claim', async () => {
  const { code, stdout } = await run(docsCommand)
  expect(code).toBe(0)
  expect(stdout).toContain(
    '| `https://acme.example/plan` | `"free"`, `"team"` | The plan. | always | `"free"` | 35 |  |\n',
  )
})

test('claims docs describes the members of a claim, also of objects in lists and by reference', async () => {
  const nested = JSON.parse(contract(['free'])) as Record<string, unknown>
  nested['properties'] = {
    'https://acme.example/teams': {
      type: 'array',
      description: 'Teams of the user.',
      items: { $ref: '#/$defs/team' },
    },
  }
  nested['required'] = []
  nested['$defs'] = {
    team: {
      type: 'object',
      properties: {
        label: { type: 'string', maxLength: 20, description: 'What people | call it.' },
        'odd name': { type: 'object', properties: { since: { type: 'integer' } } },
        parent: { $ref: '#/$defs/team' },
      },
      required: ['label'],
    },
  }
  await writeFile(join(folder, FILE), JSON.stringify(nested))
  const { stdout } = await run(docsCommand)
  expect(stdout).toContain(
    '| `https://acme.example/teams[].label` | string (at most 20 characters) | What people \\| call it. | always there |  |  |  |\n',
  )
  expect(stdout).toContain('| `https://acme.example/teams[]["odd name"].since` | integer |')
  // A team within a team ends somewhere.
  expect(stdout.split('\n').length).toBeLessThan(130)
})

test('claims docs says which Action sets a claim, and when a token has it', async () => {
  const conditional = {
    ...(JSON.parse(contract(['free', 'team'])) as object),
    required: [],
    allOf: [
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      { if: { required: ['org_id'] }, then: { required: ['https://acme.example/plan'] } },
      {
        if: {
          properties: { scope: { type: 'string', pattern: '(^| )read:orders( |$)' } },
          required: ['scope'],
        },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        then: { required: ['https://acme.example/plan'] },
      },
    ],
  }
  await writeFile(join(folder, FILE), JSON.stringify(conditional))
  await writeFile(
    join(folder, 'tenant.yaml'),
    'actions:\n  - name: plan\n    code: ./dist/plan.js\n    supported_triggers: [{ id: post-login, version: v3 }]\n    runtime: node22\ntriggers:\n  post-login:\n    - action_name: plan\n      display_name: plan\n',
  )
  await mkdir(join(folder, 'actions'))
  await writeFile(
    join(folder, 'actions', 'plan.ts'),
    "const NS = 'https://acme.example/'\nexport async function onExecutePostLogin(event: never, api: any) { api.accessToken.setCustomClaim(`${NS}plan`, 'free') }\n",
  )
  const { stdout } = await run(docsCommand)
  expect(stdout).toContain(
    '| at least on organization logins, and with the scope `read:orders` | `"free"` | 35 | plan |\n',
  )
})

test('claims docs writes HTML that needs nothing else, and takes no text for markup', async () => {
  const text = contract(['free', '<b>"team"</b>']).replace('The plan.', 'The <plan> & more.')
  await writeFile(join(folder, FILE), text)
  expect(await run(docsCommand, { out: 'out/claims.html' })).toEqual({
    code: 0,
    stdout: 'out/claims.html\n',
    stderr: '',
  })
  const html = await readFile(join(folder, 'out/claims.html'), 'utf8')
  expect(html).toMatch(/^<!doctype html>/)
  expect(html).toContain('>The &lt;plan&gt; &amp; more.</td>')
  expect(html).not.toMatch(/<b>|<script|<link|src=|url\(/)
  const root = parse(html)
  expect(root.querySelectorAll('tbody tr')).toHaveLength(1)
  expect(root.querySelectorAll('thead th')).toHaveLength(root.querySelectorAll('tbody td').length)
  await expect(run(docsCommand, { format: 'pdf' })).rejects.toMatchObject({ code: 'ERR_USAGE' })
})
