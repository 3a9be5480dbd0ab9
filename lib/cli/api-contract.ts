import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type Contract, readContracts } from '../contract/index.ts'
import { ToolkitError } from '../errors.ts'
import { ALL_ALGORITHMS, isSymmetric } from '../verify/algorithms.ts'
import { addressOf, issuerOfDomain, mustBeScope } from '../verify/must-be.ts'
import type { VerifyAlgorithm } from '../verify/types.ts'
import { readWorkspace } from '../workspace/index.ts'
import type { OptionValues, Terminal } from './command.ts'
import { workspaceFolder } from './workspace-folder.ts'

/** What `claims tenant` issues as, on its usual port. */
export const LOCAL_ISSUER = 'http://localhost:4000/'

/** The API that `--audience` and `--contract` name, or the only one of the workspace. */
export async function apiContract(
  terminal: Terminal,
  values: OptionValues,
): Promise<{ audience: string; contract?: Contract }> {
  const contracts = await contractsOf(terminal, values)
  const forApis = contracts.filter(({ token }) => token === 'access_token')
  if (forApis.length === 0 && named(values, 'contract') !== undefined) {
    throw new ToolkitError('ERR_USAGE', '--contract names a contract for ID tokens', {
      hint: 'An API takes access tokens: name a contract whose "x-auth0" has "token": "access_token".',
    })
  }
  const audience = named(values, 'audience') ?? (forApis.length === 1 ? forApis[0]!.audience : undefined)
  if (audience === undefined) {
    throw new ToolkitError('ERR_USAGE', 'the audience is not known', {
      hint: 'Name the identifier of the API with --audience.',
    })
  }
  const contract =
    named(values, 'contract') === undefined ? forApis.find((one) => one.audience === audience) : contracts[0]
  return { audience, ...(contract === undefined ? {} : { contract }) }
}

async function contractsOf(terminal: Terminal, values: OptionValues): Promise<Contract[]> {
  const file = named(values, 'contract')
  const read = (path: string) => readFile(path, 'utf8')
  if (file !== undefined) return readContracts([resolve(terminal.cwd, file)], read, { root: terminal.cwd })
  let workspace: Awaited<ReturnType<typeof readWorkspace>>
  try {
    workspace = await readWorkspace(await workspaceFolder(terminal))
  } catch (error) {
    // An API's own folder has no tenant.yaml: then there is no contract unless one is named.
    if (error instanceof ToolkitError && /there is no tenant.yaml/.test(error.message)) return []
    throw error
  }
  return readContracts(workspace.contractFiles, read, { root: workspace.root })
}

/** The value of a flag that takes one. */
function text(value: OptionValues[string]): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** The words of a flag that takes several, separated by blanks: at least one when the flag is given. */
export function words(values: OptionValues, flag: string): string[] {
  return named(values, flag)?.split(' ').filter(Boolean) ?? []
}

/** The value of a flag that must not be empty: an unset variable of a shell gives an empty one. */
export function named(values: OptionValues, flag: string): string | undefined {
  const value = text(values[flag])
  if (value !== undefined && value.trim() === '') {
    throw new ToolkitError('ERR_USAGE', `--${flag} has no value`, {
      hint: `Name one, or leave --${flag} out.`,
    })
  }
  return value
}

/** The issuer of `--issuer`, or of the domain in `AUTH0_DOMAIN`, with its final slash. */
export function issuerOf(values: OptionValues, domain?: string): string {
  const given =
    named(values, 'issuer') ??
    (domain === undefined ? LOCAL_ISSUER : (issuerOfDomain(domain) ?? `https://${domain}/`))
  // People leave the slash out; the token's own issuer is still compared exactly.
  const issuer = given.endsWith('/') ? given : `${given}/`
  if (addressOf(issuer) === undefined || /[?]|:\/\/.*:\/\//.test(issuer)) {
    const what = text(values['issuer']) === undefined ? 'AUTH0_DOMAIN' : '--issuer'
    throw new ToolkitError('ERR_USAGE', `${what} must name an issuer: https, or http on this machine`, {
      hint:
        what === '--issuer'
          ? 'E.g. --issuer https://acme.eu.auth0.com/.'
          : 'AUTH0_DOMAIN is a host name, e.g. acme.eu.auth0.com, or what claims tenant prints, e.g. http://localhost:4000.',
    })
  }
  return issuer
}

/** The scopes of `--scope`. */
export function scopesOf(values: OptionValues): string[] {
  const scopes = words(values, 'scope')
  if (scopes.some((scope) => mustBeScope(scope) !== undefined)) {
    throw new ToolkitError('ERR_USAGE', '--scope takes scopes with blanks between them', {
      hint: 'E.g. --scope "read:orders write:orders".',
    })
  }
  return scopes
}

/** The algorithms of `--algorithms`; `undefined`: those that are taken by default. */
export function algorithmsOf(values: OptionValues): VerifyAlgorithm[] | undefined {
  const algorithms = text(values['algorithms'])?.split(' ').filter(Boolean)
  if (algorithms === undefined) return undefined
  const known: string[] = ALL_ALGORITHMS.filter((name) => !isSymmetric(name))
  if (algorithms.length === 0 || algorithms.some((name) => !known.includes(name))) {
    throw new ToolkitError('ERR_USAGE', '--algorithms takes names of algorithms with blanks between them', {
      hint: `They are ${known.join(', ')}.`,
    })
  }
  return algorithms as VerifyAlgorithm[]
}
