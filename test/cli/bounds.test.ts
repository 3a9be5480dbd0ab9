import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Command, OptionValues } from '../../lib/cli/command.ts'
import { breakingCommand } from '../../lib/cli/commands/breaking.ts'
import { proveCommand } from '../../lib/cli/commands/prove.ts'
import { replayCommand } from '../../lib/cli/commands/replay.ts'
import { rollbackCommand } from '../../lib/cli/commands/rollback.ts'
import { simulateCommand } from '../../lib/cli/commands/simulate.ts'
import { tenantCommand } from '../../lib/cli/commands/tenant.ts'
import { olderContracts } from '../../lib/cli/contract-changes.ts'
import { report } from '../../lib/cli/run.ts'
import { recordedTerminal } from '../helpers/terminal.ts'

let folder: string

const DEEP = `{"user":{"user_id":"a","app_metadata":${'{"a":'.repeat(4000)}1${'}'.repeat(4000)}},"client":{"client_id":"b"},"request":{"query":{}}}`

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bounds-'))
  await mkdir(join(folder, 'schemas', 'claims'), { recursive: true })
  await writeFile(join(folder, 'tenant.yaml'), 'actions: []\n')
  await writeFile(
    join(folder, 'schemas', 'claims', 'orders.json'),
    JSON.stringify({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: 'Orders',
      'x-auth0': { token: 'access_token', audience: 'https://orders.acme.example/' },
      type: 'object',
      properties: { 'https://acme.example/plan': { enum: ['free'] } },
    }),
  )
  await writeFile(join(folder, 'deep.json'), DEEP)
  await writeFile(join(folder, 'long.json'), `{"user":{"name":"${'a'.repeat(2_000_001)}"}}`)
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@acme.example', ...args], { cwd: folder })
  git('init', '-q')
  git('add', '-A')
  git('commit', '-q', '-m', 'x contracts')
})

async function run(command: Command, values: OptionValues, positionals: string[] = []) {
  const terminal = recordedTerminal({ cwd: folder })
  const code = await command
    .run(terminal, values, positionals)
    .catch((error: unknown) => report(error, terminal))
  return { code, text: terminal.stderr() }
}

describe('a git reference', () => {
  const REFS = [
    ':/x',
    ':/',
    'HEAD:schemas',
    ':0:schemas',
    '--upload-pack=x',
    '-p',
    '--all',
    '',
    ' ',
    'a\nb',
    'HEAD\0',
    '../x',
    'a'.repeat(5000),
  ]
  test.each(REFS)('%j is no commit for claims breaking', async (against) => {
    const { code, text } = await run(breakingCommand, { against })
    expect({ code, text }).toMatchObject({
      code: 2,
      text: expect.stringMatching(/^error ERR_USAGE [^\0]{1,400}\n {2}hint: /),
    })
  })

  test.each(REFS)('%j is no commit for claims replay', async (against) => {
    await writeFile(join(folder, 'event.jsonl'), DEEP.replace(/\{"a":.*1\}+,"client"/, '{}},"client"'))
    const { code, text } = await run(replayCommand, { against }, ['event.jsonl'])
    expect({ code, text }).toMatchObject({ code: 2, text: expect.stringMatching(/ERR_USAGE/) })
  })

  test.each(['', ' '])('%j is no folder for what compares contracts', async (against) => {
    await expect(olderContracts(folder, folder, against)).rejects.toMatchObject({ code: 'ERR_USAGE' })
  })

  test.each(['HEAD', 'HEAD~0', '@'])('%s is one', async (against) => {
    expect(await run(breakingCommand, { against })).toEqual({ code: 0, text: '' })
  })
})

describe('an event', () => {
  test.each<[string, Command, OptionValues, string[]]>([
    ['claims replay --redact', replayCommand, { redact: true }, ['deep.json']],
    ['claims simulate --event', simulateCommand, { event: 'deep.json' }, []],
    ['claims prove --replay', proveCommand, { replay: 'deep.json' }, []],
  ])('of 4000 levels is refused by %s, with the file', async (_what, command, values, positionals) => {
    const { code, text } = await run(command, values, positionals)
    expect({ code, text }).toMatchObject({
      code: 2,
      text: expect.stringMatching(/^deep\.json(?::1)? error ERR_INPUT the event has more than 200 levels/),
    })
  })

  test('of two million characters is refused', async () => {
    const { code, text } = await run(simulateCommand, { event: 'long.json' })
    expect({ code, text }).toMatchObject({
      code: 2,
      text: expect.stringContaining('more than 2000000 characters'),
    })
  })
})

describe('a number', () => {
  const NUMBERS = [
    '',
    ' ',
    'NaN',
    'Infinity',
    '-1',
    '0x50',
    '1e3',
    '1e9',
    '3.5',
    '+80',
    '80 ',
    '99999999999',
    '٣',
  ]
  test.each<[string, Command, OptionValues]>([
    ['--port', tenantCommand, {}],
    ['--runs', proveCommand, {}],
    ['--seed', proveCommand, {}],
    ['--login', proveCommand, {}],
    ['--to', rollbackCommand, { tenant: 'local' }],
  ])('that is none is refused by %s', async (flag, command, others) => {
    for (const value of NUMBERS) {
      const { code, text } = await run(command, { ...others, [flag.slice(2)]: value })
      expect({ value, code, text }).toMatchObject({ code: 2, text: expect.stringContaining(flag) })
    }
  })

  test('above 65535 is no port', async () => {
    expect(await run(tenantCommand, { port: '99999' })).toMatchObject({ code: 2 })
  })
})

test('what no limit has caught is said to be too deep or too large, and is no bug', () => {
  const terminal = recordedTerminal({ cwd: folder })
  const endless = (depth: number): number => 1 + endless(depth + 1)
  try {
    endless(0)
  } catch (error) {
    expect(report(error, terminal)).toBe(2)
  }
  expect(terminal.stderr()).toMatch(/^error ERR_INPUT .*nested more deeply, or is larger/)
})
