import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Command } from '../../lib/cli/command.ts'
import { deployCommand } from '../../lib/cli/commands/deploy.ts'
import { planCommand } from '../../lib/cli/commands/plan.ts'
import { pullCommand } from '../../lib/cli/commands/pull.ts'
import { rollbackCommand } from '../../lib/cli/commands/rollback.ts'
import { folderWith } from '../helpers/folder.ts'
import {
  actionEntry,
  type CommandTarget,
  commandTarget,
  runAt,
  running,
  type TestTenant,
  testTenant,
} from './setup.ts'

const code = (text: string) => `exports.onExecutePostLogin = async () => {\n  return '${text}'\n}\n`

let cwd: string
let target: TestTenant
let at: CommandTarget

beforeEach(async () => {
  cwd = await folderWith({
    'tenant.yaml': `actions:${actionEntry('one')}${actionEntry('two')}
triggers:
  post-login: [{ action_name: one, display_name: one }, { action_name: two, display_name: two }]
roles: [{ name: reader, description: before }]
`,
    'tenant.local.yaml': 'users: [{ email: ada@acme.example, password: local-ada }]\n',
    'actions/one.js': code('one, before'),
    'actions/two.js': code('two, before'),
  })
  target = await testTenant()
  at = await commandTarget(target, cwd)
  await run(deployCommand)
  await changeWorkspace()
})

async function changeWorkspace(): Promise<void> {
  const yaml = await readFile(join(cwd, 'tenant.yaml'), 'utf8')
  await writeFile(join(cwd, 'tenant.yaml'), yaml.replace('description: before', 'description: after'))
  await writeFile(join(cwd, 'actions/one.js'), code('one, after'))
}

const run = (command: Command, more: Record<string, string | boolean> = {}) =>
  runAt(at, cwd, command, { 'skip-prove': true, ...more })

/** A deploy of which the tenant refuses all calls once the code of "one" is deployed. */
async function cutOff(): Promise<Error & { hint: string }> {
  let refused = false
  target.faults.inject = ({ method, path }) => {
    const now = refused
    refused ||= method === 'POST' && path.endsWith('/deploy')
    return now
      ? { kind: 'status', status: 401, message: 'Expired token received for JSON Web Token' }
      : undefined
  }
  const error = await run(deployCommand).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  delete target.faults.inject
  expect(running(target)).toContain('one, after')
  return error as Error & { hint: string }
}

const editedByHand = (name: string) => {
  const edited = [...target.tenant.state.actions.values()].find((one) => one.name === name)!
  const version = edited.versions.find(({ id }) => id === edited.deployed_version_id)!
  edited.code = version.code = code('by hand')
}

const BLAME = 'since the last deploy'

describe('a deploy that ended half-way', () => {
  it('says what stays and how to go on when the credentials are refused from then on', async () => {
    const { message, hint } = await cutOff()
    expect(message).toMatch(/: 401 Expired token received for JSON Web Token\. .*Left as it is: .*"one"/)
    expect(hint).toMatch(
      /get a new token\. Then claims deploy finishes what is left, and claims rollback undoes it\.$/,
    )
    const plan = await run(planCommand)
    expect(plan.err).toMatch(/note: deploy 2 .* failed, and left some of what it wrote, after \d of \d calls/)
    expect(plan.out).not.toContain(BLAME)
    expect(plan.out).toContain('roles "reader": description')
    const pulled = await run(pullCommand, { overwrite: true, 'replace-sources': true })
    expect(pulled.err).toMatch(
      /note: deploy 2 .* failed, and left some of .*: claims deploy finishes it, claims/,
    )
    expect(pulled.err).toContain('note: what is pulled now is what it left')
    await changeWorkspace()
    expect((await run(deployCommand)).err).toContain('this is deploy 3')
    expect((await run(planCommand)).err).toBe('')
    await run(rollbackCommand)
    expect(running(target)).toContain('one, before')
    expect([...target.tenant.state.roles.values()][0]!.description).toBe('before')
  })

  it.each([
    [
      'was killed',
      async (journal: string) => {
        const text = await readFile(journal, 'utf8')
        await writeFile(journal, text.replace(/\{"end":"left"\}\n?/, ''))
      },
    ],
    [
      'kept no record of its end',
      async (journal: string) => {
        const text = await readFile(journal, 'utf8')
        await writeFile(journal, text.replace('"left"', '"deployed"'))
      },
    ],
  ])(
    'blames nobody for its own write when it %s, and notices what somebody else wrote',
    async (_how, change) => {
      await cutOff()
      await change(join(cwd, '.auth0-claims/deploys/2.journal'))
      expect((await run(planCommand)).out).not.toContain(BLAME)
      editedByHand('two')
      expect((await run(planCommand)).out).toContain(`${BLAME}: the code of "two" was changed\n`)
      await expect(run(deployCommand)).rejects.toThrow(
        /was changed since the last deploy: the code of "two" was changed$/,
      )
      await expect(run(rollbackCommand)).rejects.toThrow(/was changed since: the code of "two" was changed$/)
      await run(deployCommand, { overwrite: true })
      expect(running(target)).toMatch(/one, after[\s\S]*two, before/)
    },
  )

  it('is undone by a rollback, which does the rest when it was cut off itself', async () => {
    await cutOff()
    target.faults.inject = ({ method }) => (method !== 'GET' ? { kind: 'status', status: 401 } : undefined)
    await expect(run(rollbackCommand)).rejects.toMatchObject({
      message: expect.stringMatching(
        /the rollback did not come to its end\. Nothing is undone\. Left as it is: "one": /,
      ),
      hint: expect.stringMatching(/Then run claims rollback again: it does the rest\.$/),
    })
    delete target.faults.inject
    expect((await run(planCommand)).out).not.toContain(BLAME)
    expect((await run(rollbackCommand)).out).toContain('"one" runs the code of version 1 again\n')
    expect(running(target)).toContain('one, before')
  })
})

it('records what somebody else has made equal to the workspace, and goes on', async () => {
  await run(deployCommand)
  for (const end of ['json', 'journal']) await rm(join(cwd, `.auth0-claims/deploys/2.${end}`))
  expect((await run(planCommand)).out).toContain(`${BLAME}: the code of "one" was changed`)
  const same = await run(deployCommand)
  expect(same.err).toContain('recorded what the tenant has as deploy 2: it is what the workspace says\n')
  expect((await run(planCommand)).out).toBe('nothing to change\n')
})
