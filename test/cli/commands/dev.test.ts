import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
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

it('takes an Action out of the running tenant that tenant.yaml has no more', async () => {
  const root = await exampleWorkspace()
  const { toldAt } = await started(root, { user: 'ada@acme.example' })
  const { url } = await toldAt(1)
  const path = join(root, 'tenant.yaml')
  const text = await readFile(path, 'utf8')
  const without = text.replace(/^triggers:\n(?: .*\n|\n)*/m, '').replace(/^actions:\n(?: .*\n|\n)*/m, '')
  expect(without).not.toContain('enrich-claims')
  await writeFile(path, without)
  expect(await toldAt(2)).toMatchObject({ event: 'saved' })
  expect(await claimsAt(url, root)).not.toHaveProperty(['https://acme.example/plan'])

  await writeFile(path, text)
  expect(await toldAt(3)).toMatchObject({ event: 'saved' })
  expect(await claimsAt(url, root)).toMatchObject({ 'https://acme.example/plan': 'enterprise' })
})

it('has the last of many fast saves, by an editor that renames', async () => {
  const root = await exampleWorkspace()
  const { toldAt } = await started(root, { user: 'ada@acme.example' })
  const { url } = await toldAt(1)
  const path = join(root, 'actions/enrich-claims.ts')
  const text = await readFile(path, 'utf8')
  for (let i = 1; i <= 12; i++) {
    await writeFile(
      `${path}.tmp`,
      text.replace("'https://acme.example/plan', plan", `'https://acme.example/plan', 'p${i}'`),
    )
    await rename(`${path}.tmp`, path)
    await new Promise((resolve) => setTimeout(resolve, 60))
  }
  await expect
    .poll(() => claimsAt(url, root), { timeout: 60_000 })
    .toMatchObject({ 'https://acme.example/plan': 'p12' })
})

it('is as it was after a save that the tenant refuses half-way', async () => {
  const root = await exampleWorkspace()
  const { toldAt } = await started(root, { user: 'ada@acme.example' })
  const { url } = await toldAt(1)
  const paths = ['actions/enrich-claims.ts', 'tenant.yaml'].map((file) => join(root, file))
  const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8')))
  const protection = 'attackProtection:\n  bruteForceProtection:\n    max_attempts: many\n'
  await writeFile(
    paths[0]!,
    texts[0]!.replace("'https://acme.example/plan', plan", "'https://acme.example/plan', 'half'"),
  )
  await writeFile(paths[1]!, `${texts[1]!}\n${protection}`)
  expect(await toldAt(2)).toMatchObject({ event: 'broken', error: { code: 'ERR_DEPLOY' } })
  for (const [i, path] of paths.entries()) await writeFile(path, texts[i]!)
  expect(await toldAt(3)).toMatchObject({ event: 'mended' })
  expect(await claimsAt(url, root)).toMatchObject({ 'https://acme.example/plan': 'enterprise' })
})

it('takes the first contract, in a folder that is made for it', async () => {
  const root = await exampleWorkspace()
  const folder = join(root, 'schemas/claims')
  const name = 'orders.access-token.json'
  const text = await readFile(join(folder, name), 'utf8')
  await rm(join(root, 'schemas'), { recursive: true })
  const { toldAt } = await started(root, { user: 'ada@acme.example' })
  await toldAt(1)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, name), text)
  expect(await toldAt(2)).toMatchObject({ event: 'saved', typesWritten: true })
})

it('takes a module whose folder is made after the Action that imports it', async () => {
  const root = await exampleWorkspace()
  const { toldAt } = await started(root, { user: 'ada@acme.example' })
  await toldAt(1)
  const path = join(root, 'actions/enrich-claims.ts')
  const text = await readFile(path, 'utf8')
  await writeFile(
    path,
    `import { PLAN } from './fresh/plan.ts'\n${text.replace("'https://acme.example/plan', plan", "'https://acme.example/plan', PLAN")}`,
  )
  expect(await toldAt(2)).toMatchObject({ event: 'broken' })
  await mkdir(join(root, 'actions/fresh'))
  await writeFile(join(root, 'actions/fresh/plan.ts'), "export const PLAN = 'fresh'\n")
  expect((await toldAt(3)).changes).toContain(
    'access_token https://acme.example/plan: "enterprise" -> "fresh"',
  )
})

it('runs a login of the workspace where the last one was of a user that the save takes out', async () => {
  const root = await exampleWorkspace()
  const { toldAt } = await started(root)
  const { url } = await toldAt(1)
  await claimsAt(url, root, 'newcomer@example.com')
  await edit(root, 'tenant.local.yaml', 'newcomer@example.com', 'later@example.com')
  expect(await toldAt(2)).toMatchObject({ event: 'saved' })
})
