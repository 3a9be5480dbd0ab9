import { request } from 'node:http'
import { describe, expect, it } from 'vitest'
import type { StartTenantOptions, Tenant } from '../../../lib/tenant/index.ts'
import { importTenantFile } from '../../../lib/tenant/management/index.ts'
import { ADA, acmeState, begin, GRACE, post, startAcme } from '../acme.ts'

/** One login page that takes as many answers as are sent. */
async function loginPage(tenant: Tenant, from = '127.0.0.1') {
  const ask = (
    path: string,
    init: { method?: string; headers?: Record<string, string>; body?: string } = {},
  ) =>
    new Promise<{ status: number; text: string; headers: Record<string, string | string[] | undefined> }>(
      (resolve, reject) => {
        const { port } = new URL(tenant.url)
        const { body, ...rest } = init
        const headers = { host: `localhost:${port}`, ...init.headers }
        request({ host: '127.0.0.1', port, path, localAddress: from, ...rest, headers }, (response) => {
          let text = ''
          response.on('data', (chunk) => {
            text += chunk
          })
          response.on('end', () => resolve({ status: response.statusCode!, text, headers: response.headers }))
        })
          .on('error', reject)
          .end(body)
      },
    )
  const { url } = begin(tenant)
  const start = await ask(url.pathname + url.search)
  const path = String(start.headers['location'])
  const cookie = String(start.headers['set-cookie']).split(';')[0]!
  const { text } = await ask(path, { headers: { cookie } })
  const csrf = /name="csrf" value="([^"]+)"/.exec(text)![1]!
  const state = new URL(path, tenant.url).searchParams.get('state')!
  return async (username: string, password: string) => {
    const body = String(new URLSearchParams({ state, csrf, username, password }))
    const headers = { cookie, 'content-type': 'application/x-www-form-urlencoded' }
    const { status, text: answer } = await ask(path, { method: 'POST', headers, body })
    const alert = /role="alert"[^>]*>([^<]*)/.exec(answer)?.[1]
    return { status, alert }
  }
}

const WRONG = { status: 400, alert: 'Wrong email or password' }
const BLOCKED = {
  status: 429,
  alert: expect.stringMatching(/blocked after multiple .* \(too_many_attempts\)/),
}
const GOOD = { status: 302, alert: undefined }

async function start(options: StartTenantOptions = {}) {
  const tenant = await startAcme(options)
  return { tenant, logIn: await loginPage(tenant) }
}

/** So many wrong passwords, one after the other; the answer to the last. */
async function guess(logIn: Awaited<ReturnType<typeof loginPage>>, name: string, times: number) {
  let last: unknown
  for (let n = 0; n < times; n++) last = await logIn(name, `guess ${n}`)
  return last
}

describe('ten wrong passwords in a row', () => {
  it('block the user: the right one is refused as well, however the user is named, and others are not', async () => {
    const { tenant, logIn } = await start()
    tenant.state.users.values().next().value!.username = 'ada'
    expect(await guess(logIn, ADA.username, 10)).toEqual(WRONG)
    expect(await logIn(ADA.username, ADA.password)).toEqual(BLOCKED)
    expect(await logIn(` ${ADA.username.toUpperCase()} `, ADA.password)).toEqual(BLOCKED)
    expect(await logIn('ada', ADA.password)).toEqual(BLOCKED)
    expect(tenant.log.map(({ type }) => type)).toEqual([
      ...Array(10).fill('fp'),
      ...Array(3).fill('limit_wc'),
    ])
    expect(JSON.stringify(tenant.log)).not.toMatch(/guess|local-ada/)
    expect(await logIn(GRACE.username, GRACE.password)).toEqual(GOOD)
  })

  it('block a name that nobody has in the same words, so that nobody learns who exists', async () => {
    const { logIn } = await start()
    expect(await guess(logIn, 'nobody@acme.example', 10)).toEqual(WRONG)
    expect(await logIn('NOBODY@acme.example', 'x')).toEqual(BLOCKED)
    expect(await logIn('else@acme.example', 'x')).toEqual(WRONG)
  })

  it('are counted anew after a right one', async () => {
    const { tenant, logIn } = await start()
    await guess(logIn, ADA.username, 9)
    expect(await logIn(ADA.username, ADA.password)).toEqual(GOOD)
    const again = await loginPage(tenant)
    expect(await guess(again, ADA.username, 10)).toEqual(WRONG)
    expect(await again(ADA.username, ADA.password)).toEqual(BLOCKED)
  })

  it('are ten too when they come at once', async () => {
    const { tenant, logIn } = await start()
    const answers = await Promise.all(Array.from({ length: 60 }, (_, n) => logIn(ADA.username, `guess ${n}`)))
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(10)
    expect(tenant.log.filter(({ type }) => type === 'fp')).toHaveLength(10)
  })

  it.runIf(process.platform === 'linux')(
    'are ten from whatever address of this machine they come',
    async () => {
      const { tenant, logIn } = await start()
      await guess(logIn, ADA.username, 9)
      expect(await guess(await loginPage(tenant, '127.0.0.77'), ADA.username, 1)).toEqual(WRONG)
      expect(await (await loginPage(tenant, '127.0.0.78'))(ADA.username, ADA.password)).toEqual(BLOCKED)
    },
  )

  it('block for thirty days after the last of them', async () => {
    let now = Date.now()
    const { tenant, logIn } = await start({ clock: () => new Date(now) })
    await guess(logIn, ADA.username, 10)
    const day = 24 * 60 * 60 * 1000
    now += 29 * day
    expect(await (await loginPage(tenant))(ADA.username, ADA.password)).toEqual(BLOCKED)
    now += day
    expect(await (await loginPage(tenant))(ADA.username, ADA.password)).toEqual(GOOD)
  })

  it.each<[title: string, options: StartTenantOptions['bruteForceProtection'], guesses: number]>([
    ['it is switched off', false, 30],
    ['it does not block', { shields: ['user_notification'] }, 30],
    ['the address is on the allowlist', { allowlist: ['127.0.0.1'] }, 30],
    ['the other name of the address is on the allowlist', { allowlist: ['::1'] }, 30],
    ['the range of the address is on the allowlist', { allowlist: ['10.0.0.0/8', '127.0.0.0/8'] }, 30],
    ['there may be more of them', { max_attempts: 12 }, 12],
  ])('block nobody where %s', async (_, bruteForceProtection, guesses) => {
    const { logIn } = await start({ bruteForceProtection: bruteForceProtection! })
    expect(await guess(logIn, ADA.username, guesses - 1)).toEqual(WRONG)
    expect(await logIn(ADA.username, ADA.password)).toEqual(GOOD)
  })

  it('are as many as the settings say, in either mode', async () => {
    for (const mode of ['count_per_identifier', 'count_per_identifier_and_ip'] as const) {
      const { logIn } = await start({
        bruteForceProtection: { max_attempts: 3, mode, allowlist: ['10.0.0.1'] },
      })
      expect(await guess(logIn, ADA.username, 3)).toEqual(WRONG)
      expect(await logIn(ADA.username, ADA.password)).toEqual(BLOCKED)
    }
  })
})

describe('brute-force protection', () => {
  async function managed() {
    const { tenant, logIn } = await start()
    const { client } = await tenant.management()
    const { body } = await post(tenant, '/oauth/token', {
      grant_type: 'client_credentials',
      audience: `${tenant.issuer}api/v2/`,
      client_id: client.client_id,
      client_secret: client.client_secret,
    })
    const call = async (method: string, path: string, sent?: unknown) => {
      const response = await fetch(`${tenant.url}/api/v2/${path}`, {
        method,
        headers: { authorization: `Bearer ${body['access_token']}` },
        ...(sent !== undefined && { body: JSON.stringify(sent) }),
      })
      const text = await response.text()
      return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
    }
    return { tenant, logIn, call }
  }

  it('is undone by the Management API, by name and by id', async () => {
    const { tenant, logIn, call } = await managed()
    const { user_id } = tenant.state.users.values().next().value!
    const byName = `user-blocks?identifier=${encodeURIComponent(ADA.username)}`
    const byId = `user-blocks/${encodeURIComponent(user_id)}`
    const nobody = { status: 200, body: { blocked_for: [] } }
    await guess(logIn, ADA.username, 9)
    expect(await call('GET', byName)).toEqual(nobody)
    await guess(logIn, ADA.username, 1)
    for (const path of [byName, byId]) {
      expect(await call('GET', path)).toEqual({
        status: 200,
        body: {
          blocked_for: [
            {
              identifier: ADA.username,
              ip: '127.0.0.1',
              connection: 'Username-Password-Authentication',
            },
          ],
        },
      })
      expect(await logIn(ADA.username, ADA.password)).toEqual(BLOCKED)
      expect(await call('DELETE', path)).toEqual({ status: 204, body: undefined })
      expect(await call('GET', path)).toEqual(nobody)
      await guess(logIn, ADA.username, 10)
    }
    await call('DELETE', byId)
    expect(await logIn(ADA.username, ADA.password)).toEqual(GOOD)
    expect((await call('GET', 'user-blocks')).status).toBe(400)
    expect((await call('GET', 'user-blocks/nobody')).status).toBe(404)
    expect(await call('GET', 'user-blocks?identifier=nobody')).toEqual(nobody)
  })

  it('is set by the Management API, which refuses what is no setting', async () => {
    const { logIn, call } = await managed()
    const path = 'attack-protection/brute-force-protection'
    const defaults = {
      enabled: true,
      shields: ['block', 'user_notification'],
      allowlist: [],
      mode: 'count_per_identifier_and_ip',
      max_attempts: 10,
    }
    expect(await call('GET', path)).toEqual({ status: 200, body: defaults })
    for (const wrong of [
      { max_attempts: 0 },
      { max_attempts: '10' },
      { allowlist: ['localhost'] },
      { allowlist: ['10.0.0.0/33'] },
      { mode: 'never' },
      { shields: 'block' },
      { enabled: 'no' },
      { other: 1 },
    ]) {
      expect([wrong, (await call('PATCH', path, wrong)).status]).toEqual([wrong, 400])
    }
    const changed = { ...defaults, max_attempts: 2 }
    expect(await call('PATCH', path, { max_attempts: 2 })).toEqual({ status: 200, body: changed })
    await guess(logIn, ADA.username, 2)
    expect(await logIn(ADA.username, ADA.password)).toEqual(BLOCKED)
    expect((await call('GET', 'attack-protection/captcha-of-nobody')).status).toBe(403)
  })

  it('is what tenant.yaml says, unless the start says otherwise', async () => {
    const state = acmeState()
    const file = {
      attackProtection: { bruteForceProtection: { max_attempts: 1, form_submission_mode: 'x' } },
    }
    await importTenantFile({ state, clock: () => new Date() }, file, { codeOf: () => '' })
    const { logIn } = await start({ state })
    expect(await guess(logIn, ADA.username, 1)).toEqual(WRONG)
    expect(await logIn(ADA.username, ADA.password)).toEqual(BLOCKED)
    const { logIn: open } = await start({ state, bruteForceProtection: false })
    await guess(open, ADA.username, 2)
    expect(await open(ADA.username, ADA.password)).toEqual(GOOD)
    await expect(start({ bruteForceProtection: { max_attempts: 0 } })).rejects.toMatchObject({
      code: 'ERR_USAGE',
    })
  })
})
