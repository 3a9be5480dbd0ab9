import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import type { Command } from '../../lib/cli/command.ts'
import { deployCommand } from '../../lib/cli/commands/deploy.ts'
import { planCommand } from '../../lib/cli/commands/plan.ts'
import { exampleWorkspace } from '../helpers/example-workspace.ts'
import { recordedTerminal } from '../helpers/terminal.ts'

const SECRETS = {
  AUTH0_CLIENT_SECRET: 'canary-1',
  GITHUB_TOKEN: 'canary-2',
  NPM_TOKEN: 'canary-3',
  GIT_CONFIG_VALUE_0: 'canary-4',
  HTTPS_PROXY: 'http://user:canary-5@127.0.0.1:9',
}

async function childrenOf(pid: number): Promise<number[]> {
  const tasks = await readdir(`/proc/${pid}/task`).catch(() => [])
  const lists = await Promise.all(
    tasks.map((task) => readFile(`/proc/${pid}/task/${task}/children`, 'utf8').catch(() => '')),
  )
  const children = lists.flatMap((list) => list.trim().split(' ').filter(Boolean).map(Number))
  return [...children, ...(await Promise.all(children.map(childrenOf))).flat()]
}

const programOf = async (pid: number) =>
  (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0').join(' ')

it.skipIf(!existsSync('/proc/self/environ'))(
  'starts git, esbuild, the deploy CLI and Actions without a credential in their environment',
  async () => {
    const cwd = await exampleWorkspace()
    const bin = join(cwd, '.bin')
    await mkdir(bin)
    // Each run of git is too short to be looked at from outside.
    const log = join(bin, 'git.log')
    await writeFile(join(bin, 'git'), `#!/bin/sh\nenv >> ${log}\nPATH=\${PATH#*:} exec git "$@"\n`)
    await chmod(join(bin, 'git'), 0o755)
    await promisify(execFile)('git', ['init', '-q'], { cwd })
    await writeFile(join(cwd, '.gitignore'), '.env\n')
    await writeFile(join(cwd, '.env'), 'AUTH0_DOMAIN=localhost:9\n')
    Object.assign(process.env, SECRETS, { PATH: `${bin}:${process.env['PATH']}` })
    const own = await programOf(process.pid)
    const run = async (command: Command, values: Record<string, string | boolean>) => {
      let running = true
      const terminal = recordedTerminal({ cwd, env: process.env })
      const ended = command
        .run(terminal, { tenant: 'local', ...values }, [])
        .catch(() => {})
        .finally(() => {
          running = false
        })
      const seen = new Map<string, string>()
      while (running) {
        for (const pid of await childrenOf(process.pid)) {
          const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
          const program = await programOf(pid)
          // Before it becomes another program a child is a copy of its parent.
          if (program !== '' && program !== own) seen.set(program, environment)
        }
        await new Promise((resolve) => setTimeout(resolve, 2))
      }
      await ended
      return seen
    }
    const seen = await run(deployCommand, { 'skip-prove': true })
    expect([...seen.keys()].join('\n')).toMatch(/esbuild.*--service/)
    expect([...seen.keys()].join('\n')).toMatch(/launcher\.mjs/)
    for (const [program, environment] of seen) expect(environment, program).not.toContain('canary')
    await run(planCommand, { tenant: 'real' })
    const git = await readFile(log, 'utf8')
    expect(git).toContain('GIT_TERMINAL_PROMPT=0')
    expect(git).not.toContain('canary')
  },
)
