/** What stands around a workspace: package.json, a test, a workflow of CI, settings of git and of editors. */

/** What runs the tests of a project that is there already. */
interface TestRunner {
  name: 'node' | 'jest' | 'vitest'
  /** Path of the test for it. */
  file: string
  /** What starts that test alone. */
  command: string
}

/**
 * Tells what runs the tests of a project from the text of its package.json: jest and vitest take a test of `node:test`
 * for a file without tests. A text that is no JSON object, or none, has Node's own runner.
 */
export function testRunnerOf(packageText: string | undefined): TestRunner {
  const own = membersOf(packageText)
  const names = new Set(['dependencies', 'devDependencies'].flatMap((list) => Object.keys(record(own[list]))))
  const script = String(record(own['scripts'])['test'] ?? '')
  const words = new Set(script.split(/[^\w-]/))
  const uses = (name: string) => words.has(name)
  const jest = names.has('jest') || uses('jest')
  const vitest = names.has('vitest') || uses('vitest')
  // Of two, the one that npm test starts.
  if (vitest && !(jest && uses('jest'))) {
    return { name: 'vitest', file: ES_MODULE, command: `npx vitest run ${ES_MODULE}` }
  }
  if (jest) {
    // jest runs CommonJS without flags.
    const file = `test/claims.test.${own['type'] === 'module' ? 'cjs' : 'js'}`
    return { name: 'jest', file, command: `npx jest ${file}` }
  }
  return { name: 'node', file: ES_MODULE, command: `node --test ${ES_MODULE}` }
}

const ES_MODULE = 'test/claims.test.mjs'

function membersOf(text: string | undefined): Record<string, unknown> {
  try {
    return record(JSON.parse(text ?? '{}'))
  } catch {
    return {}
  }
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

interface ProjectFacts {
  runner: TestRunner
  /** Name of the folder. */
  folder: string
  /** Version of auth0-claims. */
  version: string
  /** Paths of the sources of post-login, in order. */
  loginActions: readonly string[]
  /** Addresses of the users of tenant.local.yaml. */
  users: readonly string[]
  /** Names of secrets of the Actions. */
  secrets: readonly string[]
  /** Packages that the Actions load. */
  packages: readonly string[]
  /** Markers that a real tenant needs values for. */
  markers: readonly string[]
}

export function projectFiles(facts: ProjectFacts): Map<string, string> {
  const { markers } = facts
  return new Map([
    ['package.json', packageJson(facts)],
    ...(facts.loginActions.length > 0 ? [[facts.runner.file, testFile(facts)] as const] : []),
    ...(markers.length > 0 ? [['claims.config.json', json({ markers })] as const] : []),
    ['.github/workflows/claims.yml', workflow(facts)],
    ['.gitignore', `${IGNORED.join('\n')}\n`],
    ['.vscode/settings.json', json(EDITOR)],
  ])
}

/** What git must not take up: packages, bundles, records of deploys, credentials. */
export const IGNORED = ['node_modules/', 'dist/', '.auth0-claims/', '.env', '.env.*'] as const

const SCHEMAS = './node_modules/auth0-claims/dist/schemas'
const EDITOR = {
  'yaml.schemas': { [`${SCHEMAS}/tenant.local.schema.json`]: 'tenant.local.yaml' },
  'json.schemas': [
    { fileMatch: ['/schemas/claims/*.json'], url: `${SCHEMAS}/contract.schema.json` },
    { fileMatch: ['/schemas/consumers/*.json'], url: `${SCHEMAS}/consumer.schema.json` },
    { fileMatch: ['/claims.config.json'], url: `${SCHEMAS}/config.schema.json` },
  ],
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

function packageJson({ folder, version, packages }: ProjectFacts): string {
  const name = folder
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-|-$/g, '')
  return json({
    name: name === '' ? 'auth0-tenant' : name,
    private: true,
    scripts: { check: 'claims check', test: 'node --test' },
    ...(packages.length > 0 && { dependencies: Object.fromEntries(packages.map((one) => [one, 'latest'])) }),
    devDependencies: { 'auth0-claims': `^${version}` },
  })
}

const IMPORTS: Record<TestRunner['name'], string> = {
  node: `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventFor, simulatePostLogin } from 'auth0-claims/testing'`,
  vitest: `import assert from 'node:assert/strict'
import { eventFor, simulatePostLogin } from 'auth0-claims/testing'
import { test } from 'vitest'`,
  jest: `const assert = require('node:assert/strict')
const { eventFor, simulatePostLogin } = require('auth0-claims/testing')`,
}

function testFile({ runner, loginActions, users, secrets }: ProjectFacts): string {
  const text = (item: string) => `'${item.replace(/[\\']/g, '\\$&')}'`
  const list = (items: readonly string[]) => items.map((item) => `  ${text(item)},\n`).join('')
  const given = secrets.map((name) => `${text(name)}: 'test'`).join(', ')
  return `// Made by claims init. More of it: auth0-claims, lib/simulator/TESTING.md.
${IMPORTS[runner.name]}

// In the order of tenant.yaml.
const actions = [
${list(loginActions)}]
// Of tenant.local.yaml.
const users = [
${list(users)}]
const secrets = ${given === '' ? '{}' : `{ ${given} }`}

for (const user of users) {
  test(\`\${user} logs in, and every claim arrives\`, async () => {
    const result = await simulatePostLogin({
      actions,
      event: { ...(await eventFor({ user })), secrets },
      // What other servers answer: an empty object. Say here what yours do.
      network: () => new Response('{}', { headers: { 'content-type': 'application/json' } }),
    })
    assert.notEqual(result.outcome, 'error', result.reason)
    const lost = result.writes.filter(({ verdict }) => verdict === 'dropped')
    assert.deepEqual(lost.map(({ claim }) => claim), [])
  })
}
`
}

/** Of this repository's own workflows, which a test compares. */
export const PINNED = {
  checkout: 'actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1',
  setupNode: 'actions/setup-node@820762786026740c76f36085b0efc47a31fe5020 # v7.0.0',
} as const

function workflow({ markers, runner, loginActions }: ProjectFacts): string {
  const tests = loginActions.length === 0 ? '' : `      - run: ${runner.command}\n`
  const install = `      - uses: ${PINNED.checkout}
        with: { persist-credentials: false, fetch-depth: 0 }
      - uses: ${PINNED.setupNode}
        with: { node-version: 22 }
      - run: npm ci`
  const values = ['AUTH0_DOMAIN', 'AUTH0_CLIENT_ID', 'AUTH0_CLIENT_SECRET', ...markers]
  return `name: Claims
on:
  push: { branches: [main] }
  pull_request:
permissions:
  contents: read
jobs:
  check:
    runs-on: ubuntu-24.04
    timeout-minutes: 15
    steps:
${install}
      - run: npx claims check --format github
      - run: npx claims types --check
${tests}      - name: What breaks an API that relies on the contracts of the base
        if: github.event_name == 'pull_request'
        env:
          BASE: \${{ github.event.pull_request.base.sha }}
        run: |
          if git cat-file -e "$BASE:schemas/claims" 2> /dev/null; then npx claims breaking --against "$BASE" --format github; fi
      - run: npx claims prove
  plan:
    # A pull request from a fork has no secrets, and may not comment.
    if: github.event_name == 'pull_request' && github.event.pull_request.head.repo.full_name == github.repository
    needs: check
    runs-on: ubuntu-24.04
    timeout-minutes: 15
    permissions:
      contents: read
      pull-requests: write
    steps:
${install}
      - name: What a deploy would change
        # Without these secrets of the repository the plan is for an empty local tenant.
        env:
${values.map((name) => `          ${name}: \${{ secrets.${name} }}`).join('\n')}
        run: |
          if [ -n "$AUTH0_DOMAIN" ]; then tenant=real; else tenant=local; fi
          npx claims plan --tenant "$tenant" --markdown > plan.md
      - env:
          GH_TOKEN: \${{ github.token }}
          NUMBER: \${{ github.event.pull_request.number }}
        run: gh pr comment "$NUMBER" --edit-last --create-if-none --body-file plan.md
`
}
