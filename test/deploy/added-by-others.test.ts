import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  deployChanges,
  markersOf,
  newJournal,
  planDeploy,
  readJournals,
  rollBack,
} from '../../lib/deploy/index.ts'
import { stepsTogether } from '../../lib/deploy/undo-deploys.ts'
import { isMadeUp } from '../../lib/deploy/wire/overlay.ts'
import type { Upstream } from '../../lib/deploy/wire/reads.ts'
import { undoSteps } from '../../lib/deploy/wire/undo.ts'
import { upstreamOf } from '../../lib/deploy/wire/upstream.ts'
import { startTenant, type Tenant } from '../../lib/tenant/index.ts'
import { readWorkspace } from '../../lib/workspace/index.ts'
import { keptFolderWith } from '../helpers/folder.ts'
import { everything, type TestTenant, targetOf } from './setup.ts'

const MARKERS = markersOf(undefined, {})

const WORKSPACE = `
resourceServers: [{ name: Bills, identifier: https://bills.example/, scopes: [{ value: pay }, { value: refund }] }]
clients: [{ name: Shop, app_type: non_interactive, client_metadata: { a: '1' } }]
clientGrants: [{ client_id: Shop, audience: https://bills.example/, scope: [pay] }]
roles: [{ name: payer, permissions: [{ permission_name: pay, resource_server_identifier: https://bills.example/ }] }]
databases: [{ name: people, strategy: auth0, enabled_clients: [Shop], options: { passwordPolicy: good } }]
organizations: [{ name: acme, display_name: Acme, connections: [{ name: people, assign_membership_on_login: true }] }]
actions:
  - name: first
    code: ./dist/actions/first.js
    deployed: true
    supported_triggers: [{ id: post-login, version: v3 }]
    secrets: [{ name: KEY, value: secret-value }]
`

let tenant: Tenant
let made: Deployed
let atEnd: Tenant['state']

beforeAll(async () => {
  tenant = await startTenant()
  made = await deployed(await targetOf(tenant))
  atEnd = structuredClone(tenant.state)
  return async () => {
    await tenant.stop()
    await rm(made.root, { recursive: true })
  }
})

/** The tenant and the journals as they were after the deploy. */
async function anew(): Promise<Deployed> {
  Object.assign(tenant.state, structuredClone(atEnd))
  const folder = join(made.root, '.auth0-claims/deploys')
  for (const name of await readdir(folder)) if (name !== '1.journal') await rm(join(folder, name))
  return made
}

/** A tenant to which the workspace was deployed, and somebody else's way to it. */
async function deployed(target: TestTenant) {
  const root = await keptFolderWith({
    'tenant.yaml': WORKSPACE,
    'actions/first.js': 'exports.onExecutePostLogin = async () => {}\n',
  })
  const options = { ...target.access, workspace: await readWorkspace(root), keywords: {} }
  const atStart = everything(target)
  const { domain, before } = await planDeploy(options)
  const journal = newJournal(root, MARKERS, { domain, state: before })
  await deployChanges({ ...options, journal })
  const upstream = upstreamOf(target.access)
  const call = async (method: string, path: string, body?: unknown) => {
    const { status, json } = await upstream({ method, path, ...(body !== undefined && { body }) })
    if (status > 299) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(json)}`)
    return json as Record<string, unknown>
  }
  /** The id of what is called so. */
  const idOf = async (list: string, name: string): Promise<string> => {
    const json = await call('GET', list)
    const items = (Array.isArray(json) ? json : Object.values(json).find(Array.isArray)) as Named[]
    const { id, client_id } = items.find((item) => item.name === name)!
    return client_id ?? id
  }
  const rolledBack = (more: { to?: number; overwrite?: boolean } = {}) =>
    rollBack({ ...target.access, root, markers: MARKERS, ...more }, before)
  const journals = await readJournals(root, domain, MARKERS)
  return { target, root, atStart, call, idOf, steps: stepsTogether(journals), rolledBack }
}

interface Named {
  name: string
  id: string
  client_id?: string
}

type Deployed = Awaited<ReturnType<typeof deployed>>

const THEIRS: Readonly<Record<string, (deployed: Deployed) => Promise<unknown>>> = {
  'roles "payer" stays: somebody else has added to it: permissions': async ({ call, idOf }) =>
    call('POST', `/roles/${await idOf('/roles', 'payer')}/permissions`, {
      permissions: [{ permission_name: 'refund', resource_server_identifier: 'https://bills.example/' }],
    }),
  'organizations "acme" stays: somebody else has added to it: "metadata"': async ({ call, idOf }) =>
    call('PATCH', `/organizations/${await idOf('/organizations', 'acme')}`, { metadata: { theirs: 'x' } }),
  'organizations "acme" stays: somebody else has added to it: "branding"': async ({ call, idOf }) =>
    call('PATCH', `/organizations/${await idOf('/organizations', 'acme')}`, {
      branding: { logo_url: 'https://a.example/l.png' },
    }),
  'clients "Shop" stays: somebody else has added to it: "client_metadata"': async ({ call, idOf }) =>
    call('PATCH', `/clients/${await idOf('/clients', 'Shop')}`, { client_metadata: { theirs: 'x' } }),
  'clients "Shop" stays: somebody else has added to it: "callbacks"': async ({ call, idOf }) =>
    call('PATCH', `/clients/${await idOf('/clients', 'Shop')}`, { callbacks: ['https://a.example'] }),
  'databases "people" stays: somebody else has added to it: enabled_clients': async ({ call, idOf }) => {
    await call('POST', '/clients', { name: 'Theirs', app_type: 'spa' })
    return call('PATCH', `/connections/${await idOf('/connections', 'people')}/clients`, [
      { client_id: await idOf('/clients', 'Theirs'), status: true },
    ])
  },
  'resourceServers "https://bills.example/" stays: somebody else has added to it: clientGrants': async ({
    call,
    idOf,
  }) => {
    await call('POST', '/clients', { name: 'Theirs', app_type: 'non_interactive' })
    return call('POST', '/client-grants', {
      client_id: await idOf('/clients', 'Theirs'),
      audience: 'https://bills.example/',
      scope: [],
    })
  },
  '"first" stays: somebody else has added to it: "secrets"': async ({ call, idOf }) =>
    call('PATCH', `/actions/actions/${await idOf('/actions/actions', 'first')}`, {
      secrets: [{ name: 'KEY' }, { name: 'THEIRS', value: 'x' }],
    }),
  '"first" stays: somebody else has added to it: triggers "post-login"': async ({ call }) =>
    call('PATCH', '/actions/triggers/post-login/bindings', {
      bindings: [{ ref: { type: 'action_name', value: 'first' }, display_name: 'first' }],
    }),
}

describe('a rollback over what somebody else has added to', () => {
  it('deletes all that nobody has added to', async () => {
    const { target, atStart, rolledBack } = await anew()
    expect((await rolledBack()).left).toEqual([])
    expect(everything(target)).toBe(atStart)
  })

  it.each(Object.entries(THEIRS))('leaves it: %s', async (said, change) => {
    const { target, rolledBack } = await anew()
    await change(made)
    const name = said.match(/"([^"]+)" stays/)![1]!
    expect((await rolledBack()).left).toEqual([said])
    expect(everything(target)).toContain(name)
    // It is still there to be undone, and a person may say that it is to go all the same.
    expect((await rolledBack({ to: 0 })).left).toEqual([said])
    expect((await rolledBack({ to: 0, overwrite: true })).left).toEqual([])
    expect(everything(target)).not.toContain(name)
  })

  it.each<[string, number, object, string[]]>([
    ['somebody', 200, { users: [{ user_id: 'auth0|1' }] }, ['stays: somebody else has added to it: users']],
    ['nobody', 200, { users: [] }, []],
    [
      'people whom nobody lets us see',
      403,
      {},
      [
        'stays: it may have users, and only the scope read:users lets us see (--overwrite deletes it with them)',
      ],
    ],
  ])('leaves roles and connections that have users: %s', async (_, status, json, said) => {
    const { target, steps } = await anew()
    const upstream = upstreamOf(target.access)
    const asked: string[] = []
    const withUsers: Upstream = async (request) => {
      if (!request.path.includes('/users?')) return upstream(request)
      asked.push(decodeURIComponent(request.path))
      return { status, json }
    }
    const own = steps.filter(({ type }) => ['roles', 'databases'].includes(type))
    const options = { domain: target.access.domain, local: false, isNew: isMadeUp }
    const { left } = await undoSteps(withUsers, own, options)
    expect(left.sort()).toEqual(
      said.flatMap((text) => [`databases "people" ${text}`, `roles "payer" ${text}`]),
    )
    expect(asked.join()).toContain('q=identities.connection:"people"')
    expect(asked.join()).toMatch(/\/roles\/rol_\w+\/users/)
    // Of a deploy that has just failed they are somebody's only when they are seen.
    const failed = own.map(({ shown: _, ...step }) => step)
    expect((await undoSteps(withUsers, failed, options)).left).toHaveLength(
      status === 200 ? said.length * 2 : 0,
    )
  })
})
