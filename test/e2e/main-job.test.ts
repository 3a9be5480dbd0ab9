import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { PICTURE, picture, withMainJob } from '../../scripts/docs/main-job.ts'
import { type Ended, runProgram } from '../helpers/program.ts'

const root = join(import.meta.dirname, '../..')

describe('npm start', () => {
  let job: Ended
  /** The lines of one step's block, by its title. */
  const block = (title: string) => {
    const lines = job.stdout.split('\n')
    const begin = lines.findIndex((line) => line.startsWith('✔') && line.endsWith(title))
    expect(begin, `no step "${title}" in:\n${job.stdout}\n${job.stderr}`).toBeGreaterThanOrEqual(0)
    const end = lines.findIndex((line, index) => index > begin && /^[✔✘]/.test(line))
    return lines.slice(begin, end === -1 ? undefined : end).join('\n')
  }

  beforeAll(async () => {
    // A stray variable must not turn the run into a real one: nothing listens at this domain.
    job = await runProgram('scripts/demo/main.ts', [], {
      env: {
        AUTH0_DOMAIN: 'stray.invalid',
        AUTH0_CLIENT_SECRET: 'stray',
        AUTH0_ACCESS_TOKEN: 'stray',
      },
    })
  })

  test('runs the main job on the local tenant and ends with 0', () => {
    expect(job.stderr).toBe('')
    expect(job.code).toBe(0)
    expect(job.stdout).not.toContain('✘')
    expect(job.stdout).not.toContain('stray')
  })

  test('1: bundles each Action into one small CommonJS file', () => {
    for (const name of ['enrich-claims', 'adjust-scopes']) {
      const [, bytes] = new RegExp(
        `${name} +actions/${name}.ts, (\\d+) bytes bundled, exports onExecutePostLogin`,
      ).exec(block('Build the Actions'))!
      expect(Number(bytes)).toBeLessThan(100_000)
    }
  })

  test('2: checks claim names and contracts', () => {
    expect(block('Check claim names and contracts')).toMatch(/0 errors/)
  })

  test('3: starts the local tenant on loopback with the users of tenant.local.yaml', () => {
    const text = block('Start the local tenant')
    expect(text).toMatch(/apps +http:\/\/localhost:\d+/)
    expect(text).toContain('ada@acme.example (orders-manager)')
    expect(text).toContain('acme: ada@acme.example (no role), grace@acme.example (orders-manager)')
  })

  test('4: deploys with the real CLI and reads back', () => {
    const text = block('Deploy with auth0-deploy-cli')
    expect(text).toMatch(/enrich-claims +version 1 deployed/)
    expect(text).toContain('enrich-claims → adjust-scopes')
    expect(text).toContain('equal to what was sent')
  })

  test('5 and 6: makes the code verifier, shortened, and its S256 challenge', () => {
    expect(block('Make the code verifier')).toMatch(/code_verifier +\S{8}… \(43 characters\)/)
    expect(block('Make the code challenge')).toMatch(/code_challenge +[\w-]{43}\n/)
  })

  test('7: authorizes with every parameter, through the real login page', () => {
    const text = block('Authorize')
    for (const parameter of [
      /response_type +code/,
      /code_challenge +[\w-]{43}/,
      /code_challenge_method +S256/,
      /client_id +\w{32}/,
      /redirect_uri +http:\/\/localhost:8400\/callback/,
      /scope +openid profile email offline_access read:orders/,
      /audience +https:\/\/orders\.acme\.example\//,
      /state +\S{16,}/,
      /nonce +\S{16,}/,
    ]) {
      expect(text).toMatch(parameter)
    }
    expect(text).toMatch(/POST \/u\/login +302/)
    expect(text).toContain('is the one that was sent')
  })

  test('8: gets tokens and verifies both', () => {
    const text = block('Request tokens')
    expect(text).toMatch(/id_token +signature, issuer, audience and nonce verified/)
    expect(text).toMatch(/access_token +signature, issuer and audience verified/)
    expect(text).toMatch(/scope .*export:orders/)
    expect(text).not.toContain('delete:orders')
  })

  test('9: shows each claim with the Action and line that set it', () => {
    const text = block('See what the Actions did')
    for (const claim of ['roles', 'plan', 'region', 'organization']) {
      for (const token of ['ID', 'access']) {
        expect(text).toMatch(
          new RegExp(`${token} +https://acme.example/${claim} .*actions/enrich-claims.ts:\\d+ +kept`),
        )
      }
    }
    expect(text).toContain('scope export:orders added')
  })

  test('10: the API answers 200, 401 and 403 with RFC 6750 challenges', () => {
    const text = block('Call the API')
    expect(text.match(/^ +(200|401|403)/gm)?.map((status) => status.trim())).toEqual([
      '200',
      '200',
      '401',
      '401',
      '403',
    ])
    expect(text).toContain('error="invalid_token"')
    expect(text).toContain('error="insufficient_scope"')
    expect(text).toContain('scope="delete:orders"')
  })

  test('11: refreshes with rotation and a reduced scope, and the old refresh token is refused', () => {
    const text = block('Refresh')
    expect(text).toMatch(/Actions +ran again/)
    expect(text).toMatch(/^ +scope +openid offline_access read:orders export:orders$/m)
    expect(text).toContain('refused: invalid_grant')
    expect(text).toMatch(/200 +GET +\/orders +with the new token/)
  })

  test('12: sums up', () => {
    expect(block('Summary')).toMatch(/\d s {2}in all/)
  })

  test.each(['docs/demo.md', 'docs/tutorial.md'])(
    '%s shows what is printed, but for random values',
    async (page) => {
      const text = await readFile(join(root, page), 'utf8')
      expect(withMainJob(text, job.stdout), 'run: npm run docs').toBe(text)
    },
  )

  test('the picture of the README is that of this output', async () => {
    expect(await readFile(join(root, PICTURE), 'utf8'), 'run: npm run docs').toBe(picture(job.stdout))
  })

  test('no token, code or password is printed whole', () => {
    expect(job.stdout).not.toMatch(/eyJ[\w-]{20}/)
    expect(job.stdout).not.toContain('local-ada')
  })
})
