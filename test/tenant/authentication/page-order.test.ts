import { decodeJwt } from 'jose'
import { parse } from 'node-html-parser'
import { describe, expect, it } from 'vitest'
import type { Tenant } from '../../../lib/tenant/index.ts'
import { entityId } from '../../../lib/workspace/local-ids.ts'
import {
  ACME,
  ADA,
  acmeState,
  begin,
  CALLBACK,
  deployAction,
  GRACE,
  LOCAL,
  post,
  startAcme,
} from '../acme.ts'

/**
 * Who logs in, and for which organization, is settled before the Actions run. A page that is answered out of its
 * turn must not take what they decided over to somebody else.
 */

const OTHER = { ...ACME, id: entityId('org', 'other'), name: 'other', display_name: 'Other' }

/** Logins that stop at the consent page, after the Actions. */
function startAsking(code = ''): Promise<Tenant> {
  const state = acmeState()
  state.organizations.set(OTHER.id, structuredClone(OTHER))
  deployAction(state, 'marks', `exports.onExecutePostLogin = async (event, api) => {\n${code}\n}`)
  const local = structuredClone(LOCAL)
  local.organizations!.push({ name: 'other', members: [{ user: ADA.username }] })
  return startAcme({ state, local })
}

/** One login in one browser, step by step. */
async function browserAt(tenant: Tenant, parameters: Record<string, string>) {
  const { url, code_verifier } = begin(tenant, { parameters: { prompt: 'consent', ...parameters } })
  const cookies = new Map<string, string>()
  const keep = (response: Response) => {
    for (const text of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(text) ?? []
      cookies.set(name, value)
    }
    return response
  }
  const headers = () => ({ cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') })
  const start = keep(await fetch(url, { redirect: 'manual' }))
  const state = new URL(start.headers.get('location')!, tenant.url).searchParams.get('state')!
  const page = await fetch(`${tenant.url}/u/login?state=${state}`, { headers: headers() })
  const csrf = parse(await page.text())
    .querySelector('[name=csrf]')!
    .getAttribute('value')!
  return {
    code_verifier,
    send: async (path: string, fields: Record<string, string>) => {
      const body = new URLSearchParams({ state, csrf, ...fields })
      const address = `${tenant.url}/u/${path}`
      const response = keep(
        await fetch(address, { method: 'POST', body, headers: headers(), redirect: 'manual' }),
      )
      return { status: response.status, location: response.headers.get('location') ?? '' }
    },
  }
}

describe('a page that is answered out of its turn', () => {
  it('does not take the Actions of one organization over to another', async () => {
    const tenant = await startAsking("if (event.organization?.name === 'other') api.access.deny('closed')")
    const { send } = await browserAt(tenant, { organization: ACME.id })
    expect((await send('login', ADA)).location).toContain('/u/consent')
    expect((await send('organization', { organizationName: 'other' })).status).toBe(400)
    const { location } = await send('consent', { action: 'accept' })
    expect(location.startsWith(`${CALLBACK}?code=`)).toBe(true)
  })

  it('does not take the claims of one user over to another', async () => {
    const tenant = await startAsking(
      "api.idToken.setCustomClaim('https://acme.example/of', event.user.email)",
    )
    const { send, code_verifier } = await browserAt(tenant, {})
    expect((await send('login', ADA)).location).toContain('/u/consent')
    expect((await send('login', GRACE)).status).toBe(400)
    expect((await send('signup', { email: 'new@acme.example', password: 'x' })).status).toBe(400)
    const { location } = await send('consent', { action: 'accept' })
    const { body } = await post(tenant, '/oauth/token', {
      grant_type: 'authorization_code',
      client_id: 'shop',
      code: new URL(location).searchParams.get('code')!,
      code_verifier,
      redirect_uri: CALLBACK,
    })
    expect(decodeJwt(String(body['id_token']))).toMatchObject({
      email: ADA.username,
      'https://acme.example/of': ADA.username,
    })
  })

  it.each(['mfa', 'consent', 'confirm', 'organization', 'form'])(
    'decides nothing: /u/%s before the login',
    async (page) => {
      const tenant = await startAsking("api.multifactor.enable('any')")
      const { send } = await browserAt(tenant, {})
      const early = await send(page, { action: 'accept', organizationName: 'acme', fields: '{}' })
      expect(early.status).toBe(400)
      expect((await send('login', ADA)).location).toContain('/u/mfa')
      expect((await send('mfa', { action: 'accept' })).location).toContain('/u/consent')
      expect((await send('consent', { action: 'accept' })).location).toContain('code=')
    },
  )

  it('gives one code for a form that comes several times at once', async () => {
    const tenant = await startAsking()
    for (const page of ['login', 'signup'] as const) {
      const { send } = await browserAt(tenant, { prompt: 'login' })
      const fields = page === 'login' ? ADA : { email: 'twice@acme.example', password: 'x' }
      const answers = await Promise.all([1, 2, 3, 4].map(() => send(page, fields)))
      expect(answers.filter(({ location }) => location.includes('code='))).toHaveLength(1)
      expect(answers.filter(({ status }) => status === 400)).toHaveLength(3)
    }
  })
})
