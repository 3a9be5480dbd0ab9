import { execFileSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { OptionValues } from '../../lib/cli/command.ts'
import { replayCommand } from '../../lib/cli/commands/replay.ts'
import { textLines } from '../../lib/cli/text-lines.ts'
import { LIMITS } from '../../lib/limits.ts'
import { redactor } from '../../lib/prove/index.ts'
import { eventFor, type SimulatedEvent } from '../../lib/simulator/index.ts'
import { readWorkspace } from '../../lib/workspace/index.ts'
import { exampleWorkspace } from '../helpers/example-workspace.ts'
import fc from '../helpers/fast-check.ts'
import { outputOf } from '../helpers/output-schema.ts'
import { recordedTerminal } from '../helpers/terminal.ts'

const workspace = await readWorkspace('.')
const EVENTS = ['ada@acme.example', 'grace@acme.example', 'newcomer@example.com'].map((user) =>
  eventFor(workspace, { user }),
)

async function run(cwd: string, values: OptionValues, positionals = ['events.jsonl'], stdin = '') {
  const terminal = recordedTerminal({ cwd, stdin })
  const code = await replayCommand.run(terminal, values, positionals)
  return { code, stdout: terminal.stdout(), stderr: terminal.stderr() }
}

/** The example in a repository of its own, with recorded events. */
async function recorded(): Promise<string> {
  const folder = await exampleWorkspace({
    'events.jsonl': `${EVENTS.map((event) => JSON.stringify({ ...event, secrets: { KEY: 'x' } })).join('\n\n')}\n`,
  })
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], { cwd: folder })
  git('init', '-q')
  git('add', '.')
  git('commit', '-qm', 'First')
  return folder
}

test('says which recorded logins change, and how', async () => {
  const folder = await recorded()
  expect(await run(folder, { against: 'HEAD' })).toEqual({
    code: 0,
    stdout: '0 of 3 logins change since HEAD\n',
    stderr: '',
  })

  const file = join(folder, 'actions/enrich-claims.ts')
  const source = await readFile(file, 'utf8')
  await writeFile(file, source.replace("value === 'team' || ", ''))
  const { code, stdout } = await run(folder, { against: 'HEAD' })
  expect(code).toBe(1)
  expect(stdout).toBe(
    [
      'events.jsonl:3',
      '  access_token https://acme.example/plan: "team" -> "free"',
      '  id_token https://acme.example/plan: "team" -> "free"',
      '1 of 3 logins change since HEAD',
      '',
    ].join('\n'),
  )

  await writeFile(
    file,
    source.replace('const plan =', "if (!event.user.email_verified) throw new Error('no')\n  const plan ="),
  )
  const json = outputOf('replay', (await run(folder, { against: 'HEAD', json: true })).stdout)
  expect(json).toMatchObject({
    command: 'replay',
    summary: { logins: 3, changed: 1 },
    changes: [{ line: 5, outcome: { before: 'allowed', now: 'fails: enrich-claims fails: no' }, claims: [] }],
  })
})

test('redacts events: no value of a user is left, equality is', async () => {
  const { stdout } = await run(
    '.',
    { redact: true },
    ['-'],
    EVENTS.map((event) => JSON.stringify(event)).join('\n'),
  )
  const redacted = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as SimulatedEvent)
  expect(stdout).not.toMatch(/lovelace|grace|hopper|newcomer|203\.0\.113|Vienna/i)
  expect(redacted.map(({ user }) => user.email?.replaceAll(/\w/g, 'x'))).toEqual(
    EVENTS.map(({ user }) => user.email?.replaceAll(/\w/g, 'x')),
  )
  const [ada, grace, newcomer] = redacted.map(({ user }) => user.email!.split('@')[1])
  expect(ada).toBe(grace)
  expect(ada).not.toBe(newcomer)
  expect(redacted[0]!.transaction?.protocol).toBe('oidc-basic-profile')
  expect(redacted[0]!.user.app_metadata.plan).not.toBe('enterprise')
  const kept = await run(
    '.',
    { redact: true, keep: ['user.app_metadata.plan'] },
    ['-'],
    JSON.stringify(EVENTS[0]),
  )
  expect(JSON.parse(kept.stdout).user.app_metadata.plan).toBe('enterprise')
})

test('redacting keeps what is equal equal, and what differs different', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom('a', 'B', '7', '-', 'é') }), { minLength: 2 }),
      (texts) => {
        const event = { ...EVENTS[0]!, user: { ...EVENTS[0]!.user, app_metadata: { texts } } }
        const after = redactor()(event).user.app_metadata.texts as string[]
        for (const [i, text] of texts.entries()) {
          for (const [j, other] of texts.entries()) expect(after[i] === after[j]).toBe(text === other)
          if (/[a-zé7]/i.test(text)) expect(after[i]).not.toBe(text)
        }
      },
    ),
    { numRuns: 200 },
  )
})

test('names lines that are no event by their numbers, and runs the others', async () => {
  const folder = await recorded()
  const good = EVENTS.map((event) => JSON.stringify(event))
  const lines = [
    good[0],
    '{',
    '',
    '{"user":{}}',
    good[1],
    'null',
    `"${'x'.repeat(LIMITS.eventLength)}"`,
    good[2],
  ]
  const broken = [
    'events:2 error ERR_INPUT the line is not JSON',
    'events:4 error ERR_INPUT the event has no user.user_id',
    'events:6 error ERR_INPUT the event has no user.user_id',
    `events:7 error ERR_INPUT the event has more than ${LIMITS.eventLength} characters`,
  ]
  await writeFile(join(folder, 'events'), `\uFEFF${lines.join('\r\n')}`)
  const compared = await run(folder, { against: 'HEAD' }, ['events'])
  expect(compared).toMatchObject({ code: 2, stdout: '0 of 3 logins change since HEAD\n' })
  expect(compared.stderr.split('\n').slice(0, 4)).toEqual(broken)

  const json = outputOf('replay', (await run(folder, { against: 'HEAD', json: true }, ['events'])).stdout)
  expect(json).toMatchObject({
    summary: { logins: 3 },
    unreadable: [{ file: 'events', line: 2 }, {}, {}, {}],
  })

  const redacted = await run(folder, { redact: true }, ['events'])
  expect(redacted.code).toBe(2)
  expect(redacted.stdout.trim().split('\n')).toHaveLength(3)
})

test('reads lines as they come, and keeps none', async () => {
  async function* chunks(texts: readonly string[]) {
    yield* texts
  }
  const linesOf = async (texts: readonly string[]) => {
    const lines: unknown[] = []
    for await (const { number, text } of textLines(chunks(texts), 10)) lines.push([number, text])
    return lines
  }
  expect(await linesOf(['\uFEFFa', 'b\r', '\n', '\n', 'c\nd'])).toEqual([
    [1, 'ab'],
    [2, ''],
    [3, 'c'],
    [4, 'd'],
  ])
  expect(await linesOf(['12345678901\n1234567890\n12345', '67890', '1\n', 'a\n', '12345678901'])).toEqual([
    [1, undefined],
    [2, '1234567890'],
    [3, undefined],
    [4, 'a'],
    [5, undefined],
  ])
  expect(await linesOf([])).toEqual([])
})

test.each<[string, OptionValues, string[], string, object]>([
  ['nothing to do', {}, ['-'], '{}', { code: 'ERR_USAGE' }],
  ['two things to do', { redact: true, against: 'HEAD' }, ['-'], '{}', { code: 'ERR_USAGE' }],
  ['no file', { redact: true }, [], '', { code: 'ERR_USAGE' }],
  ['a file that is not there', { redact: true }, ['no-such.jsonl'], '', { code: 'ERR_INPUT' }],
  ['no event', { redact: true }, ['-'], '\n', { code: 'ERR_INPUT' }],
])('refuses %s', async (_what, values, files, stdin, error) => {
  await expect(run('.', values, files, stdin)).rejects.toMatchObject(error)
})
