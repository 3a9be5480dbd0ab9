import type { IncomingMessage } from 'node:http'
import axe from 'axe-core'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { Tenant } from '../../../lib/tenant/index.ts'
import { ACME, ADA, acmeState, begin, deployAction, type LoginOptions, startAcme } from '../../tenant/acme.ts'
import { serve, typePassword } from './app.ts'
import { findChromium, launchChromium } from './chromium.ts'

/** The tenant's own pages, as a person has them. */

const executable = findChromium()

describe.skipIf(executable === undefined)("the tenant's pages", () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium(executable!)
  })
  afterAll(() => browser.close())

  /** A tab at the first page of a login, and what arrives at the app's callback in the end. */
  async function startLogin(
    tenant: Tenant,
    parameters: LoginOptions['parameters'] = {},
    options: BrowserContextOptions = {},
  ) {
    let arrive: (values: Record<string, string>) => void
    const arrived = new Promise<Record<string, string>>((resolve) => {
      arrive = resolve
    })
    const port = await serve(async (request, response) => {
      const url = new URL(request.url!, 'http://app.invalid')
      if (url.pathname === '/callback') {
        const body = request.method === 'POST' ? await bodyOf(request) : url.search
        arrive({ method: request.method!, ...Object.fromEntries(new URLSearchParams(body)) })
      }
      response.end()
    })
    const redirect_uri = `http://localhost:${port}/callback`
    tenant.state.clients.get('shop')!.callbacks = [redirect_uri]
    const context = await browser.newContext(options)
    onTestFinished(() => context.close())
    const tab = await context.newPage()
    const complaints: string[] = []
    tab.on('console', (message) => {
      if (message.type() === 'error' && !/status of 400/.test(message.text())) complaints.push(message.text())
    })
    await tab.goto(begin(tenant, { redirect_uri, parameters }).url.href)
    return { tab, arrived, complaints }
  }

  async function bodyOf(request: IncomingMessage): Promise<string> {
    let text = ''
    for await (const chunk of request) text += chunk
    return text
  }

  /** By the rules of axe-core, run in the page. */
  async function expectAccessible(tab: Page): Promise<void> {
    await tab.evaluate(axe.source)
    const { violations } = (await tab.evaluate('axe.run()')) as axe.AxeResults
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([])
  }

  const WITH_CODE = { method: 'GET', code: expect.any(String), state: 'the state' }

  it('work without JavaScript and with the keyboard alone', async () => {
    const tenant = await startAcme()
    const { tab, arrived } = await startLogin(tenant, {}, { javaScriptEnabled: false })
    await tab.keyboard.type(ADA.username)
    await tab.keyboard.press('Tab')
    await tab.keyboard.type('a wrong password')
    await tab.keyboard.press('Enter')
    await tab.getByRole('alert').getByText('Wrong email or password').waitFor()
    expect(await tab.getByLabel('Email address or user name').inputValue()).toBe(ADA.username)
    expect(await tab.getByLabel('Password').inputValue()).toBe('')
    await tab.getByLabel('Password').focus()
    await tab.keyboard.type(ADA.password)
    await tab.keyboard.press('Enter')
    expect(await arrived).toMatchObject(WITH_CODE)
  })

  it('log in and sign up, with the way from one to the other', async () => {
    const tenant = await startAcme()
    const { tab, arrived, complaints } = await startLogin(tenant, { login_hint: ADA.username })
    await expectAccessible(tab)
    await tab.getByLabel('Password').fill('wrong')
    await tab.getByRole('button', { name: 'Continue' }).click()
    await tab.getByRole('alert').waitFor()
    await expectAccessible(tab)
    await tab.getByRole('link', { name: 'Sign up' }).click()
    await expectAccessible(tab)
    await tab.getByRole('link', { name: 'Log in' }).click()
    await typePassword(tab, ADA)
    expect(await arrived).toMatchObject(WITH_CODE)
    expect(complaints).toEqual([])
  })

  it('ask before a logout that any site may have asked for', async () => {
    const tenant = await startAcme()
    const { tab, arrived, complaints } = await startLogin(tenant)
    await typePassword(tab, ADA)
    await arrived
    await tab.waitForURL(/\/callback\?/)
    const ask = () => tab.goto(`${tenant.url}/oidc/logout`)
    await ask()
    await tab.getByText(ADA.username).waitFor()
    await expectAccessible(tab)
    await tab.getByRole('button', { name: 'Stay logged in' }).click()
    await tab.getByRole('heading', { name: 'You are still logged in' }).waitFor()
    await ask()
    await tab.getByRole('button', { name: 'Log out' }).click()
    await tab.getByRole('heading', { name: 'You are logged out' }).waitFor()
    await ask()
    await tab.getByRole('heading', { name: 'You are logged out' }).waitFor()
    expect(complaints).toEqual([])
  })

  it('post the answer to the app with response_mode=form_post', async () => {
    const tenant = await startAcme()
    const { tab, arrived, complaints } = await startLogin(tenant, { response_mode: 'form_post' })
    await typePassword(tab, ADA)
    expect(await arrived).toMatchObject({ ...WITH_CODE, method: 'POST' })
    expect(complaints).toEqual([])
  })

  it('ask for the organization, the consent and the second factor, one after the other', async () => {
    const state = acmeState()
    deployAction(
      state,
      'mfa',
      "exports.onExecutePostLogin = async (event, api) => { api.multifactor.enable('any') }",
    )
    const tenant = await startAcme({ state })
    Object.assign(state.clients.get('shop')!, {
      organization_usage: 'require',
      organization_require_behavior: 'pre_login_prompt',
    })
    state.resourceServers.get('orders')!.skip_consent_for_verifiable_first_party_clients = false
    // Scopes of an API with RBAC come from the roles of the member.
    state.memberships[0]!.roles = ['manager']
    const { tab, arrived, complaints } = await startLogin(tenant)
    await expectAccessible(tab)
    await tab.getByLabel('Organization name').fill('no such')
    await tab.getByRole('button', { name: 'Continue' }).click()
    await tab.getByRole('alert').waitFor()
    await expectAccessible(tab)
    await tab.getByLabel('Organization name').fill(ACME.name)
    await tab.getByRole('button', { name: 'Continue' }).click()
    await tab.getByText(ACME.display_name!).waitFor()
    await typePassword(tab, ADA)
    await tab.getByRole('heading', { name: 'Verify your identity' }).waitFor()
    await expectAccessible(tab)
    await tab.getByRole('button', { name: 'I have my second factor' }).click()
    await tab.getByRole('heading', { name: 'Authorize Acme Shop' }).waitFor()
    await expectAccessible(tab)
    expect(await tab.getByRole('listitem').allTextContents()).toContain('read:orders')
    await tab.getByRole('button', { name: 'Decline' }).click()
    expect(await arrived).toMatchObject({ error: 'access_denied', state: 'the state' })
    expect(complaints).toEqual([])
  })

  it('stand for the form of an Action', async () => {
    const state = acmeState()
    deployAction(
      state,
      'form',
      `exports.onExecutePostLogin = async (event, api) => {
        api.prompt.render('ap_profile', { fields: { company: '' } })
      }
      exports.onContinuePostLogin = async (event, api) => {
        if (event.prompt.fields.company === 'Evil Inc') api.access.deny('not them')
        api.user.setUserMetadata('company', event.prompt.fields.company)
      }`,
    )
    const tenant = await startAcme({ state })
    const { tab, arrived, complaints } = await startLogin(tenant)
    await typePassword(tab, ADA)
    const fields = tab.getByLabel('Fields, as a JSON object')
    await expectAccessible(tab)
    await fields.fill('Acme')
    await tab.getByRole('button', { name: 'Continue' }).click()
    await tab.getByRole('alert').waitFor()
    expect(await fields.inputValue()).toBe('Acme')
    await expectAccessible(tab)
    await fields.fill('{ "company": "Acme" }')
    await tab.getByRole('button', { name: 'Continue' }).click()
    expect(await arrived).toMatchObject(WITH_CODE)
    expect([...state.users.values()][0]!.user_metadata).toEqual({ company: 'Acme' })
    expect(complaints).toEqual([])
  })

  it('say what went wrong where nothing may be sent to an app', async () => {
    const tenant = await startAcme()
    const context = await browser.newContext()
    onTestFinished(() => context.close())
    const tab = await context.newPage()
    await tab.goto(begin(tenant, { redirect_uri: 'http://localhost:9/elsewhere' }).url.href)
    await tab.getByRole('alert').getByText('Callback URL mismatch').waitFor()
    await expectAccessible(tab)
    await tab.goto(`${tenant.url}/v2/logout`)
    await tab.getByRole('heading', { name: 'You are logged out' }).waitFor()
    await expectAccessible(tab)
  })

  it('show what apps, users and Actions call themselves as text, whatever it is', async () => {
    const HOSTILE = `<img src=x onerror=alert(1)>'"><script>alert(2)</script>\u2028&lt;${'`'}{{7*7}}</textarea></title>`
    const SHORT = '<img src=x onerror=alert(1)>'
    const state = acmeState()
    state.clients.get('shop')!.name = `shop ${HOSTILE}`
    state.organizations.get(ACME.id)!.display_name = `acme ${HOSTILE}`
    const api = state.resourceServers.get('orders')!
    api.name = `api ${HOSTILE}`
    api.scopes = api.scopes!.map(({ value }) => ({ value, description: `may ${value} ${HOSTILE}` }))
    api.skip_consent_for_verifiable_first_party_clients = false
    deployAction(
      state,
      'form',
      `exports.onExecutePostLogin = async (event, api) => {
        api.prompt.render(${JSON.stringify(SHORT)}, { fields: { text: ${JSON.stringify(`field ${HOSTILE}`)} } })
      }
      exports.onContinuePostLogin = async (event, api) => { api.access.deny('x', ${JSON.stringify(`no ${HOSTILE}`)}) }`,
    )
    const tenant = await startAcme({ state })
    const inOrganization = { organization: ACME.id, login_hint: `hint ${HOSTILE}`, state: HOSTILE }
    const { tab, arrived } = await startLogin(tenant, inOrganization)
    tab.setDefaultTimeout(10_000)
    const dialogs: string[] = []
    tab.on('dialog', (dialog) => {
      dialogs.push(dialog.message())
      void dialog.dismiss()
    })
    const text = async (...expected: string[]) => {
      const body = (await tab.locator('main').innerText()).replaceAll(/\s+/g, ' ')
      for (const one of expected) expect(body).toContain(`${one} ${HOSTILE}`.replaceAll(/\s+/g, ' '))
      expect(await tab.locator('img, script, iframe, object, embed, base, svg').count()).toBe(0)
      expect(await tab.locator('[onerror]').count()).toBe(0)
    }
    await text('shop', 'acme')
    expect(await tab.getByLabel('Email address or user name').inputValue()).toBe(
      `hint ${HOSTILE}`.replaceAll('\n', ''),
    )
    await tab.getByLabel('Email address or user name').fill(`me ${HOSTILE}`)
    await tab.getByLabel('Password').fill('wrong')
    await tab.getByRole('button', { name: 'Continue' }).click()
    await tab.getByRole('alert').waitFor()
    await text('shop')
    await typePassword(tab, ADA)
    await tab.getByLabel('Fields, as a JSON object').waitFor()
    await text()
    expect(await tab.getByRole('heading').innerText()).toBe(`Form ${SHORT}`)
    expect(JSON.parse(await tab.getByLabel('Fields, as a JSON object').inputValue())).toEqual({
      text: `field ${HOSTILE}`,
    })
    await tab.getByLabel('Fields, as a JSON object').fill(`</textarea>${HOSTILE}`)
    await tab.getByRole('button', { name: 'Continue' }).click()
    await tab.getByRole('alert').waitFor()
    await text()
    expect(await tab.getByRole('heading').innerText()).toBe(`Form ${SHORT}`)
    tenant.state.actions.clear()
    await tab.goto(begin(tenant, { redirect_uri: tenant.state.clients.get('shop')!.callbacks![0]! }).url.href)
    await tab.getByRole('heading', { name: 'Authorize shop' }).waitFor()
    await text('shop', 'api', 'may read:orders')
    await tab.goto(
      `${tenant.url}/authorize?response_type=code&client_id=${encodeURIComponent(`x ${HOSTILE}`)}`,
    )
    await text('Unknown client: x')
    const target = begin(tenant, { redirect_uri: `http://localhost:9/${HOSTILE}` }).url
    await tab.goto(target.href)
    await text()
    await tab.goto(
      `${tenant.url}/v2/logout?client_id=shop&returnTo=${encodeURIComponent(`http://x/ ${HOSTILE}`)}`,
    )
    await text('http://x/')
    expect(dialogs).toEqual([])
    void arrived
  })

  it('take no form of another page, whatever that page knows', async () => {
    const tenant = await startAcme()
    const { tab } = await startLogin(tenant, { screen_hint: 'signup' })
    await tab.getByLabel('Email address').waitFor()
    const hidden = (name: string) => tab.locator(`input[name=${name}]`).inputValue()
    const fields = {
      state: await hidden('state'),
      csrf: await hidden('csrf'),
      email: 'new@acme.example',
      password: 'a password of theirs',
    }
    const inputs = Object.entries(fields).map(([name, value]) => `<input name="${name}" value="${value}">`)
    const port = await serve((_, response) => {
      response.setHeader('content-type', 'text/html')
      response.end(
        `<!doctype html><form method="post" action="${tenant.url}/u/signup?state=${fields.state}">${inputs.join('')}
        <button>Go</button></form>`,
      )
    })
    const other = await tab.context().newPage()
    await other.goto(`http://localhost:${port}/`)
    await other.getByRole('button').click()
    await other.getByRole('alert').getByText('sent from another site').waitFor()
    expect(tenant.state.users.size).toBe(2)
  })

  it('cannot be put into a frame of another page', async () => {
    const tenant = await startAcme()
    const port = await serve((_, response) => {
      response.setHeader('content-type', 'text/html')
      response.end(
        `<!doctype html><iframe src="${begin(tenant).url.href.replaceAll('&', '&amp;')}"></iframe>`,
      )
    })
    const context = await browser.newContext()
    onTestFinished(() => context.close())
    const tab = await context.newPage()
    const refusal = tab.waitForEvent('console', (message) =>
      /frame-ancestors|X-Frame-Options/i.test(message.text()),
    )
    await tab.goto(`http://localhost:${port}/`)
    await refusal
    expect(tab.frames().some((frame) => frame.url().includes('/u/login'))).toBe(false)
  })
})
