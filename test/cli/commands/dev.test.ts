import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { devCommand } from '../../../lib/cli/commands/dev.ts'
import { loginCommand } from '../../../lib/cli/commands/login.ts'
import { exampleWorkspace } from '../../helpers/example-workspace.ts'
import { outputOf } from '../../helpers/output-schema.ts'
import { type RecordedTerminal, recordedTerminal } from '../../helpers/terminal.ts'

interface Told {
  event: 'ready' | 'saved' | 'broken' | 'mended'
  url: string
  changes: string[]
  milliseconds: number
  error: { file: string; line: number; code: string }
  findings: number
  typesWritten: boolean
}

/** Stops what a test started. */
let stop = async () => {}
afterEach(() => stop())

async function started(root: string, values: Record<string, string> = {}) {
  const terminal: RecordedTerminal = recordedTerminal({ cwd: root })
  const ended = devCommand.run(terminal, { port: '0', json: true, ...values }, [])
  stop = async () => {
    terminal.stop()
    expect(await ended).toBe(0)
  }
  const told = () =>
    terminal
      .stdout()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => outputOf<Told & Record<string, unknown>>('dev', line))
  /** What is told once there are so many lines. */
  const toldAt = async (count: number): Promise<Told> => {
    await expect.poll(() => told().length, { timeout: 60_000 }).toBeGreaterThanOrEqual(count)
    return told()[count - 1]!
  }
  return { toldAt, ended }
}

/** Access token of a login over HTTP, with the tenant's page and the code flow. */
async function claimsAt(
  url: string,
  root: string,
  user = 'ada@acme.example',
): Promise<Record<string, unknown>> {
  const terminal = recordedTerminal({ cwd: root })
  await loginCommand.run(terminal, { tenant: 'local', user, json: true }, [])
  expect(terminal.stderr()).toContain(`At the tenant that runs for this workspace: ${url}\n`)
  return (JSON.parse(terminal.stdout()) as { accessToken: Record<string, unknown> }).accessToken
}

async function edit(root: string, file: string, from: string, to: string): Promise<void> {
  const path = join(root, file)
  const text = await readFile(path, 'utf8')
  expect(text).toContain(from)
  await writeFile(path, text.replaceAll(from, to))
}

it('loads a save into the running tenant, and tells what it changes in the tokens', async () => {
  const root = await exampleWorkspace()
  const { toldAt } = await started(root, { user: 'ada@acme.example' })
  const { url } = await toldAt(1)
  expect(await claimsAt(url, root)).toMatchObject({ 'https://acme.example/plan': 'enterprise' })

  await edit(
    root,
    'actions/enrich-claims.ts',
    "'https://acme.example/plan', plan",
    "'https://acme.example/plan', 'free'",
  )
  const saved = await toldAt(2)
  expect(saved).toMatchObject({ event: 'saved' })
  expect(saved.changes).toContain('access_token https://acme.example/plan: "enterprise" -> "free"')
  expect(await claimsAt(url, root)).toMatchObject({ 'https://acme.example/plan': 'free' })
})

it('keeps the last good Actions where a save is broken, and says where', async () => {
  const root = await exampleWorkspace()
  const { toldAt } = await started(root, { user: 'ada@acme.example' })
  const { url } = await toldAt(1)
  const path = join(root, 'actions/enrich-claims.ts')
  const good = await readFile(path, 'utf8')
  await writeFile(path, `${good}export function (\n`)
  const { event, error } = await toldAt(2)
  expect({ event, error }).toMatchObject({
    event: 'broken',
    error: { code: 'ERR_BUNDLE', file: 'actions/enrich-claims.ts', line: good.split('\n').length },
  })
  expect(await claimsAt(url, root)).toMatchObject({ 'https://acme.example/plan': 'enterprise' })
  await writeFile(path, good)
  expect(await toldAt(3)).toMatchObject({ event: 'mended' })
  await edit(root, 'tenant.yaml', 'triggers:', 'trigers:')
  const misspelt = await toldAt(4)
  expect(misspelt.event).not.toBe('mended')
})

it('takes new users, secrets and contracts, and writes the types again', async () => {
  const root = await exampleWorkspace()
  const { toldAt } = await started(root, { user: 'grace@acme.example' })
  await toldAt(1)
  await edit(root, 'schemas/claims/orders.access-token.json', '"team"', '"squad"')
  expect(await toldAt(2)).toMatchObject({ event: 'saved', typesWritten: true })
  expect(await readFile(join(root, 'schemas/claims/types.ts'), 'utf8')).toContain('squad')
})

it('runs the last login at the tenant again, where none is named', async () => {
  const root = await exampleWorkspace()
  const { toldAt } = await started(root)
  const { url } = await toldAt(1)
  await claimsAt(url, root, 'newcomer@example.com')
  await edit(
    root,
    'actions/enrich-claims.ts',
    "'https://acme.example/plan', plan",
    "'https://acme.example/plan', 'team'",
  )
  // The newcomer has the plan "free", Ada another.
  expect((await toldAt(2)).changes).toContain('access_token https://acme.example/plan: "free" -> "team"')
})

it.each([
  [{ port: 'x' }, 'ERR_USAGE'],
  [{ port: '0', user: 'nobody@acme.example' }, 'ERR_USAGE'],
])('refuses %j at the start', async (values, code) => {
  const terminal = recordedTerminal({ cwd: await exampleWorkspace() })
  await expect(devCommand.run(terminal, values, [])).rejects.toMatchObject({ code })
  stop = async () => {}
})
