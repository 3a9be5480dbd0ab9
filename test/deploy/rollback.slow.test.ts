import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  type DeployJournal,
  deployChanges,
  markersOf,
  newJournal,
  type Plan,
  planDeploy,
  readBack,
  readJournals,
  rollBack,
} from '../../lib/deploy/index.ts'
import { readWorkspace } from '../../lib/workspace/index.ts'
import { folderWith } from '../helpers/folder.ts'
import { type EveryType, everyType } from './every-type.ts'
import { everything, KEYWORDS } from './setup.ts'

let all: EveryType
let plan: Plan
let options: Parameters<typeof deployChanges>[0]
let markers: ReturnType<typeof markersOf>

beforeAll(async () => {
  all = await everyType()
  // Labels of bindings, and a draft that is not what runs.
  const { state } = all.target.tenant
  for (const list of state.bindings.values())
    for (const [index, one] of list.entries()) one.display_name = `Step ${index}`
  const second = [...state.actions.values()].find(({ name }) => name === 'second')!
  Object.assign(second, { code: '// a draft', all_changes_deployed: false })
  all.atStart = structuredClone(state)
  all.before = everything(all.target)
  const { target, workspace } = all
  markers = markersOf(workspace, KEYWORDS)
  options = { ...target.access, workspace, keywords: KEYWORDS }
  plan = await planDeploy(options)
  return () => all.stop()
})

beforeEach(async () => {
  Object.assign(all.target.tenant.state, structuredClone(all.atStart))
  delete all.target.faults.inject
  await rm(join(all.workspace.root, '.auth0-claims'), { recursive: true, force: true })
})

const labels = () =>
  [...all.target.tenant.state.bindings.values()].flat().map(({ display_name }) => display_name)

function journalOf(): DeployJournal {
  return newJournal(all.workspace.root, markers, { domain: plan.domain, state: plan.before })
}

async function rolledBack(to?: number) {
  const { access } = all.target
  const state = await readBack(access)
  return rollBack({ ...access, root: all.workspace.root, markers, ...(to !== undefined && { to }) }, state)
}

describe('claims rollback', () => {
  it('brings back every type, order and labels of bindings, and the code of drafts', async () => {
    const before = labels()
    await deployChanges({ ...options, agreed: plan, journal: journalOf() })
    const after = everything(all.target)
    expect(after).not.toBe(all.before)
    expect(labels()).not.toEqual(before)
    const { done, left } = await rolledBack()
    expect(left).toEqual([])
    expect(done.length).toBeGreaterThan(10)
    expect(everything(all.target)).toBe(all.before)
    expect(labels()).toEqual(before)
  })

  it('goes back over several deploys at once, and to what one of them left', async () => {
    await deployChanges({ ...options, agreed: plan, journal: journalOf() })
    const first = everything(all.target)
    const root = await folderWith({
      'tenant.yaml': (await readFile(all.workspace.tenantFile, 'utf8'))
        .replace('[http://localhost/b]', '[http://localhost/c]')
        .replace('Acme Corporation', 'Acme Limited')
        .replace('{ action_name: third }, ', ''),
      ...Object.fromEntries(
        await Promise.all(
          [
            'actions/first.js',
            'actions/second.js',
            'actions/third.js',
            'modules/shared.js',
            'modules/other.js',
          ].map(async (file) => [
            file,
            `${await readFile(join(all.workspace.root, file), 'utf8')}\n// later`,
          ]),
        ),
      ),
    })
    const later = { ...options, workspace: await readWorkspace(root) }
    const second = await planDeploy(later)
    await deployChanges({
      ...later,
      agreed: second,
      journal: newJournal(all.workspace.root, markers, { domain: plan.domain, state: second.before }),
    })
    const last = everything(all.target)
    expect(last).not.toBe(first)

    expect((await rolledBack(1)).undone).toEqual([2])
    expect(everything(all.target)).toBe(first)
    // The rollback is a deploy of its own, and can be undone as well.
    expect((await rolledBack()).undone).toEqual([3])
    expect(everything(all.target)).toBe(last)
    expect((await rolledBack(0)).left).toEqual([])
    expect(everything(all.target)).toBe(all.before)
  })

  it('leaves alone what somebody else wrote since, field by field, unless it is told not to', async () => {
    await deployChanges({ ...options, agreed: plan, journal: journalOf() })
    const app = [...all.target.tenant.state.clients.values()].find(({ name }) => name === 'App')!
    app.callbacks = ['http://localhost/theirs']
    const { left } = await rolledBack()
    expect(left).toEqual(['clients "App": "callbacks" was changed by somebody else meanwhile'])
    expect(app.callbacks).toEqual(['http://localhost/theirs'])
    expect(app['client_metadata']).toEqual({ a: '1' })
  })

  it('deploys the code anew when the version that ran is one of the 50 no longer', async () => {
    await deployChanges({ ...options, agreed: plan, journal: journalOf() })
    const first = [...all.target.tenant.state.actions.values()].find(({ name }) => name === 'first')!
    first.versions.shift()
    const { done } = await rolledBack()
    expect(done.join('\n')).toContain('"first" runs the code of version 1 again, deployed anew')
    expect(first.versions.at(-1)!.code).toBe("exports.onExecutePostLogin = async () => 'one'\n")
  })
})

describe('a deploy that was killed', () => {
  // At each call: before it is sent, and after it took effect but before anybody knows.
  it('is undone by a rollback, and finished by the next deploy, wherever it was', {
    timeout: 120_000,
  }, async () => {
    await deployChanges({ ...options, agreed: plan, journal: journalOf() })
    const after = everything(all.target)
    const count = (await readJournals(all.workspace.root, plan.domain, markers))[0]!.calls.total
    expect(count).toBeGreaterThan(15)
    for (let kill = 0; kill < count * 2; kill++) {
      Object.assign(all.target.tenant.state, structuredClone(all.atStart))
      await rm(join(all.workspace.root, '.auth0-claims'), { recursive: true })
      let events = 0
      const journal = journalOf()
      const killed: DeployJournal = {
        ...journal,
        async call(event) {
          // What is on the disk when the process ends: the call is told before it is sent, and its end is not.
          if (events++ === kill) {
            if (event.ids === undefined) await journal.call(event)
            throw new Error('killed')
          }
          await journal.call(event)
        },
        end: async () => {},
      }
      await expect(deployChanges({ ...options, agreed: plan, journal: killed })).rejects.toThrow('killed')
      const [found] = await readJournals(all.workspace.root, plan.domain, markers)
      expect(found!.end).toBeUndefined()
      if (kill % 8 === 3) {
        await deployChanges(options)
        expect(everything(all.target), `killed at ${kill}`).toBe(after)
      } else {
        expect((await rolledBack()).left, `killed at ${kill}`).toEqual([])
        expect(everything(all.target), `killed at ${kill}`).toBe(all.before)
      }
    }
  })
})

describe('the journal', () => {
  it('is for the user only, holds no secret, and is gone once a failed deploy is undone', async () => {
    const folder = join(all.workspace.root, '.auth0-claims/deploys')
    await deployChanges({ ...options, agreed: plan, journal: journalOf() })
    const text = await readFile(join(folder, '1.journal'), 'utf8')
    expect((await stat(join(folder, '1.journal'))).mode & 0o777).toBe(0o600)
    expect(text).not.toContain(KEYWORDS.API_KEY)
    Object.assign(all.target.tenant.state, structuredClone(all.atStart))
    all.target.faults.inject = ({ method, path }) =>
      method === 'PATCH' && path.endsWith('/bindings') ? { kind: 'status', status: 403 } : undefined
    await expect(deployChanges({ ...options, agreed: plan, journal: journalOf() })).rejects.toThrow('Undone')
    expect(await readdir(folder)).toEqual(['1.journal'])
  })

  it('that is none stops with its name', async () => {
    await deployChanges({ ...options, agreed: plan, journal: journalOf() })
    await writeFile(join(all.workspace.root, '.auth0-claims/deploys/1.journal'), 'not JSON\n')
    await expect(rolledBack()).rejects.toMatchObject({
      code: 'ERR_INPUT',
      message: expect.stringContaining('1.journal'),
    })
  })
})
