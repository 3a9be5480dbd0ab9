import { readdir, readFile } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { planDeploy, withStartedCli } from '../../lib/deploy/index.ts'
import { KEYWORDS, testTenant, workspaceWith } from './setup.ts'

/** Processes of ours that load the deploy CLI, by their parent and their arguments. Linux only. */
async function launchers(): Promise<string[]> {
  const all = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const read = (pid: string, file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')
  const found: string[] = []
  for (const pid of all) {
    const [args, stat] = [await read(pid, 'cmdline'), await read(pid, 'stat')]
    const [state, parent] = stat.split(') ').at(-1)!.split(' ')
    if (args.includes('launcher.mjs') && Number(parent) === process.pid && state !== 'Z') found.push(pid)
  }
  return found
}

async function gone(): Promise<string[]> {
  for (let left = 100; left > 0; left--) {
    if ((await launchers()).length === 0) return []
    await setTimeout(50)
  }
  return launchers()
}

const linux = process.platform === 'linux'

it.runIf(linux)('ends a deploy CLI that was loaded beforehand and got no job', async () => {
  const refused = withStartedCli(async () => {
    expect(await launchers()).toHaveLength(1)
    throw new Error('the workspace cannot be read')
  })
  await expect(refused).rejects.toThrow('the workspace cannot be read')
  expect(await gone()).toEqual([])
})

it.runIf(linux)('plans in the process that was loaded beforehand, and in no other', async () => {
  const { access } = await testTenant()
  const workspace = await workspaceWith()
  const plan = await withStartedCli(async (cli) => {
    const before = await launchers()
    const seen = new Set(before)
    const planning = planDeploy({ ...access, workspace, keywords: KEYWORDS, cli })
    let done = false
    void planning.finally(() => {
      done = true
    })
    while (!done) {
      for (const pid of await launchers()) seen.add(pid)
      await setTimeout(20)
    }
    expect([...seen]).toEqual(before)
    return planning
  })
  expect(plan.changes).toHaveLength(3)
  expect(await gone()).toEqual([])
})

it.runIf(linux)('plans also where the process that was loaded beforehand has ended', async () => {
  const { access } = await testTenant()
  const options = { ...access, workspace: await workspaceWith(), keywords: KEYWORDS }
  const { changes } = await withStartedCli(async (cli) => {
    const [pid] = await launchers()
    process.kill(Number(pid), 'SIGKILL')
    expect(await gone()).toEqual([])
    return planDeploy({ ...options, cli })
  })
  expect(changes).toHaveLength(3)
})
