import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { bundleActions, writeBundles } from '../../lib/bundle/index.ts'
import { planDeploy } from '../../lib/deploy/index.ts'
import { folderWith } from '../helpers/folder.ts'
import { KEYWORDS, running, type TestTenant, testTenant, workspaceWith } from './setup.ts'

const CLI = join(createRequire(import.meta.url).resolve('auth0-deploy-cli'), '..', 'index.js')

async function a0deploy(target: TestTenant, cwd: string, ...args: string[]): Promise<string> {
  const { certificate, client } = await target.tenant.management()
  const pem = join(await folderWith({ 'local.pem': certificate }), 'local.pem')
  const run = promisify(execFile)(process.execPath, [CLI, ...args], {
    cwd,
    maxBuffer: 64 * 1024 * 1024,
    env: {
      NODE_EXTRA_CA_CERTS: pem,
      AUTH0_DOMAIN: target.access.domain,
      AUTH0_CLIENT_ID: client.client_id,
      AUTH0_CLIENT_SECRET: client.client_secret,
      AUTH0_API_MAX_RETRIES: '0',
      ...KEYWORDS,
    },
  })
  // Its errors go to stdout as well.
  const { stdout } = await run.catch((error: Error & { stdout?: string }) => {
    throw new Error(`a0deploy ${args[0]}: ${error.stdout ?? error.message}`)
  })
  return stdout
}

// Slow on purpose: the deploy CLI as installed compiles 8 MB of schema at each import.
it('works with the unmodified a0deploy, whose preview misses a reorder that the plan shows', {
  timeout: 400_000,
}, async () => {
  const target = await testTenant()
  const workspace = await workspaceWith()
  await writeBundles(workspace, await bundleActions(workspace.actions, { root: workspace.root }))
  expect(await a0deploy(target, workspace.root, 'import', '--input_file', 'tenant.yaml')).toContain(
    'Import Successful',
  )
  expect(running(target)).toContain('order first second')

  const out = await folderWith({})
  await a0deploy(target, out, 'export', '--format', 'yaml', '--output_folder', out)
  expect(await readFile(join(out, 'actions', 'first', 'code.js'), 'utf8')).toBe(
    // By name: the CLI makes several Actions at once.
    [...target.tenant.state.actions.values()].find(({ name }) => name === 'first')?.code,
  )

  const reordered = await workspaceWith({ order: ['second', 'first'] })
  await writeFile(join(workspace.root, 'tenant.yaml'), await readFile(reordered.tenantFile, 'utf8'))
  target.faults.calls.length = 0
  const preview = await a0deploy(target, workspace.root, 'import', '--input_file', 'tenant.yaml', '--dry-run')
  expect(target.faults.calls.every(({ method }) => method === 'GET')).toBe(true)
  // It did look: an Action with a secret is always listed.
  expect(preview).toContain('first')
  expect(preview).not.toMatch(/post-login/)
  const plan = await planDeploy({ ...target.access, workspace: reordered, keywords: KEYWORDS })
  expect(plan.changes).toContainEqual({
    type: 'triggers',
    name: 'post-login',
    change: 'update',
    fields: ['order'],
  })
})
