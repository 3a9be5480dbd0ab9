import { execFileSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { eventFor } from '../../lib/simulator/index.ts'
import { readWorkspace } from '../../lib/workspace/index.ts'
import { type CommandProcess, commandProcess } from '../helpers/command-process.ts'
import { type KeptFolder, keptExampleWorkspace } from '../helpers/example-workspace.ts'
import { outputOf } from '../helpers/output-schema.ts'

/** Every command as it ships, as a process: that it is found, loaded, given its words, and ends with its code. */

let example: KeptFolder
let pulled: KeptFolder
let tenant: CommandProcess
let target: string[]
let env: Record<string, string> = {}

const ran = new Set(['tenant'])

async function claims(args: readonly [name: string, ...rest: string[]], stdin = '', cwd = example.path) {
  ran.add(args[0])
  return (await commandProcess(cwd, args, { stdin, env })).ended
}

beforeAll(async () => {
  example = await keptExampleWorkspace()
  pulled = await keptExampleWorkspace([])
  execFileSync('git', ['init', '-q'], { cwd: example.path })
  execFileSync('git', ['add', '.'], { cwd: example.path })
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', 'commit', '-qm', 'First'], {
    cwd: example.path,
  })
  tenant = await commandProcess(example.path, ['tenant', '--port', '0', '--management', 'keys', '--json'])
  await vi.waitUntil(() => tenant.printed.stdout.endsWith('\n'), { timeout: 60_000 })
  const { managementUrl } = outputOf<{ managementUrl: string }>('tenant', tenant.printed.stdout)
  const lines = (await readFile(join(example.path, 'keys/tenant.env'), 'utf8')).trim().split('\n')
  env = Object.fromEntries(lines.map((line) => line.split(/=(.*)/s, 2) as [string, string]))
  target = ['--url', managementUrl, '--certificate', `${example.path}/keys/tenant.pem`]
})
afterAll(async () => {
  tenant.child.kill('SIGTERM')
  expect(await tenant.ended).toMatchObject({ code: 0, stderr: '' })
  await example.remove()
  await pulled.remove()
})

test.each<[command: string, args: string[], code: number, said: RegExp]>([
  ['build', ['--json'], 0, /"enrich-claims"/],
  ['check', [], 0, /^$/],
  ['explain', ['claims/restricted-name'], 0, /claims\/restricted-name/],
  ['why', ['roles', '--user', 'ada@acme.example'], 0, /set at actions\/enrich-claims\.ts:19:/],
  ['simulate', ['--json'], 0, /"outcome": "allowed"/],
  ['login', ['--user', 'ada@acme.example', '--json'], 0, /"https:\/\/acme.example\/plan":"enterprise"/],
  ['prove', ['--runs', '20'], 0, /20 logins/],
  ['types', ['--check'], 0, /agree with the contracts/],
  ['docs', [], 0, /^# /],
  ['impact', ['--without', 'https://acme.example/plan'], 1, /orders-api breaks/],
  ['breaking', ['--against', 'HEAD'], 0, /nothing changed/],
])('claims %s %j', async (command, args, code, said) => {
  const ended = await claims([command, ...args])
  expect(ended, ended.stderr).toMatchObject({ code, stdout: expect.stringMatching(said) })
  // That of a simulation is open, and held elsewhere.
  if (args.includes('--json') && command !== 'simulate') outputOf(command, ended.stdout)
})

test('claims check of one Action reads few files, each of which costs time', async () => {
  await writeFile(join(example.path, 'alone.js'), 'exports.onExecutePostLogin = async () => {}')
  const { ended } = await commandProcess(example.path, ['check', 'alone.js'], {
    env: { NODE_DEBUG: 'esm' },
  })
  const read = new Set((await ended).stderr.match(/file:[^ '"]+\/dist\/cli\/[^ '"]+\.js/g))
  expect(read.size).toBeGreaterThan(2)
  expect(read.size).toBeLessThanOrEqual(12)
})

test('claims dev until it is ended, and nothing is left of it', async () => {
  const dev = await commandProcess(example.path, ['dev', '--port', '0', '--json'])
  ran.add('dev')
  await vi.waitUntil(() => dev.printed.stdout.endsWith('\n'), { timeout: 60_000 })
  expect(outputOf('dev', dev.printed.stdout)).toMatchObject({ event: 'ready' })
  dev.child.kill('SIGTERM')
  expect(await dev.ended).toMatchObject({ code: 0, stderr: '' })
})

test('claims replay with recorded logins from standard input', async () => {
  const event = JSON.stringify(eventFor(await readWorkspace(example.path), { user: 'ada@acme.example' }))
  const ended = await claims(['replay', '-', '--against', 'HEAD'], event)
  expect(ended).toMatchObject({ code: 0, stdout: '0 of 1 logins change since HEAD\n' })
})

test('claims init in an empty folder', async () => {
  const folder = await keptExampleWorkspace([])
  const ended = await claims(['init', '--yes', '--json'], '', folder.path)
  expect(ended, ended.stderr).toMatchObject({ code: 0 })
  expect(outputOf('init', ended.stdout)).toMatchObject({ outcome: 'written', from: 'example' })
  await folder.remove()
})

test('claims verify with a token from standard input', async () => {
  const ended = await claims(
    ['verify', '--issuer', 'http://127.0.0.1:1/', '--audience', 'a'],
    'no.token.here',
  )
  expect(ended).toMatchObject({ code: 1, stdout: expect.stringContaining('refused') })
})

test('claims attack at an API that lets everybody in', async () => {
  const api = createServer((_, response) => response.end('{}')).listen(0, '127.0.0.1')
  await new Promise((resolve) => api.once('listening', resolve))
  const { port } = api.address() as AddressInfo
  const ended = await claims(['attack', `http://127.0.0.1:${port}/`, '--issuer', 'http://localhost:0/'])
  api.close()
  expect(ended, ended.stderr).toMatchObject({ code: 1 })
})

test('claims plan, deploy, rollback and pull at a tenant of claims tenant', async () => {
  expect(await claims(['plan', ...target])).toMatchObject({ code: 0, stdout: 'nothing to change\n' })
  const file = join(example.path, 'tenant.yaml')
  await writeFile(file, (await readFile(file, 'utf8')).replace('Reads orders', 'Reads all orders'))
  const deployed = await claims(['deploy', '--skip-prove', '--json', ...target])
  expect(deployed, deployed.stderr).toMatchObject({ code: 0 })
  expect(outputOf('deploy', deployed.stdout)).toMatchObject({ outcome: 'deployed', deleted: [] })
  const undone = await claims(['rollback', '--json', ...target])
  expect(undone, undone.stderr).toMatchObject({ code: 0 })
  expect(outputOf('rollback', undone.stdout)).toMatchObject({ undone: [1], left: [] })
  const unknown = await claims(['rollback', '--to', '99', ...target])
  expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('there was no deploy 99 to') })
  const exported = await claims(['pull', '--json', ...target], '', pulled.path)
  expect(exported, exported.stderr).toMatchObject({ code: 0 })
  expect(outputOf('pull', exported.stdout)).toMatchObject({ outcome: 'written' })
  const refused = await claims(['pull', '--json', '--url', 'http://127.0.0.1:1/'], '', pulled.path)
  expect(refused).toMatchObject({ code: 2 })
  expect(outputOf('error', refused.stdout)).toMatchObject({ command: 'pull' })
})

test('the commands above are all that claims --help names', async () => {
  const { ended } = await commandProcess(example.path, ['--help'])
  const named = [...(await ended).stdout.matchAll(/^ {2}([a-z]+) {2}/gm)].map(([, name]) => name)
  expect(named.length).toBeGreaterThan(10)
  expect([...ran].sort()).toEqual(named.sort())
})
