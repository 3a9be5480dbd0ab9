import { spawn, spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Debian's packages of both names; the first that is there. */
const BINARY = ['valkey-server', 'redis-server'].find((name) => spawnSync(name, ['--version']).status === 0)

export interface RedisServer {
  url: string
  stop(): Promise<void>
}

const MISSING =
  'NO REDIS SERVER: the store for several instances is NOT TESTED. Install one: apt-get install redis-server (or valkey-server).'

/** Whether the tests that need a server are left out, which is said aloud. In CI they fail instead. */
export function withoutRedis(): boolean {
  if (BINARY !== undefined || process.env['CI'] !== undefined) return false
  console.error(MISSING)
  return true
}

/** A server of its own on a free port of loopback, without persistence. */
export async function startRedis(): Promise<RedisServer> {
  if (BINARY === undefined) throw new Error(MISSING)
  const folder = await mkdtemp(join(tmpdir(), 'redis-'))
  const port = await freePort()
  const child = spawn(
    BINARY,
    ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no', '--dir', folder],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  await new Promise<void>((resolve, reject) => {
    let log = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      log += text
      if (log.includes('Ready to accept connections')) resolve()
    })
    child.once('error', reject)
    child.once('close', (code) => reject(new Error(`${BINARY} ended with ${code}: ${log}`)))
  })
  return {
    url: `redis://127.0.0.1:${port}`,
    async stop() {
      child.kill()
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
