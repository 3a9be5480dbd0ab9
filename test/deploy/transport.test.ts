import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { beforeAll, expect, it } from 'vitest'
import { send } from '../../lib/deploy/transport.ts'
import { loopbackCertificate } from '../../lib/tenant/certificate.ts'

const answer = { status: 200, type: 'text/html', body: '' }
let access: Parameters<typeof send>[0]

beforeAll(async () => {
  const { key, cert } = await loopbackCertificate(new Date())
  const server = createServer({ key, cert }, (_request, response) => {
    response.writeHead(answer.status, { 'content-type': answer.type }).end(answer.body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  access = {
    domain: `localhost:${port}`,
    credentials: { accessToken: 'token' },
    certificate: cert,
    local: true,
  }
  return () => {
    server.closeAllConnections()
    server.close()
  }
})

it.each([
  ['the page of a network that wants a login', 'GET', 200, '<html>Please log in</html>'],
  ['a redirect to one', 'GET', 302, ''],
  ['nothing', 'GET', 200, ''],
  ['the start of an answer', 'GET', 200, '[{"id":'],
  ['a page after a write', 'PATCH', 200, '<html></html>'],
] as const)('does not take %s for an answer of the tenant', async (_what, method, status, body) => {
  Object.assign(answer, { status, body })
  await expect(send(access, method, '/api/v2/roles?page=0', { headers: {} })).rejects.toMatchObject({
    code: 'ERR_ENVIRONMENT',
    message: `"${access.domain}" answered ${method} /roles with what is not JSON`,
  })
})

it.each([
  ['the page of a failure, by its status', 'GET', 502, '<html>Bad gateway</html>', {}],
  ['no content after a write', 'DELETE', 204, '', {}],
  ['an empty answer to a write', 'POST', 202, '', {}],
  ['JSON', 'GET', 200, '[]', []],
] as const)('takes %s', async (_what, method, status, body, json) => {
  Object.assign(answer, { status, body })
  expect(await send(access, method, '/api/v2/roles', { headers: {} })).toMatchObject({ status, json })
})
