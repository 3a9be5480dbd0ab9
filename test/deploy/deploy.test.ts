import { describe, expect, it } from 'vitest'
import { bundleActions } from '../../lib/bundle/index.ts'
import { deployChanges, deployWithCli, planDeploy } from '../../lib/deploy/index.ts'
import { importTenantFile } from '../../lib/tenant/management/index.ts'
import type { Workspace } from '../../lib/workspace/index.ts'
import { KEYWORDS, running, type TestTenant, testTenant, workspaceWith } from './setup.ts'

async function loaded(target: TestTenant, workspace: Workspace, code = 'one'): Promise<void> {
  await importTenantFile(target.tenant.context, workspace.tenant, {
    keywords: KEYWORDS,
    codeOf: (name) =>
      name === 'first'
        ? `exports.onExecutePostLogin = async () => '${code}'\n`
        : 'exports.onExecutePostLogin = async () => {}\n',
  })
}

describe('deployWithCli', () => {
  it('puts code, secrets and order into the tenant through the real deploy CLI', async () => {
    const target = await testTenant()
    const workspace = await workspaceWith({ order: ['second', 'first'] })
    const lines: string[] = []
    const report = await deployWithCli({
      ...target.access,
      workspace,
      keywords: KEYWORDS,
      onLine: (line) => lines.push(line),
    })
    expect(running(target)).toBe(
      "first=exports.onExecutePostLogin = async () => 'one' value-of-the-key\n" +
        'second=exports.onExecutePostLogin = async () => {} \n' +
        'order second first',
    )
    expect(report.bindings).toEqual({ 'post-login': ['second', 'first'] })
    expect(report.actions.map(({ name, version, deployed }) => [name, version, deployed])).toEqual([
      ['first', 1, true],
      ['second', 1, true],
    ])
    expect(lines.join('\n')).toContain('Deployed [actions]')
    expect(lines.join('\n')).not.toContain('\u001b')
  })

  it('refuses a marker without a value before anything is sent, and names its line', async () => {
    const target = await testTenant()
    const workspace = await workspaceWith()
    await expect(deployWithCli({ ...target.access, workspace, keywords: {} })).rejects.toMatchObject({
      code: 'ERR_INPUT',
      message: '"##API_KEY##" has no value',
      file: 'tenant.yaml',
      line: 8,
    })
    expect(target.faults.calls).toEqual([])
  })

  it('refuses to take a local deploy to another machine', async () => {
    const target = await testTenant()
    const workspace = await workspaceWith()
    for (const domain of ['acme.eu.auth0.com', 'localhost.example.com', 'localhost@example.com']) {
      await expect(
        deployWithCli({ ...target.access, domain, workspace, keywords: KEYWORDS }),
      ).rejects.toMatchObject({ code: 'ERR_DEPLOY' })
    }
  })

  it('says the cause when the certificate is not trusted', async () => {
    const target = await testTenant()
    const workspace = await workspaceWith()
    const { certificate: _certificate, ...access } = target.access
    await expect(deployWithCli({ ...access, workspace, keywords: KEYWORDS })).rejects.toMatchObject({
      code: 'ERR_ENVIRONMENT',
      message: expect.stringMatching(/certificate is not trusted \(\w+\)/),
    })
  })

  it('passes on what the tenant answered, without the secret', async () => {
    const target = await testTenant()
    const workspace = await workspaceWith({ order: ['first', 'third'] })
    const error = await deployWithCli({ ...target.access, workspace, keywords: KEYWORDS }).catch(
      (e: Error) => e,
    )
    expect(error).toMatchObject({ code: 'ERR_DEPLOY' })
    expect((error as Error).message).toContain('The action "third" does not exist')
    expect((error as Error).message).not.toContain(KEYWORDS.API_KEY)
  })
})

describe('planDeploy', () => {
  it('sees nothing to do right after a deploy', async () => {
    const target = await testTenant()
    const workspace = await workspaceWith()
    await loaded(target, workspace)
    const plan = await planDeploy({ ...target.access, workspace, keywords: KEYWORDS })
    expect(plan.changes).toEqual([])
  })

  it('sees a reorder of bindings, which deploys the order and nothing else', async () => {
    const target = await testTenant()
    await loaded(target, await workspaceWith())
    const workspace = await workspaceWith({ order: ['second', 'first'] })
    const { plan } = await deployChanges({ ...target.access, workspace, keywords: KEYWORDS })
    expect(plan.changes).toEqual([
      { type: 'triggers', name: 'post-login', change: 'update', fields: ['order'] },
    ])
    expect(running(target)).toContain('order second first')
    expect([...target.tenant.state.actions.values()].map(({ versions }) => versions.length)).toEqual([1, 1])
    expect(target.faults.calls.filter(({ method }) => method !== 'GET').map(({ path }) => path)).toEqual([
      '/actions/triggers/post-login/bindings',
    ])
  })

  it('sees changed code, drafts and Actions that tenant.yaml does not have, and writes nothing', async () => {
    const target = await testTenant()
    await loaded(target, await workspaceWith())
    const { state } = target.tenant
    const second = [...state.actions.values()].find(({ name }) => name === 'second')!
    second.all_changes_deployed = false
    state.actions.set('extra', { ...structuredClone(second), id: 'extra', name: 'extra' })
    const workspace = await workspaceWith({ code: 'two' })
    const plan = await planDeploy({ ...target.access, workspace, keywords: KEYWORDS })
    expect(plan.changes).toEqual([
      { type: 'actions', name: 'first', change: 'update', fields: ['code'] },
      { type: 'actions', name: 'second', change: 'update', fields: ['draft'] },
    ])
    expect(plan.unmanaged).toEqual(['extra'])
    expect(plan.drafts).toEqual(['second', 'extra'])
    expect(target.faults.calls.length).toBeGreaterThan(0)
    expect(target.faults.calls.filter(({ method }) => method !== 'GET')).toEqual([])
  })
})

describe('deployChanges', () => {
  it('makes a version only of the Action that changed, and keeps the other one', async () => {
    const target = await testTenant()
    await loaded(target, await workspaceWith())
    const workspace = await workspaceWith({ code: 'two' })
    const report = await deployChanges({ ...target.access, workspace, keywords: KEYWORDS })
    expect(report.deployed?.actions.map(({ name, version }) => [name, version])).toEqual([
      ['first', 2],
      ['second', 1],
    ])
    expect(running(target)).toContain("async () => 'two' value-of-the-key")
  })

  it('writes nothing when nothing changed', async () => {
    const target = await testTenant()
    const workspace = await workspaceWith()
    await loaded(target, workspace)
    const report = await deployChanges({ ...target.access, workspace, keywords: KEYWORDS })
    expect(report.deployed).toBeUndefined()
    expect(target.faults.calls.every(({ method }) => method === 'GET')).toBe(true)
  })

  it('says what was undone', async () => {
    const target = await testTenant()
    await loaded(target, await workspaceWith())
    const workspace = await workspaceWith({ code: 'two', order: ['second', 'first'] })
    target.faults.inject = ({ method, path }) =>
      method === 'PATCH' && path.endsWith('/bindings') ? { kind: 'status', status: 403 } : undefined
    await expect(deployChanges({ ...target.access, workspace, keywords: KEYWORDS })).rejects.toMatchObject({
      code: 'ERR_DEPLOY',
      message: expect.stringContaining('Undone: "first" runs the code of version 1 again.'),
    })
  })
})

describe('an Action without a bundle', () => {
  it('is told by a plan, and stops a deploy before anything is sent', async () => {
    const target = await testTenant()
    const workspace = await workspaceWith()
    const built = (await bundleActions(workspace.actions, { root: workspace.root })).slice(1)
    const options = { ...target.access, workspace, keywords: KEYWORDS, built }
    expect((await planDeploy(options)).unplanned).toEqual(['first'])
    await expect(deployChanges(options)).rejects.toMatchObject({
      code: 'ERR_BUNDLE',
      message: 'there is no bundle of "first"',
    })
    expect(running(target)).toBe('order ')
  })
})
