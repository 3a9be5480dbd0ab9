import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { announceTenant, runningTenant } from '../../lib/cli/running-tenant.ts'
import { startTenant, type Tenant } from '../../lib/tenant/index.ts'
import { folderWith } from '../helpers/folder.ts'

let tenant: Tenant
beforeAll(async () => {
  tenant = await startTenant()
})
afterAll(() => tenant.stop())

const NOTE = '.auth0-claims/tenant.json'

it('finds the tenant that runs for a workspace, until it takes its note away', async () => {
  const root = await folderWith({})
  expect(await runningTenant(root)).toBeUndefined()
  const withdraw = await announceTenant(root, tenant.url)
  expect(await runningTenant(root)).toBe(tenant.url)
  expect(await readFile(join(root, '.auth0-claims/.gitignore'), 'utf8')).toBe('*\n')
  await withdraw()
  expect(await runningTenant(root)).toBeUndefined()
})

it('leaves the note of a tenant that was started later', async () => {
  const root = await folderWith({})
  const withdraw = await announceTenant(root, 'http://localhost:1')
  await announceTenant(root, tenant.url)
  await withdraw()
  expect(await runningTenant(root)).toBe(tenant.url)
})

it('takes the note of a tenant that was killed for none', async () => {
  expect(await runningTenant(await folderWith({ [NOTE]: '{"url":"http://localhost:1"}' }))).toBeUndefined()
})

it.each([
  'http://acme.example',
  'http://localhost.acme.example:4000',
  'http://localhost:4000@acme.example',
  'http://localhost:4000/path',
  'https://localhost:4000',
  'file:///etc/passwd',
  '',
])('sends nothing to %j, which a note of somebody else may name', async (url) => {
  expect(await runningTenant(await folderWith({ [NOTE]: JSON.stringify({ url }) }))).toBeUndefined()
})

it.each(['', 'x', 'null', '[]', '{}', '{"url":{}}'])('takes %j for no note', async (text) => {
  expect(await runningTenant(await folderWith({ [NOTE]: text }))).toBeUndefined()
})

it('takes no other server on this machine for a tenant', async () => {
  const server = createServer((_request, response) => response.end('{"issuer":"https://acme.example/"}'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  expect(await runningTenant(await folderWith({ [NOTE]: JSON.stringify({ url }) }))).toBeUndefined()
  await new Promise((resolve) => server.close(resolve))
})
