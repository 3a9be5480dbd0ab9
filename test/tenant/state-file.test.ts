import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CookieJar } from 'tough-cookie'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { refresh, userinfo, verifyIdToken } from '../../lib/oauth/index.ts'
import { callbackOf, startAcme, tokensOf } from './acme.ts'

let folder: string
let stateFile: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'claims-'))
  stateFile = join(folder, 'state.json')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('a state file', () => {
  it('keeps keys, sessions, refresh tokens and metadata over a restart', async () => {
    const first = await startAcme({ stateFile })
    const jar = new CookieJar(undefined, { allowSpecialUseDomain: true })
    const tokens = await tokensOf(first, { jar })
    const opaque = await tokensOf(first, { jar, parameters: { audience: undefined, scope: 'openid' } })
    const [ada] = first.state.users.values()
    ada!.user_metadata['seen'] = true
    await first.stop()

    const second = await startAcme({ stateFile, port: Number(new URL(first.url).port) })
    expect((await second.context.keys).current.kid).toBe((await first.context.keys).current.kid)
    await verifyIdToken(tokens.id_token, { issuer: second.issuer, client_id: 'shop' })
    const { callback } = await callbackOf(second, { jar, parameters: { prompt: 'none' } })
    expect(callback.searchParams.get('code')).toBeTruthy()
    await userinfo({ issuer: second.issuer, access_token: opaque.access_token })
    await refresh({ issuer: second.issuer, client_id: 'shop', refresh_token: tokens.refresh_token })
    expect(second.state.users.get(ada!.user_id)!.user_metadata).toEqual({ seen: true })
    expect(second.state.memberships).toHaveLength(1)
    await second.stop()
  })

  it('is for its owner only, and leaves nothing else behind', async () => {
    const tenant = await startAcme({ stateFile })
    await tenant.stop()
    expect((await stat(stateFile)).mode & 0o777).toBe(0o600)
    expect(await readdir(folder)).toEqual(['state.json'])
  })

  it.each([
    ['cut off', '{"version":1,"keys"'],
    ['empty', ''],
    ['of another version', '{"version":99}'],
    ['something else', '[]'],
  ])('that is %s is reported and not changed', async (_, text) => {
    await writeFile(stateFile, text)
    await expect(startAcme({ stateFile })).rejects.toMatchObject({ code: 'ERR_INPUT', file: stateFile })
    expect(await readFile(stateFile, 'utf8')).toBe(text)
  })

  it('that cannot be written is reported at the start', async () => {
    await expect(startAcme({ stateFile: join(folder, 'missing', 'state.json') })).rejects.toMatchObject({
      code: 'ERR_ENVIRONMENT',
    })
  })
})
