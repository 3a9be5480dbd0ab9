import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Command } from '../../lib/cli/command.ts'
import { checkCommand } from '../../lib/cli/commands/check.ts'
import { deployCommand } from '../../lib/cli/commands/deploy.ts'
import { planCommand } from '../../lib/cli/commands/plan.ts'
import { pullCommand } from '../../lib/cli/commands/pull.ts'
import { folderWith } from '../helpers/folder.ts'
import { recordedTerminal } from '../helpers/terminal.ts'
import { testTenant } from './setup.ts'

const MAIN = join(import.meta.dirname, '../../lib/cli/main.ts')
const KILLER = join(import.meta.dirname, '../fixtures/killed-at-write.mjs')

const code = (text: string) => `exports.onExecutePostLogin = async () => {\n  return '${text}'\n}\n`
const FILES = ['tenant.yaml', 'actions/one.js', 'pages/error.html']

it('leaves the old files or the new ones, or is finished by the next pull, wherever a real pull was killed', {
  timeout: 240_000,
}, async () => {
  const action = (name: string) => `
  - { name: ${name}, code: ./actions/${name}.js, runtime: node22, deployed: true, supported_triggers: [{ id: post-login, version: v3 }] }`
  const root = await folderWith({
    'tenant.yaml': `actions:${action('one')}
triggers: { post-login: [{ action_name: one, display_name: one }] }
roles: [{ name: reader, description: before }]
pages: [{ name: error_page, html: ./pages/error.html, url: 'https://x.example' }]
`,
    'actions/one.js': code('one, before'),
    'pages/error.html': '<i>before</i>\n',
  })
  const { tenant } = await testTenant()
  const { url, certificate, client } = await tenant.management()
  const env = { AUTH0_CLIENT_ID: client.client_id, AUTH0_CLIENT_SECRET: client.client_secret }
  await writeFile(join(root, 'local.pem'), certificate)
  const values = { tenant: 'local', url, certificate: join(root, 'local.pem') }
  const run = async (cwd: string, command: Command, more: Record<string, unknown> = {}) => {
    const terminal = recordedTerminal({ cwd, env })
    const exit = await command.run(terminal, { ...values, ...more }, [])
    return { exit, out: terminal.stdout(), err: terminal.stderr() }
  }
  await run(root, deployCommand, { 'skip-prove': true })
  // All of it is changed elsewhere.
  for (const file of FILES) {
    const text = await readFile(join(root, file), 'utf8')
    await writeFile(join(root, file), text.replace('before', 'after'))
  }
  await run(root, deployCommand, { 'skip-prove': true })
  const contentOf = async (cwd: string) =>
    (await Promise.all(FILES.map((file) => readFile(join(cwd, file), 'utf8')))).join('')
  const fresh = async (name: string) => {
    const cwd = `${root}/${name}`
    for (const file of FILES) {
      await cp(join(root, file), join(cwd, file))
      const text = await readFile(join(cwd, file), 'utf8')
      await writeFile(join(cwd, file), text.replace('after', 'before'))
    }
    return cwd
  }
  const old = await contentOf(await fresh('old'))
  const whole = await fresh('whole')
  expect((await run(whole, pullCommand, { overwrite: true })).exit).toBe(0)
  const now = await contentOf(whole)
  expect(now).toBe(await contentOf(root))
  expect(now.match(/after/g)).toHaveLength(FILES.length)

  const seen = { old: 0, half: 0, new: 0 }
  for (let at = 1; ; at++) {
    const cwd = await fresh(`killed-${at}`)
    const flags = Object.entries(values).flatMap(([name, value]) => [`--${name}`, value])
    const child = spawn(
      process.execPath,
      ['--import', import.meta.resolve('tsx'), '--import', KILLER, MAIN, 'pull', '--overwrite', ...flags],
      {
        cwd,
        env: {
          PATH: process.env['PATH'],
          HOME: process.env['HOME'],
          ...env,
          CLAIMS_KILL_AT: String(at),
          CLAIMS_KILL_IN: cwd,
        },
        stdio: 'ignore',
      },
    )
    const [, signal] = await once(child, 'close')
    if (signal === null) break
    const left = await contentOf(cwd)
    const what = `killed before write ${at}`
    const state = left === old ? 'old' : left === now ? 'new' : 'half'
    if (state === 'half') {
      for (const command of [checkCommand, planCommand, deployCommand]) {
        await expect(run(cwd, command), what).rejects.toMatchObject({
          code: 'ERR_INPUT',
          message: 'a claims pull was cut off here, and has written only a part',
          hint: expect.stringContaining('Run claims pull again: it writes the rest first.'),
        })
      }
    }
    // Of each kind once more is enough: the commands take their time.
    if (seen[state]++ > 0 && state !== 'half') continue
    const again = await run(cwd, pullCommand, { overwrite: true })
    expect(again.err.includes('a pull was cut off here, and is finished now'), what).toBe(state === 'half')
    expect(await contentOf(cwd), what).toBe(now)
    const names = (await readdir(cwd, { recursive: true })).filter((name) =>
      /\.tmp$|pull\.json|\block/.test(name),
    )
    expect(names, what).toEqual([])
    expect((await run(cwd, planCommand)).out, what).toBe('nothing to change\n')
  }
  expect(seen.old).toBeGreaterThan(4)
  expect(seen.half).toBe(FILES.length - 1)
  expect(seen.new).toBeGreaterThan(0)
})
