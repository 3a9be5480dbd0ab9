import { readdir, readFile } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { planDeploy, withStartedCli } from '../../lib/deploy/index.ts'
import { readWorkspace } from '../../lib/workspace/index.ts'
import { folderWith } from '../helpers/folder.ts'
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

it.each([
  [
    'AUTH0_EXCLUDED_…',
    {
      AUTH0_EXCLUDED_CLIENTS: ['Out'],
      AUTH0_EXCLUDED_RESOURCE_SERVERS: ['Out'],
      AUTH0_EXCLUDED_DATABASES: ['db-out'],
      AUTH0_EXCLUDED_CONNECTIONS: ['out'],
      AUTH0_EXCLUDED_RULES: ['Rule out'],
    },
  ],
  ['exclude of tenant.yaml', {}, 'exclude: { clients: [Out], databases: [db-out], connections: [out] }'],
  ['AUTH0_INCLUDED_CONNECTIONS', { AUTH0_INCLUDED_CONNECTIONS: ['in'] }],
])('leaves out what is named, and nothing else: %s', async (name, config, more = '') => {
  const { access } = await testTenant()
  const root = await folderWith({
    'tenant.yaml': `
clients: [{ name: In, app_type: spa }, { name: Out, app_type: non_interactive }]
resourceServers: [{ name: In, identifier: 'https://in.example' }, { name: Out, identifier: 'https://out.example' }]
clientGrants: [{ client_id: Out, audience: 'https://in.example', scope: [] }]
databases: [{ name: db-in, strategy: auth0 }, { name: db-out, strategy: auth0 }]
connections: [{ name: in, strategy: google-oauth2 }, { name: out, strategy: google-oauth2, show_as_button: ##MISSING## }]
rules: [{ name: Rule in, script: ./a.js, stage: login_success, order: 1 }, { name: Rule out, script: ./a.js, stage: login_success, order: 2 }]
${more}`,
    'a.js': 'function (user, context, callback) {}\n',
  })
  const plan = await planDeploy({ ...access, workspace: await readWorkspace(root), keywords: {}, config })
  const planned = plan.changes.map((change) => `${change.type} ${change.name}`)
  const of = (type: string, ...names: string[]) => names.map((one) => `${type} ${one}`)
  const connectionsOnly = name === 'AUTH0_INCLUDED_CONNECTIONS'
  const all = name === 'AUTH0_EXCLUDED_…'
  expect(planned.filter((change) => !change.startsWith('clientGrants')).sort()).toEqual(
    [
      ...of('clients', 'In', ...(connectionsOnly ? ['Out'] : [])),
      ...of('connections', 'in'),
      ...of('databases', 'db-in', ...(connectionsOnly ? ['db-out'] : [])),
      ...of('resourceServers', 'https://in.example', ...(all ? [] : ['https://out.example'])),
      ...of('rules', 'Rule in', ...(all ? [] : ['Rule out'])),
    ].sort(),
  )
})
