import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { readConfiguration } from '../check/configuration.ts'
import {
  type Credentials,
  type Markers,
  markerNames,
  markersOf,
  markerValues,
  missingKeywords,
  secretsOfTenant,
  type TenantAccess,
} from '../deploy/index.ts'
import { ToolkitError } from '../errors.ts'
import { startTenant } from '../tenant/index.ts'
import { IMPORTED_TYPES } from '../tenant/management/index.ts'
import type { Workspace } from '../workspace/index.ts'
import { named as textOf } from './api-contract.ts'
import type { OptionValues, Terminal } from './command.ts'
import { deployCliSettings } from './deploy-cli-settings.ts'
import { envFile } from './env-files.ts'
import type { FlagTable } from './flags.ts'
import { localHost, trustedCertificate } from './local-address.ts'
import { tenantDomain } from './tenant-choice.ts'

/** A tenant to read or write, and what the markers of tenant.yaml become there. */
export interface DeployTarget {
  access: TenantAccess
  keywords: Readonly<Record<string, string>>
  /** What the deploy CLI is told to leave out. */
  config: Readonly<Record<string, unknown>>
  /** The same as what is sent and what is shown. */
  markers: Markers
  /** A tenant that exists only for this command. */
  rehearsal: boolean
  stop(): Promise<void>
}

/** The flags that name a tenant. */
export const TARGET_FLAGS = {
  tenant: {
    value: '<local|real|domain>',
    default: 'local',
    help: 'local (the default), real, or the domain of the real tenant: then AUTH0_DOMAIN must agree; a .env is read as well',
  },
  env: {
    value: '<name>',
    help: 'the real tenant of .env.<name>; domain, credentials and values of markers come from there',
  },
  url: {
    value: '<url>',
    help: 'a local tenant that is running, e.g. https://localhost:4430; left out, one is started for this run',
  },
  certificate: { value: '<file>', with: 'url', help: 'PEM of the certificate of --url' },
} as const satisfies FlagTable

/**
 * The tenant that flags and environment mean, with the values of the workspace's markers there; without a flag a
 * local one that is started for this run. Only --tenant and --env lead to a real one; a variable alone never does.
 * `codes`: the code of Actions, for the markers that stand in it.
 *
 * @throws {ToolkitError} `ERR_USAGE` for flags that contradict each other or lack something, `ERR_INPUT` for a file.
 */
export async function deployTarget(
  terminal: Terminal,
  values: OptionValues,
  workspace: Workspace,
  codes: readonly string[] = [],
): Promise<DeployTarget> {
  const named = await namedTenant(terminal, values, workspace.root)
  const local = named?.access.local !== false
  const settings = await deployCliSettings(workspace.root, settingsOf(terminal, named), { local })
  const targetOf = (reached: TenantAccess, given: DeployTarget['keywords']) => {
    const keywords = { ...settings.keywords, ...given }
    const access = { ...reached, secrets: secretsOfTenant(workspace.tenant) }
    const { domain, credentials } = access
    const secrets = ['accessToken' in credentials ? credentials.accessToken : credentials.clientSecret]
    const markers = markersOf(workspace, keywords, { plain: [domain], secrets })
    const config = { ...settings.config, ...settings.members }
    return { access, keywords, config, markers, rehearsal: false, stop: async () => {} }
  }
  if (named?.access.local === false) {
    const { markers: declared } = await readConfiguration(workspace.root)
    const names = markerNames(workspace, [...codes, ...(await textsOfFiles(workspace))])
    return targetOf(named.access, markerValues({ names, declared, ...named }))
  }
  const { keywords } = workspace
  if (named !== undefined) return targetOf(named.access, keywords)
  const tenant = await startTenant(workspace.local === undefined ? {} : { local: workspace.local })
  const { url, certificate, client } = await tenant.management()
  const access: TenantAccess = {
    domain: new URL(url).host,
    credentials: { clientId: client.client_id, clientSecret: client.client_secret },
    certificate,
    local: true,
  }
  const standIns = standInsOf(workspace, { ...settings.keywords, ...keywords })
  const names = Object.keys(standIns)
  if (names.length > 0)
    terminal.err(
      `note: no value here for ${names.join(', ')}: no login needs one, and it is tried with a text in its place`,
    )
  return { ...targetOf(access, { ...standIns, ...keywords }), rehearsal: true, stop: () => tenant.stop() }
}

/**
 * Values for the markers of a rehearsal that have none, and stand only in what the local tenant keeps and does not act
 * on: an export has some for each service that may be switched on.
 */
function standInsOf(
  { tenant, positionOf }: Workspace,
  keywords: DeployTarget['keywords'],
): Record<string, string> {
  const acted = new Set<string>(IMPORTED_TYPES)
  const missingIn = (isActed: boolean) => {
    const part = Object.entries(tenant).filter(([type]) => acted.has(type) === isActed)
    return missingKeywords({ tenant: Object.fromEntries(part), positionOf }, keywords).map(({ name }) => name)
  }
  const needed = new Set(missingIn(true))
  return Object.fromEntries(missingIn(false).flatMap((name) => (needed.has(name) ? [] : [[name, name]])))
}

/** What stands in the files that tenant.yaml names: pages, templates, scripts, modules. */
async function textsOfFiles({ namedFiles }: Workspace): Promise<string[]> {
  return Promise.all(namedFiles.map(({ file }) => readFile(file, 'utf8').catch(() => '')))
}

/**
 * As {@link deployTarget}, for a tenant that must exist already and is only read. The folder may have no workspace yet.
 */
export async function tenantToRead(
  terminal: Terminal,
  values: OptionValues,
  workspace?: Workspace,
): Promise<Pick<DeployTarget, 'access' | 'keywords' | 'config' | 'markers'>> {
  const named = await namedTenant(terminal, values, terminal.cwd)
  if (named === undefined) {
    throw new ToolkitError('ERR_USAGE', 'no tenant is named', {
      hint: 'Name one with --tenant <domain>, --env <name> or --url <url>.',
    })
  }
  const access = { ...named.access, secrets: secretsOfTenant(workspace?.tenant ?? {}) }
  const { local } = access
  const settings = await deployCliSettings(terminal.cwd, settingsOf(terminal, named), { reads: true, local })
  const keywords = { ...settings.keywords, ...(await markersToRead(named, workspace)) }
  const { domain, credentials } = access
  const secrets = ['accessToken' in credentials ? credentials.accessToken : credentials.clientSecret]
  return {
    access,
    keywords,
    config: { ...settings.config, ...settings.members },
    markers: markersOf(workspace, keywords, { plain: [domain], secrets }),
  }
}

/** Variables that may be settings, those of the process too: what it leaves out is not deployed because a file names the tenant. */
function settingsOf({ env }: Terminal, named: Environments | undefined): Environment {
  return named?.fileFirst === true ? { ...env, ...named.file } : { ...named?.file, ...env }
}

async function markersToRead(
  named: { access: TenantAccess } & Environments,
  workspace: Workspace | undefined,
): Promise<Readonly<Record<string, string>>> {
  if (workspace === undefined) return {}
  if (named.access.local) return workspace.keywords
  const { markers: declared } = await readConfiguration(workspace.root)
  // Those of the files as well: pages, scripts and sources of Actions.
  const files = [
    ...workspace.namedFiles.map(({ file }) => file),
    ...workspace.actions.map((one) => one.sourceFile),
  ]
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')))
  return markerValues({ names: markerNames(workspace, texts), declared, ...named })
}

type Environment = Readonly<Record<string, string | undefined>>

/** Variables of the process and of the file of the tenant, and both together. */
interface Environments {
  env: Environment
  environment: Environment
  file?: Environment | undefined
  fileFirst: boolean
}

/** Whether flags name a tenant, and none is started for this run. */
export function namesTenant(values: OptionValues): boolean {
  return (
    textOf(values, 'env') !== undefined ||
    textOf(values, 'url') !== undefined ||
    (textOf(values, 'tenant') ?? 'local') !== 'local'
  )
}

async function namedTenant(
  terminal: Terminal,
  values: OptionValues,
  folder: string,
): Promise<({ access: TenantAccess } & Environments) | undefined> {
  const [name, url] = [textOf(values, 'env'), textOf(values, 'url')]
  const flag = textOf(values, 'tenant') ?? 'local'
  if (url !== undefined && (name !== undefined || flag !== 'local')) {
    throw new ToolkitError('ERR_USAGE', '--env and --tenant name a real tenant, and --url a local one', {
      hint: 'Use one of them.',
    })
  }
  const environments = await environment(terminal, folder, name, name !== undefined || flag !== 'local')
  const { env } = environments
  const domain = tenantDomain(name !== undefined && flag === 'local' ? 'real' : flag, env['AUTH0_DOMAIN'])
  if (domain !== undefined) {
    return {
      access: { domain, credentials: ownCredentials(domain, environments), local: false },
      ...environments,
    }
  }
  if (url === undefined) return undefined
  const host = localHost(url)
  const file = textOf(values, 'certificate')
  const certificate =
    file === undefined
      ? undefined
      : trustedCertificate(await readText(resolve(terminal.cwd, file), file), file)
  const access = {
    domain: host,
    credentials: credentialsOf(env),
    local: true,
    ...(certificate === undefined ? {} : { certificate }),
  }
  return { access, ...environments }
}

/** Credentials of one place, never put together from two, and not for another domain than stands beside them. */
function ownCredentials(domain: string, { environment, file = {}, fileFirst }: Environments): Credentials {
  const places = fileFirst ? [file, environment] : [environment, file]
  const complete = places.filter((place) => isComplete(place))
  // A token that was left in the environment is not for the tenant that a .env names with credentials of its own.
  const chosen = complete.find((place) => place['AUTH0_DOMAIN']) ?? complete[0] ?? places[0]!
  const beside = chosen['AUTH0_DOMAIN']
  if (beside && CREDENTIALS.some((name) => chosen[name]) && tenantDomain('real', beside) !== domain) {
    throw new ToolkitError(
      'ERR_USAGE',
      `the credentials are for "${beside}", and the tenant is "${domain}"`,
      {
        hint: `Keep the domain and its credentials together, ${fileFirst ? 'in the .env.<name>' : 'in the environment or in .env'}.`,
      },
    )
  }
  return credentialsOf(chosen)
}

const CREDENTIALS = ['AUTH0_ACCESS_TOKEN', 'AUTH0_CLIENT_ID', 'AUTH0_CLIENT_SECRET'] as const

function isComplete(env: Environment): boolean {
  return Boolean(env['AUTH0_ACCESS_TOKEN'] || (env['AUTH0_CLIENT_ID'] && env['AUTH0_CLIENT_SECRET']))
}

function credentialsOf(env: Environment): Credentials {
  const {
    AUTH0_ACCESS_TOKEN: accessToken,
    AUTH0_CLIENT_ID: clientId,
    AUTH0_CLIENT_SECRET: clientSecret,
  } = env
  // Not the token first: it ends in a day, and one beside the others was left behind.
  if (clientId && clientSecret) return { clientId, clientSecret }
  if (accessToken) return { accessToken }
  throw new ToolkitError('ERR_USAGE', 'there are no credentials for the tenant', {
    hint: 'Set AUTH0_CLIENT_ID and AUTH0_CLIENT_SECRET, or AUTH0_ACCESS_TOKEN.',
  })
}

/** For a real tenant: `.env.<name>` over the environment, and the environment over a `.env`. */
async function environment(
  terminal: Terminal,
  folder: string,
  name: string | undefined,
  real: boolean,
): Promise<Environments> {
  const environment = terminal.env
  if (!real) return { env: environment, environment, fileFirst: false }
  if (name === undefined) {
    const values = await envFile(folder, '.env')
    return { env: { ...values, ...environment }, environment, file: values, fileFirst: false }
  }
  const file = `.env.${name}`
  const values = await envFile(folder, file)
  if (values !== undefined) {
    const {
      AUTH0_DOMAIN: domain,
      AUTH0_ACCESS_TOKEN: token,
      AUTH0_CLIENT_ID: id,
      AUTH0_CLIENT_SECRET: secret,
    } = values
    if (!domain || !(token || (id && secret))) {
      throw new ToolkitError(
        'ERR_USAGE',
        `"${file}" does not say which tenant it is, and with which credentials`,
        {
          hint: 'Set AUTH0_DOMAIN there, and AUTH0_CLIENT_ID with AUTH0_CLIENT_SECRET, or AUTH0_ACCESS_TOKEN. The environment is not asked for them.',
          file,
        },
      )
    }
    // A variable of another tenant must not get in between.
    const others = Object.entries(environment).filter(([variable]) => !variable.startsWith('AUTH0_'))
    return { env: { ...Object.fromEntries(others), ...values }, environment, file: values, fileFirst: true }
  }
  throw new ToolkitError('ERR_INPUT', `"${file}" cannot be read`, { hint: 'Check the name.' })
}

async function readText(path: string, shown: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw new ToolkitError('ERR_INPUT', `"${shown}" cannot be read`, { hint: 'Check the name.', cause })
  })
}
