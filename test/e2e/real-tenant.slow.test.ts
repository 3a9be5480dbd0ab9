import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startTenant } from '../../lib/tenant/index.ts'
import { readWorkspace } from '../../lib/workspace/index.ts'
import { folderWith } from '../helpers/folder.ts'
import { runProgram } from '../helpers/program.ts'

const REPOSITORY = join(import.meta.dirname, '../..')

test('the same steps run against a tenant elsewhere, over https, with a person at the browser', async () => {
  // A tenant in another process's eyes: reached by domain, certificate and credentials only.
  const { local } = await readWorkspace(REPOSITORY)
  const tenant = await startTenant({ local: local!, https: true })
  onTestFinished(() => tenant.stop())
  const domain = new URL(tenant.url).host
  const pem = join(await folderWith({}), 'tenant.pem')
  const { certificate, client } = await tenant.management()
  await writeFile(pem, certificate)
  const trust = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', NODE_EXTRA_CA_CERTS: pem }

  const job = spawn(process.execPath, ['--import', 'tsx', 'scripts/demo/main.ts', '--tenant', domain], {
    cwd: REPOSITORY,
    env: {
      ...trust,
      AUTH0_DOMAIN: domain,
      AUTH0_CLIENT_ID: client.client_id,
      AUTH0_CLIENT_SECRET: client.client_secret,
      ...local!.keywords,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void job.kill())
  let stdout = ''
  let stderr = ''
  job.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  const address = new Promise<string>((resolve) => {
    job.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
      const url = /^https:\S+\/authorize\?\S+$/m.exec(stderr)?.[0]
      if (url !== undefined) resolve(url)
    })
  })
  const ended = new Promise<number | null>((resolve) => job.once('close', resolve))

  const url = await Promise.race([
    address,
    ended.then((code) => Promise.reject(new Error(`${code}: ${stdout}${stderr}`))),
  ])
  const person = await runProgram('test/helpers/log-in.ts', [url, 'ada@acme.example', 'local-ada'], {
    env: trust,
  })
  expect(person).toEqual({ code: 0, stdout: '', stderr: '' })

  expect(await ended, stdout + stderr).toBe(0)
  expect(stdout).toContain('Reach the tenant')
  expect(stdout).toMatch(/https:\/\/acme\.example\/plan +"enterprise"/)
  expect(stdout).toContain('refused: invalid_grant')
  expect(tenant.executions.map(({ protocol }) => protocol)).toEqual([
    'oidc-basic-profile',
    'oauth2-refresh-token',
  ])
  expect(stdout + stderr).not.toContain(client.client_secret)
}, 60_000)
