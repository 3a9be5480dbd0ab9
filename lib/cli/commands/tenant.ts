import { readFile, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { ToolkitError } from '../../errors.ts'
import { assertWritable, readIfThere } from '../../files/index.ts'
import { isPublic } from '../../policy/index.ts'
import { startTenant, type Tenant } from '../../tenant/index.ts'
import { postLogin } from '../../triggers/index.ts'
import { readWorkspace } from '../../workspace/index.ts'
import { defineCommand, type OptionValues, type Terminal } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { jsonDocument } from '../json-document.ts'
import { DEFAULT_PORT, portOf } from '../port.ts'
import { announceTenant } from '../running-tenant.ts'
import { keepFileFromGit, keepFromGit, writeSecretFile } from '../secret-files.ts'
import { tellValueless } from '../valueless-notes.ts'
import { workspaceFolder } from '../workspace-folder.ts'

/** `claims tenant`: the workspace's tenant on this machine, until Ctrl-C. */
export const tenantCommand = defineCommand({
  name: 'tenant',
  summary: 'Start the local tenant with the workspace in it',
  flags: {
    port: { value: '<n>', help: `port for apps; 0 for a free one (default ${DEFAULT_PORT})` },
    https: { help: 'serve apps over https, with a certificate made for this run' },
    state: {
      value: '<file>',
      help: 'keep keys, users, sessions and refresh tokens over restarts; holds secrets, so git must ignore it',
    },
    management: {
      value: '<folder>',
      help: 'while it runs, keep what claims deploy --url needs in this folder, which git must ignore: tenant.env (holds a secret), tenant.pem',
    },
    secrets: { help: 'print the secrets of applications that have one; they are good for this tenant only' },
    json: { help: 'print one JSON document when the tenant is ready' },
  },
  async run(terminal, values) {
    const { state } = values
    const secrets = values['secrets'] === true
    const folder = values['management']
    const stateFile = typeof state === 'string' ? resolve(terminal.cwd, state) : undefined
    const root = terminal.cwd
    if (stateFile !== undefined) await assertWritable(stateFile, { root })
    if (typeof folder === 'string') {
      await assertWritable(join(resolve(root, folder), 'any'), { root })
      await assertOurs(resolve(root, folder))
    }
    if (stateFile !== undefined) await keepFileFromGit(stateFile, ['.tmp', '.lock'])
    if (typeof folder === 'string') await keepFromGit(resolve(terminal.cwd, folder), HANDED_OUT)
    const workspace = await workspaceFolder(terminal)
    const tenant = await startTenant({
      workspace,
      port: portOf(values['port'], 'tenant'),
      https: values['https'] === true,
      ...(stateFile !== undefined && { stateFile }),
    })
    let withdraw = async () => {}
    // A certificate of this run is trusted by nobody who does not have it.
    const forget = tenant.url.startsWith('http:')
      ? await announceTenant(workspace, tenant.url)
      : async () => {}
    try {
      if (typeof folder === 'string') withdraw = await handOut(tenant, resolve(terminal.cwd, folder))
      const found = await facts(tenant, secrets)
      if (values['json'] === true) terminal.out(jsonDocument('tenant', found))
      else {
        tellValueless(terminal, await readWorkspace(workspace))
        introduce(terminal, tenant, found, { secrets, kept: state !== undefined, folder })
      }
      await Promise.race([terminal.stopped, terminal.outputClosed ?? new Promise<never>(() => {})])
    } finally {
      await forget()
      await withdraw()
      await tenant.stop()
    }
    return EXIT.clean
  },
})

/** What {@link handOut} writes. */
const HANDED_OUT = ['tenant.env', 'tenant.pem']

/**
 * Writes certificate and credentials of the Management API, readable by the user only; returns a function that removes
 * them.
 */
async function handOut(tenant: Tenant, folder: string): Promise<() => Promise<void>> {
  const { certificate, client } = await tenant.management()
  const { client_id, client_secret } = client
  const files = {
    'tenant.env': `AUTH0_CLIENT_ID=${client_id}\nAUTH0_CLIENT_SECRET=${client_secret}\n`,
    'tenant.pem': certificate,
  }
  try {
    for (const [name, text] of Object.entries(files)) await writeSecretFile(join(folder, name), text)
  } catch (cause) {
    throw new ToolkitError('ERR_ENVIRONMENT', `"${folder}" cannot be written to`, {
      hint: 'Name a folder for --management that exists or can be made.',
      file: folder,
      cause,
    })
  }
  return async () => {
    for (const [name, text] of Object.entries(files)) {
      const path = join(folder, name)
      // Another tenant, or somebody, may have written it since.
      if ((await readFile(path, 'utf8').catch(() => undefined)) === text) await rm(path, { force: true })
    }
  }
}

/** What a tenant that was killed has left behind may be replaced; a file of another kind is somebody's. */
async function assertOurs(folder: string): Promise<void> {
  const [env, pem] = await Promise.all(HANDED_OUT.map((name) => readIfThere(join(folder, name))))
  const ours = env === undefined || /^AUTH0_CLIENT_ID=\S*\nAUTH0_CLIENT_SECRET=\S*\n$/.test(env)
  if (ours && (env !== undefined || pem === undefined)) return
  throw new ToolkitError(
    'ERR_INPUT',
    `"${folder}" has a ${ours ? HANDED_OUT[1] : HANDED_OUT[0]} of somebody else`,
    {
      hint: 'Name another folder for --management; the files there would be replaced, and removed at the end.',
      file: folder,
    },
  )
}

async function facts(tenant: Tenant, secrets: boolean) {
  return {
    url: tenant.url,
    issuer: tenant.issuer,
    managementUrl: (await tenant.management()).url,
    clients: appsOf(tenant).map((client) => {
      const { name, client_id, callbacks = [], client_secret } = client
      return { name, client_id, callbacks, ...(secrets && !isPublic(client) && { client_secret }) }
    }),
    apis: [...tenant.state.resourceServers.values()].map(({ name, identifier }) => ({ name, identifier })),
    users: [...tenant.state.users.values()].map(({ user_id, email, roles }) => ({ user_id, email, roles })),
    actions: boundNames(tenant),
  }
}

function introduce(
  terminal: Terminal,
  tenant: Tenant,
  { managementUrl, clients, apis, users, actions }: Awaited<ReturnType<typeof facts>>,
  { secrets, kept, folder }: { secrets: boolean; kept: boolean; folder: OptionValues[string] },
): void {
  const audience = apis[0]?.identifier
  const lines = [
    `Tenant     ${tenant.url}`,
    `Issuer     ${tenant.issuer}`,
    `JWKS       ${tenant.issuer}.well-known/jwks.json`,
    `Management ${managementUrl}/api/v2/`,
    '',
    'Applications',
    ...clients.flatMap(({ name, client_id, callbacks, client_secret }) => [
      `  ${name}  ${client_id}  ${callbacks.join(' ')}`.trimEnd(),
      ...(client_secret === undefined ? [] : [`    AUTH0_CLIENT_SECRET=${client_secret}`]),
    ]),
    ...(secrets || appsOf(tenant).every(isPublic)
      ? []
      : ['  (with --secrets: the secrets of those that have one)']),
    'APIs',
    ...apis.map(({ name, identifier }) => `  ${name}  ${identifier}`),
    'Users (passwords stand in tenant.local.yaml)',
    ...users.map(({ email, user_id, roles }) => `  ${email}  ${user_id}  ${roles.join(', ') || 'no roles'}`),
    `Actions at login: ${actions.join(', ') || 'none'}`,
    '',
    'In an app:',
    `  AUTH0_DOMAIN=${tenant.url}`,
    ...(clients[0] === undefined ? [] : [`  AUTH0_CLIENT_ID=${clients[0].client_id}`]),
    ...(audience === undefined ? [] : [`  AUTH0_AUDIENCE=${audience}`]),
    ...(tenant.url.startsWith('https:') ? [`  NODE_EXTRA_CA_CERTS=${certificateFile(folder)}`] : []),
  ]
  for (const line of lines) terminal.out(line)
  for (const warning of crossSiteWarnings(tenant)) terminal.err(`warning ${warning}`)
  terminal.err(`Ready. Ctrl-C stops it; ${kept ? 'the state is kept' : 'everything is in memory'}.`)
}

function certificateFile(folder: OptionValues[string]): string {
  return typeof folder === 'string'
    ? join(folder, 'tenant.pem')
    : '<file>, which --management <folder> writes'
}

/** Where a browser will not send the session cookie into a frame, and "Login required" tells nobody why. */
function crossSiteWarnings(tenant: Tenant): string[] {
  const { protocol, hostname } = new URL(tenant.url)
  const warnings: string[] = []
  for (const { name, callbacks = [], app_type } of appsOf(tenant)) {
    if (app_type !== 'spa') continue
    const foreign = callbacks.find((callback) => {
      if (!/^https?:\/\/[^*{]+$/.test(callback)) return false
      const url = new URL(callback)
      return url.hostname !== hostname || url.protocol !== protocol
    })
    if (foreign === undefined) continue
    warnings.push(
      `"${name}" answers at ${new URL(foreign).origin}, another site than ${tenant.url}: silent login in a frame will fail there.`,
    )
  }
  return warnings
}

function appsOf({ state }: Tenant) {
  return [...state.clients.values()].filter(({ is_global }) => is_global !== true)
}

function boundNames({ state }: Tenant): string[] {
  return (state.bindings.get(postLogin.id) ?? []).map(({ display_name }) => display_name)
}
