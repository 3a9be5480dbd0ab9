import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
// @ts-expect-error It brings no types: the path of its program.
import workerd from 'workerd'
import { standaloneValidator } from '../../lib/contract/index.ts'
import type { VerifierOptions, VerifyAlgorithm } from '../../lib/verify/index.ts'

const PLAN = 'https://acme.example/plan'
const AUDIENCE = 'https://orders.acme.example/'
const BASE = 'https://orders.acme.example'
const ASYMMETRIC: VerifyAlgorithm[] = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
]
const SECRET = 'a-secret-of-at-least-64-characters-0123456789-0123456789-0123456789'

/** One key for each algorithm, named like it. */
const keys = new Map<VerifyAlgorithm, Awaited<ReturnType<typeof generateKeyPair>>>()
let folder: string
let issuers: Server
let issuer: string
let runtime: ChildProcess
let url: string
let fetches: string[] = []
let isDown = false

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'workerd-'))
  const jwks: object[] = [null as never, { kty: 'RSA', kid: 'odd', key_ops: 7 }]
  for (const alg of ASYMMETRIC) {
    const pair = await generateKeyPair(alg, { extractable: true })
    keys.set(alg, pair)
    jwks.push({ ...(await exportJWK(pair.publicKey)), kid: alg, alg, use: 'sig' })
  }
  issuers = createServer((request, response) => {
    fetches.push(request.url ?? '')
    if (request.url === '/moved/.well-known/jwks.json') {
      response.writeHead(302, { location: '/.well-known/jwks.json' }).end()
    } else if (request.url === '/down/.well-known/jwks.json' && isDown) response.writeHead(500).end()
    else if (request.url === '/late/.well-known/jwks.json') {
      setTimeout(() => response.end(JSON.stringify({ keys: jwks })), 300)
    } else if (request.url === '/slow/.well-known/jwks.json') void response
    else response.end(JSON.stringify({ keys: jwks }))
  })
  await new Promise<void>((resolve) => issuers.listen(0, '127.0.0.1', resolve))
  issuer = `http://127.0.0.1:${(issuers.address() as AddressInfo).port}/`
  const common = { issuer, audience: AUDIENCE }
  const verifiers: Record<string, VerifierOptions> = {
    plain: common,
    every: { ...common, algorithms: ASYMMETRIC },
    secret: { ...common, algorithms: ['HS512'], secret: SECRET },
    cached: { ...common, cache: true },
    dpop: { ...common, dpop: { baseUrl: BASE, nonce: { secret: SECRET } } },
    own: { ...common, dpop: true },
    moved: { ...common, issuer: `${issuer}moved/` },
    down: { ...common, issuer: `${issuer}down/` },
    late: { ...common, issuer: `${issuer}late/`, keys: { timeoutMilliseconds: 600 } },
    slow: { ...common, issuer: `${issuer}slow/`, keys: { timeoutMilliseconds: 100 } },
  }
  const contract = standaloneValidator({
    file: 'orders.json',
    title: 'Orders',
    schema: { type: 'object', properties: { [PLAN]: { enum: ['free'] } }, required: [PLAN] },
  })
  const { outputFiles } = await build({
    entryPoints: ['test/fixtures/verify/worker.ts'],
    plugins: [
      {
        name: 'contract',
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /^contract$/ }, () => ({ path: 'contract', namespace: 'emitted' }))
          onLoad({ filter: /.*/, namespace: 'emitted' }, () => ({ contents: contract, loader: 'js' }))
        },
      },
    ],
    define: {
      AT_START: JSON.stringify({
        ...common,
        jwks: { keys: jwks.slice(0, 3) },
        dpop: { baseUrl: BASE, nonce: { secret: SECRET } },
      }),
    },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['workerd', 'worker', 'import'],
    logLevel: 'silent',
  })
  await writeFile(join(folder, 'worker.js'), outputFiles[0]!.contents)
  await writeFile(join(folder, 'verifiers.json'), JSON.stringify(verifiers))
  await writeFile(
    join(folder, 'config.capnp'),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .main), (name = "internet", network = (allow = ["private", "local"]))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = "2025-01-01",
  bindings = [(name = "verifiers", json = embed "verifiers.json")],
);
`,
  )
  runtime = spawn(workerd as string, ['serve', join(folder, 'config.capnp'), '--control-fd=3'], {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  })
  const port = await new Promise<number>((resolve, reject) => {
    runtime.once('exit', (code) => reject(new Error(`workerd ended with ${code}`)))
    runtime.stdio[3]!.once('data', (line) => resolve((JSON.parse(String(line)) as { port: number }).port))
  })
  url = `http://127.0.0.1:${port}`
})

afterAll(async () => {
  runtime?.kill()
  issuers?.closeAllConnections()
  issuers?.close()
  await rm(folder, { recursive: true, force: true })
})

async function signed(alg: VerifyAlgorithm, claims: object = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  const payload = {
    iss: issuer,
    sub: 'auth0|1',
    aud: AUDIENCE,
    iat: now,
    exp: now + 600,
    azp: 'client',
    scope: 'read:orders',
    [PLAN]: 'free',
    ...claims,
  }
  const key = alg.startsWith('HS') ? new TextEncoder().encode(SECRET) : keys.get(alg)!.privateKey
  return new SignJWT(payload).setProtectedHeader({ alg, typ: 'JWT', kid: alg }).sign(key)
}

async function ask(path: string, headers: Record<string, string>) {
  const answer = await fetch(url + path, { headers })
  const body = (await answer.json()) as Record<string, unknown>
  return { status: answer.status, body, headers: answer.headers }
}
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

describe('in the runtime of Workers', () => {
  test.each(['/plain/read', '/plain/hono', '/cached/read', '/start/read'])(
    'a token is taken at %s',
    async (path) => {
      const token = await signed('RS256')
      for (let i = 0; i < 2; i++) {
        expect(await ask(path, bearer(token))).toMatchObject({
          status: 200,
          body: { sub: 'auth0|1', [PLAN]: 'free' },
        })
      }
      const forged = `${token.slice(0, token.lastIndexOf('.'))}.${'A'.repeat(342)}`
      expect(await ask(path, bearer(forged))).toMatchObject({ status: 401, body: { error: 'bad_signature' } })
      expect(await ask(path, {})).toMatchObject({ status: 401, body: { error: 'no_token' } })
      expect(await ask(path, bearer(await signed('RS256', { scope: 'x' })))).toMatchObject({ status: 403 })
      expect(await ask(path, bearer(await signed('RS256', { [PLAN]: 'x' })))).toMatchObject({
        status: 401,
        body: { error: 'contract_violation' },
      })
      expect(await ask(path, bearer(await signed('ES256')))).toMatchObject({
        body: { error: 'algorithm_not_allowed' },
      })
    },
  )

  test.each(ASYMMETRIC)('%s is taken when it is named', async (alg) => {
    expect(await ask('/every/read', bearer(await signed(alg)))).toMatchObject({ status: 200 })
  })

  test('a secret is taken when its algorithm is named', async () => {
    expect(await ask('/secret/read', bearer(await signed('HS512')))).toMatchObject({ status: 200 })
    expect(await ask('/secret/read', bearer(await signed('RS256')))).toMatchObject({ status: 401 })
  })

  test('a proof of possession is taken once, with its nonce', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
    const jwk = await exportJWK(publicKey)
    const token = await signed('RS256', { cnf: { jkt: await calculateJwkThumbprint(jwk) } })
    const ath = createHash('sha256').update(token).digest('base64url')
    const proof = (htu: string, nonce?: string) =>
      new SignJWT({
        htm: 'GET',
        htu,
        ath,
        jti: crypto.randomUUID(),
        ...(nonce === undefined ? {} : { nonce }),
      })
        .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
        .setIssuedAt()
        .sign(privateKey)
    const send = (path: string, dpop: string) => ask(path, { authorization: `DPoP ${token}`, dpop })
    const first = await send('/dpop/read', await proof(`${BASE}/dpop/read`))
    expect(first).toMatchObject({ status: 401, body: { error: 'use_dpop_nonce' } })
    const good = await proof(`${BASE}/dpop/read`, first.headers.get('dpop-nonce')!)
    expect(await send('/dpop/read', good)).toMatchObject({ status: 200 })
    expect(await send('/dpop/read', good)).toMatchObject({
      status: 401,
      body: { error: 'invalid_dpop_proof' },
    })
    for (const path of ['/own/read', '/own/hono']) {
      expect(await send(path, await proof(url + path))).toMatchObject({ status: 200 })
      expect(await send(path, await proof(`${url}/other`))).toMatchObject({ status: 401 })
    }
    expect(await ask('/own/read', bearer(token))).toMatchObject({ body: { error: 'sender_constrained' } })
  })

  test('a redirect to other keys is not followed', async () => {
    fetches = []
    const token = await signed('RS256', { iss: `${issuer}moved/` })
    expect(await ask('/moved/read', bearer(token))).toMatchObject({
      status: 503,
      body: { error: 'keys_unavailable' },
    })
    expect(fetches).toEqual(['/moved/.well-known/jwks.json'])
    expect(await ask('/moved/why', bearer(token))).toMatchObject({
      body: { code: 'keys_unavailable', cause: expect.stringContaining('redirect') },
    })
  })

  test('requests that wait for one fetch do not hang when the one that has begun it is gone', async () => {
    const token = await signed('RS256', { iss: `${issuer}late/` })
    const gone = new AbortController()
    const first = fetch(`${url}/late/read`, { headers: bearer(token), signal: gone.signal }).catch(
      () => undefined,
    )
    await new Promise((resolve) => setTimeout(resolve, 50))
    const others = Promise.all(Array.from({ length: 5 }, () => ask('/late/read', bearer(token))))
    await new Promise((resolve) => setTimeout(resolve, 50))
    gone.abort()
    await first
    for (const { status } of await others) expect([200, 503]).toContain(status)
    await new Promise((resolve) => setTimeout(resolve, 600))
    const together = await Promise.all(Array.from({ length: 5 }, () => ask('/late/read', bearer(token))))
    expect(together.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
  })

  test('an outage is answered with 503, and ends with the outage', async () => {
    const token = await signed('RS256', { iss: `${issuer}down/` })
    isDown = true
    const { status, headers } = await ask('/down/read', bearer(token))
    expect([status, headers.get('retry-after')]).toEqual([503, '1'])
    isDown = false
    await new Promise((resolve) => setTimeout(resolve, 120))
    expect(await ask('/down/read', bearer(token))).toMatchObject({ status: 200 })
    const slow = await signed('RS256', { iss: `${issuer}slow/` })
    expect(await ask('/slow/read', bearer(slow))).toMatchObject({ status: 503 })
  })
})
