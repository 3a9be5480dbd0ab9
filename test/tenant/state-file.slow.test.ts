import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeJwt } from 'jose'
import { CookieJar } from 'tough-cookie'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { refresh, userinfo, verifyIdToken } from '../../lib/oauth/index.ts'
import type { Tenant } from '../../lib/tenant/index.ts'
import type { Content } from '../../lib/tenant/state-content.ts'
import { callbackOf, startAcme, tokensOf } from './acme.ts'

let folder: string
let stateFile: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'claims-'))
  stateFile = join(folder, 'state.json')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const BUSY = join(import.meta.dirname, '../fixtures/busy-tenant.ts')

const shopOf = ({ issuer }: Tenant) => ({ issuer, client_id: 'shop' })

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

  it('may hold more memberships than a function takes arguments', async () => {
    await (await startAcme({ stateFile })).stop()
    const content = JSON.parse(await readFile(stateFile, 'utf8')) as Content
    const [first] = content.memberships
    const memberships = Array.from({ length: 150_000 }, (_, at) => ({ ...first!, user_id: `auth0|${at}` }))
    await writeFile(stateFile, JSON.stringify({ ...content, memberships }))
    const { state, stop } = await startAcme({ stateFile })
    expect(state.memberships.length).toBeGreaterThanOrEqual(150_000)
    await stop()
  })

  it('of version 1, where the id in the tokens was the cookie, is taken over, and browsers log in again', async () => {
    const first = await startAcme({ stateFile })
    const jar = new CookieJar(undefined, { allowSpecialUseDomain: true })
    const { refresh_token, id_token } = await tokensOf(first, { jar })
    await first.stop()
    const content = JSON.parse(await readFile(stateFile, 'utf8')) as Content
    const { sid } = decodeJwt(id_token)
    const sessions = content.sessions.map(([{ cookie: _, ...session }, expires]) => [session, expires])
    await writeFile(stateFile, JSON.stringify({ ...content, version: 1, sessions }))

    const second = await startAcme({ stateFile, port: Number(new URL(first.url).port) })
    const silent = { jar, parameters: { prompt: 'none' } }
    await jar.setCookie(`auth0_${new URL(first.url).port}=${sid}; Path=/`, second.url)
    const { callback } = await callbackOf(second, silent)
    expect(callback.searchParams.get('error')).toBe('login_required')
    const renewed = await refresh({ ...shopOf(second), refresh_token })
    expect(decodeJwt(renewed.id_token!)['sid']).toBe(sid)
    await callbackOf(second, { jar })
    expect((await callbackOf(second, silent)).callback.searchParams.get('error')).toBeNull()
    await second.stop()
    expect(JSON.parse(await readFile(stateFile, 'utf8'))).toMatchObject({ version: 2 })
  })

  it('does not hold the cookie of a session', async () => {
    const tenant = await startAcme({ stateFile })
    const jar = new CookieJar(undefined, { allowSpecialUseDomain: true })
    await callbackOf(tenant, { jar })
    await tenant.stop()
    const [cookie] = await jar.getCookies(tenant.url)
    expect(cookie!.value).toHaveLength(43)
    expect(await readFile(stateFile, 'utf8')).not.toContain(cookie!.value)
  })

  it('is for its owner only, and leaves nothing else behind', async () => {
    const tenant = await startAcme({ stateFile })
    await tenant.stop()
    expect((await stat(stateFile)).mode & 0o777).toBe(0o600)
    expect(await readdir(folder)).toEqual(['state.json'])
  })

  it('keeps what was rotated: a used refresh token stays used, and its reuse ends the family', async () => {
    const first = await startAcme({ stateFile })
    const { refresh_token } = await tokensOf(first)
    const { refresh_token: newest } = await refresh({ ...shopOf(first), refresh_token })
    await first.stop()
    const second = await startAcme({ stateFile })
    const refused = { error: 'invalid_grant' }
    await expect(refresh({ ...shopOf(second), refresh_token })).rejects.toMatchObject(refused)
    await expect(refresh({ ...shopOf(second), refresh_token: newest! })).rejects.toMatchObject(refused)
    await second.stop()
    const third = await startAcme({ stateFile })
    await expect(refresh({ ...shopOf(third), refresh_token: newest! })).rejects.toMatchObject(refused)
    await third.stop()
  })

  it('that is older than the newest refresh token believes the token, and no older one after it', async () => {
    const first = await startAcme({ stateFile })
    const { refresh_token } = await tokensOf(first)
    await first.stop()
    const older = await readFile(stateFile)
    const second = await startAcme({ stateFile })
    const { refresh_token: newest } = await refresh({ ...shopOf(second), refresh_token })
    await second.stop()
    await writeFile(stateFile, older)

    const third = await startAcme({ stateFile })
    const { refresh_token: next } = await refresh({ ...shopOf(third), refresh_token: newest! })
    const refused = { error: 'invalid_grant' }
    for (const token of [refresh_token, newest!, next!]) {
      await expect(refresh({ ...shopOf(third), refresh_token: token })).rejects.toMatchObject(refused)
    }
    await third.stop()
  })

  it('is whole whenever its process is killed, and goes to the next one', async () => {
    for (const pause of [0, 40, 90, 170, 260]) {
      const child = spawn(process.execPath, ['--import', 'tsx', BUSY, stateFile], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      await once(child.stdout, 'data')
      await expect(startAcme({ stateFile })).rejects.toMatchObject({
        code: 'ERR_ENVIRONMENT',
        message: `"${stateFile}" is in use by another tenant (process ${child.pid})`,
      })
      await new Promise((resolve) => setTimeout(resolve, pause))
      child.kill('SIGKILL')
      await once(child, 'close')
      const tenant = await startAcme({ stateFile })
      expect(tenant.state.users.size).toBe(2)
      await tenant.stop()
      expect(await readdir(folder)).toEqual(['state.json'])
    }
  })

  it('has one tenant at a time in a process too, and is free when a start fails', async () => {
    const tenant = await startAcme({ stateFile })
    await expect(startAcme({ stateFile })).rejects.toMatchObject({ code: 'ERR_ENVIRONMENT' })
    await tenant.stop()
    const { port } = new URL((await startAcme()).url)
    await expect(startAcme({ stateFile, port: Number(port) })).rejects.toMatchObject({
      code: 'ERR_ENVIRONMENT',
    })
    await expect(startAcme({ stateFile, workspace: folder })).rejects.toMatchObject({ code: 'ERR_INPUT' })
    await (await startAcme({ stateFile })).stop()
  })

  it.each<[title: string, damage: (content: Content) => unknown, place: string]>([
    ['no list of users', (content) => ({ ...content, users: {} }), '"users" is not a list'],
    ['a user that is none', (content) => ({ ...content, users: [1] }), '"users[0]" is not a map'],
    [
      'a user without an address',
      (content) => ({ ...content, users: [{ ...content.users[0], email: 7 }] }),
      '"users[0].email" is not a text',
    ],
    [
      'metadata that is a list',
      (content) => ({ ...content, users: [{ ...content.users[0], app_metadata: [] }] }),
      '"users[0].app_metadata" is not a map',
    ],
    [
      'a session without an end',
      (content) => ({ ...content, sessions: [[content.sessions[0]![0]]] }),
      '"sessions[0][1]" is not a time',
    ],
    [
      'a refresh token of no generation',
      (content) => ({ ...content, refreshTokens: [{ ...content.refreshTokens[0], generation: -1 }] }),
      '"refreshTokens[0].generation" is not a count',
    ],
    [
      'a refresh token with a short key',
      (content) => ({ ...content, refreshTokens: [{ ...content.refreshTokens[0], key: 'short' }] }),
      '"refreshTokens[0].key" is not a key',
    ],
    ['a consent that is a map', (content) => ({ ...content, consents: [{}] }), '"consents[0]" is not a list'],
    ['no keys', (content) => ({ ...content, keys: null }), '"keys" is not a map'],
    ['a key that is none', (content) => ({ ...content, keys: { ...content.keys, next: 'x' } }), 'is damaged'],
    ['a short opaque key', (content) => ({ ...content, opaqueKey: 'AAAA' }), '"opaqueKey" is not a key'],
    [
      'its version as a text',
      (content) => ({ ...content, version: '1' }),
      '"version" is not 2 or an older version',
    ],
  ])('with %s is reported by its place, without a value, and not changed', async (_, damage, place) => {
    const tenant = await startAcme({ stateFile })
    await tokensOf(tenant)
    await tenant.stop()
    const content = JSON.parse(await readFile(stateFile, 'utf8')) as Content
    const text = JSON.stringify(damage(content))
    await writeFile(stateFile, text)
    const error = await startAcme({ stateFile }).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'ERR_INPUT', file: stateFile })
    const { message, cause } = error as Error
    expect(message).toContain(place)
    expect(`${message} ${String(cause)}`).not.toMatch(/BEGIN|ada@|scrypt/)
    expect(await readFile(stateFile, 'utf8')).toBe(text)
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
