import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { attackCommand } from '../../lib/cli/commands/attack.ts'
import { readContracts } from '../../lib/contract/index.ts'
import { createVerifier } from '../../lib/verify/node.ts'
import type { VerifierOptions } from '../../lib/verify/types.ts'
import { recordedTerminal } from '../helpers/terminal.ts'
import { APPS, type App, type Claims } from './apps.ts'

const CONTRACT = join(import.meta.dirname, '../../schemas/claims/orders.access-token.json')
const AUDIENCE = 'https://orders.acme.example/'
const contract = (await readContracts([CONTRACT], (file) => readFile(file, 'utf8')))[0]!

let folder: string
let apps: App[] = []
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attack-'))
})
afterEach(async () => {
  await Promise.all(apps.map((app) => app.stop()))
  apps = []
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port: free } = server.address() as { port: number }
      server.close(() => resolve(free))
    })
  })
}

describe('with a key of each algorithm', () => {
  async function served(changes: Partial<VerifierOptions>, values: Record<string, string | boolean>) {
    const issuer = `http://localhost:${await freePort()}/`
    const verifier = createVerifier<Claims>({ issuer, audience: AUDIENCE, contract, ...changes })
    const app = await APPS[0]![1](verifier)
    apps.push(app)
    const terminal = recordedTerminal({ cwd: folder })
    const flags = { contract: CONTRACT, scope: 'read:orders', issuer, ...values }
    const code = await attackCommand.run(terminal, flags, [`${app.url}/read`])
    return { code, stdout: terminal.stdout() }
  }

  test('an API that takes two, in both profiles, gets tokens of all, and takes the good ones', async () => {
    const { code, stdout } = await served(
      { algorithms: ['ES256', 'EdDSA'] },
      { algorithms: 'ES256 EdDSA', dialect: 'access_token rfc9068_profile' },
    )
    expect(stdout).toMatch(/\nrefused \d{4}, got in 0, failed 0; /)
    expect(stdout).toMatch(/\naccepted (\d+) of \1 other good ones\n$/)
    expect(code).toBe(0)
  })

  test.each(['RS384', 'PS512', 'ES384', 'ES512', 'Ed25519'] as const)(
    'an API that takes %s refuses the kit by this key',
    async (algorithm) => {
      const { code, stdout } = await served({ algorithms: [algorithm] }, { algorithms: algorithm })
      expect(stdout).toMatch(/\nrefused 2\d\d, got in 0, failed 0; /)
      expect(code).toBe(0)
    },
  )

  test('one that it does not mean to take is told when it gets in', async () => {
    const { code, stdout } = await served({ algorithms: ['RS256', 'ES256'] }, { algorithms: 'RS256' })
    expect(code).toBe(1)
    expect(stdout).toContain('GOT IN  must    algorithm  a good ES256 token (200), RFC 8725 section 3.1\n')
    expect(stdout).not.toContain('a good RS512 token')
  })

  test('a profile that it turns away is told', async () => {
    const { code, stdout } = await served(
      { dialect: 'access_token' },
      { dialect: 'access_token rfc9068_profile' },
    )
    expect(code).toBe(1)
    expect(stdout).toContain(
      "REFUSED should  good       a machine [RS256, rfc9068_profile] (401), Auth0's documentation of access tokens\n",
    )
    expect(stdout).not.toMatch(/REFUSED.*\[RS256, access_token\]/)
  })

  test.each(['allowed', 'required'] as const)(
    'bound tokens with proofs get in where they are %s',
    async (mode) => {
      const { code, stdout } = await served({ dpop: { mode } }, { dpop: mode })
      expect(stdout).toMatch(/\nrefused 2\d\d, got in 0, failed 0; /)
      expect(stdout).toMatch(/\naccepted (\d+) of \1 other good ones\n$/)
      expect(code).toBe(0)
    },
  )

  test('an API that takes no bound tokens is told of it', async () => {
    const { code, stdout } = await served({}, { dpop: 'allowed' })
    expect(code).toBe(1)
    expect(stdout).toContain(
      'REFUSED must    good       a bound token with a proof (401), RFC 9449 section 4.3\n',
    )
  })

  test('an API that follows the keys passes when they turn', async () => {
    const { code, stdout } = await served({}, { keys: true, json: true })
    const { results } = JSON.parse(stdout) as { results: { family: string; verdict: string }[] }
    expect(results.filter(({ family }) => family === 'keys').map(({ verdict }) => verdict)).toEqual([
      'accepted',
      'accepted',
      'accepted',
      'refused',
      'accepted',
    ])
    expect(code).toBe(0)
  })

  test('an API that never fetches keys again is told', async () => {
    const { code, stdout } = await served(
      { keys: { burst: 0, cooldownSeconds: 3600 } },
      { keys: true, patience: '1' },
    )
    expect(code).toBe(1)
    expect(stdout).toContain(
      'REFUSED should  keys       a token of a key that was published a moment ago (401)',
    )
  })
})
