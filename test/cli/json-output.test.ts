import { access, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { COMMANDS } from '../../lib/cli/command-table.ts'
import { run } from '../../lib/cli/run.ts'
import { exampleWorkspace } from '../helpers/example-workspace.ts'
import { outputOf } from '../helpers/output-schema.ts'
import { recordedTerminal } from '../helpers/terminal.ts'

/** Commands that have results. */
const WITH_JSON = (
  await Promise.all(
    Object.entries(COMMANDS).map(async ([name, load]) => ('json' in (await load()).flags ? [name] : [])),
  )
).flat()

async function claims(args: readonly string[], cwd = '.', stdin = '') {
  const terminal = recordedTerminal({ cwd, stdin })
  const code = await run(COMMANDS, args, terminal, async () => '')
  return { code, stdout: terminal.stdout(), stderr: terminal.stderr() }
}

test('every command but none has a document, and each document a schema', async () => {
  expect(WITH_JSON).toEqual(Object.keys(COMMANDS))
  for (const name of WITH_JSON) await access(`schemas/${name}-output.schema.json`)
})

test.each(WITH_JSON)('claims %s --json prints a document also for a line that is wrong', async (name) => {
  const { code, stdout, stderr } = await claims([name, '--json', '--no-such-flag'])
  expect(code).toBe(2)
  const { command, error } = outputOf<{ command: string; error: { message: string } }>('error', stdout)
  expect(command).toBe(name)
  expect(error).toMatchObject({ code: 'ERR_USAGE', hint: expect.stringMatching(/run claims/) })
  expect(stderr).toContain(error.message)
})

/** Commands that need no workspace: a new one that needs none belongs here. */
const WITHOUT_WORKSPACE = ['explain']

test.each(WITH_JSON.filter((name) => !WITHOUT_WORKSPACE.includes(name)))(
  'claims %s --json prints a document also where there is no workspace',
  async (name) => {
    const folder = await mkdtemp(join(tmpdir(), 'nothing-'))
    const { code, stdout } = await claims([name, '--json', '--workspace', folder], folder)
    expect(code).toBe(2)
    expect(outputOf('error', stdout)).toMatchObject({ command: name })
    await rm(folder, { recursive: true })
  },
)

test('what is wrong in a file has its place in the document, and a bug no more than that it is one', async () => {
  const folder = await exampleWorkspace({ 'tenant.yaml': 'actions: [\n' })
  const { stdout } = await claims(['build', '--json'], folder)
  expect(outputOf('error', stdout)).toMatchObject({
    error: { file: 'tenant.yaml', line: expect.any(Number) },
  })

  const terminal = recordedTerminal()
  const failing = async () => {
    throw new TypeError('hunter2')
  }
  expect(await run({ build: failing }, ['build', '--json'], terminal, async () => '')).toBe(70)
  expect(outputOf('error', terminal.stdout())).toMatchObject({ error: { code: 'ERR_BUG' } })
  expect(terminal.stdout()).not.toContain('hunter2')
})

test('prints no second document after a result, and none that nobody has asked for', async () => {
  const { code, stdout } = await claims(['replay', '-', '--redact', '--json'], '.', '{')
  expect([code, stdout]).toEqual([2, ''])
  expect((await claims(['docs', '--format', 'pdf'])).stdout).toBe('')
  expect(outputOf('error', (await claims(['no-such-command', '--json'])).stdout)).toMatchObject({
    command: 'no-such-command',
  })
})

test.each<[command: string, args: string[], content: object]>([
  ['build', [], { findings: [], actions: [{ name: 'enrich-claims' }, {}] }],
  ['explain', ['claims/restricted-name'], { rules: [{ id: 'claims/restricted-name' }] }],
  ['explain', [], { rules: expect.arrayContaining([expect.objectContaining({ severity: 'error' })]) }],
  ['types', ['--check'], { stale: false }],
  ['docs', [], { markdown: expect.stringContaining('# ') }],
  ['docs', ['--out', 'page.html'], { html: expect.stringContaining('<h1'), file: 'page.html' }],
  ['breaking', ['--against', 'old'], { summary: { breaking: 1 } }],
])('the document of claims %s %j keeps its schema', async (command, args, content) => {
  const schema = (types: string[]) =>
    JSON.stringify({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: 'IdToken',
      'x-auth0': { token: 'id_token' },
      type: 'object',
      properties: { 'https://acme.example/plan': { enum: types } },
      required: ['https://acme.example/plan'],
    })
  const folder = await exampleWorkspace()
  await mkdir(join(folder, 'old'))
  await writeFile(join(folder, 'old/id-token.json'), schema(['free', 'team']))
  const { stdout } = await claims([command, ...args, '--json'], folder)
  expect(outputOf(command, stdout)).toMatchObject(content)
})
