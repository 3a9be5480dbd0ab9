import { createServer } from 'node:https'
import { onTestFinished } from 'vitest'
import type { TenantAccess } from '../../lib/deploy/index.ts'
import { loopbackCertificate } from '../../lib/tenant/certificate.ts'

/** An answer to a call of the Management API, the path below `/api/v2`. */
export interface RecordedAnswer {
  path: string
  status?: number
  response: unknown
}

export interface RecordedTenant {
  access: TenantAccess
  /** Calls that are no reads: all were refused. */
  writes: string[]
  /** Reads that nothing was recorded for. */
  unknown: string[]
}

const PAGING = ['page', 'per_page', 'take', 'from', 'include_totals', 'fields', 'include_fields']

function keyOf(text: string): string {
  const url = new URL(text, 'https://x.example')
  for (const name of PAGING) url.searchParams.delete(name)
  url.searchParams.sort()
  return `${url.pathname}?${url.searchParams}`
}

/** All that was recorded is on the first page. */
function pageOf(response: unknown, path: string): unknown {
  const page = Number(new URL(path, 'https://x.example').searchParams.get('page') ?? 0)
  if (page === 0 || typeof response !== 'object' || response === null) return response
  return Object.fromEntries(
    Object.entries(response).map(([key, value]) => [key, Array.isArray(value) ? [] : value]),
  )
}

/** The items of recorded lists, each at its own path. */
function itemsOf(answers: readonly RecordedAnswer[]): Map<string, unknown> {
  const items = new Map<string, unknown>()
  for (const { path, response } of answers) {
    const lists = Array.isArray(response) ? [response] : Object.values(response ?? {}).filter(Array.isArray)
    for (const item of lists.flat() as Record<string, unknown>[]) {
      const id = item?.['client_id'] ?? item?.['id']
      if (typeof id === 'string') items.set(`${path.split('?')[0]}/${id}`, item)
    }
  }
  return items
}

/** A tenant that can be read only, and answers word for word what it is given. Stopped when the test ends. */
export async function recordedTenant(
  answers: readonly RecordedAnswer[],
  /** The answer to a read that is not among them. */
  otherwise: (path: string) => RecordedAnswer | undefined = () => undefined,
): Promise<RecordedTenant> {
  const known = new Map(answers.map((answer) => [keyOf(answer.path), answer]))
  const items = itemsOf(answers)
  const { key, cert } = await loopbackCertificate(new Date())
  const writes: string[] = []
  const unknown: string[] = []
  const server = createServer({ key, cert }, (request, response) => {
    const path = request.url!.replace(/^\/api\/v2/, '')
    const found = known.get(keyOf(path)) ?? otherwise(path.split('?')[0]!)
    const answer = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    if (request.method !== 'GET') {
      writes.push(`${request.method} ${path}`)
      answer(403, { statusCode: 403, error: 'Forbidden', message: 'This tenant is read only' })
    } else if (found !== undefined) answer(found.status ?? 200, pageOf(found.response, path))
    else if (items.has(path)) answer(200, items.get(path))
    else {
      unknown.push(path)
      answer(404, { statusCode: 404, error: 'Not Found', message: 'Not recorded' })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as { port: number }
  return {
    access: {
      domain: `localhost:${port}`,
      credentials: { accessToken: 'token-of-a-test' },
      certificate: cert,
      local: true,
    },
    writes,
    unknown,
  }
}
