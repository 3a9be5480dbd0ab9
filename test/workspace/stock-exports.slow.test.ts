import { afterAll, describe, expect, it } from 'vitest'
import { COMMANDS } from '../../lib/cli/command-table.ts'
import { run } from '../../lib/cli/run.ts'
import { startTenant } from '../../lib/tenant/index.ts'
import { ANSWERS, answerAlike } from '../deploy/recorded-answers.ts'
import { recordedTenant } from '../deploy/recorded-tenant.ts'
import { stockCli } from '../deploy/same-as-stock.ts'
import { targetOf } from '../deploy/setup.ts'
import { keptExampleWorkspace } from '../helpers/example-workspace.ts'
import { folderWith } from '../helpers/folder.ts'
import { recordedTerminal } from '../helpers/terminal.ts'

/** What `a0deploy export` writes is a workspace for every command, with nothing beside it. */

const cli = stockCli()
afterAll(() => cli.stop())

async function claims(cwd: string, ...args: string[]) {
  const terminal = recordedTerminal({ cwd })
  terminal.stop()
  const code = await run(COMMANDS, args, terminal, async () => '')
  return { code, out: terminal.stdout(), err: terminal.stderr() }
}

const COMMAND_LINES = [
  ['check'],
  ['build'],
  ['simulate'],
  ['prove', '--runs', '20'],
  ['tenant', '--port', '0'],
  ['plan'],
  ['init', '--yes'],
]

const ONLY_ACTIONS = { AUTH0_INCLUDED_ONLY: ['actions', 'triggers'] }
const WITHOUT_MANY = {
  AUTH0_EXCLUDED: ['clients', 'resourceServers', 'connections', 'databases', 'attackProtection'],
  AUTH0_KEYWORD_REPLACE_MAPPINGS: { UNUSED: 'value', LIST: ['a'] },
}

describe.each(['yaml', 'directory'] as const)('a stock export, %s', (format) => {
  it.each(COMMAND_LINES)('of a tenant that answers as a real one serves claims %s %s', async (...args) => {
    const { access } = await recordedTenant(ANSWERS, answerAlike)
    const folder = await folderWith({})
    await cli.export(access, folder, format)
    const ended = await claims(folder, ...args)
    expect(ended, ended.err + ended.out).toMatchObject({ code: 0 })
  })
  it.each([
    ['some types only', ONLY_ACTIONS],
    ['many types left out', WITHOUT_MANY],
  ])('with %s, by the config.json beside it, serves every command', async (_, config) => {
    const { access } = await recordedTenant(ANSWERS, answerAlike)
    const folder = await folderWith({ 'config.json': JSON.stringify(config) })
    await cli.export(access, folder, format, config)
    for (const args of COMMAND_LINES) {
      const ended = await claims(folder, ...args)
      expect(ended, `${args[0]}: ${ended.err}${ended.out}`).toMatchObject({ code: 0 })
    }
  })
  it.each(COMMAND_LINES)('of the example serves claims %s %s', async (...args) => {
    const example = await keptExampleWorkspace()
    const tenant = await startTenant({ workspace: example.path })
    const folder = await folderWith({})
    await cli.export((await targetOf(tenant)).access, folder, format)
    await tenant.stop()
    await example.remove()
    const ended = await claims(folder, ...args)
    expect(ended, ended.err + ended.out).toMatchObject({ code: 0 })
  })
})
