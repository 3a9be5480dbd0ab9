import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type Contract, readContracts } from '../contract/index.ts'
import { ToolkitError } from '../errors.ts'
import { readWorkspace } from '../workspace/index.ts'
import type { OptionValues, Terminal } from './command.ts'

/** What `claims tenant` issues as, on its usual port. */
export const LOCAL_ISSUER = 'http://localhost:4000/'

/** The API that `--audience` and `--contract` name, or the only one of the workspace. */
export async function apiContract(
  terminal: Terminal,
  values: OptionValues,
): Promise<{ audience: string; contract?: Contract }> {
  const contracts = await contractsOf(terminal, values)
  const forApis = contracts.filter(({ token }) => token === 'access_token')
  const audience = text(values['audience']) ?? (forApis.length === 1 ? forApis[0]!.audience : undefined)
  if (audience === undefined) {
    throw new ToolkitError('ERR_USAGE', 'the audience is not known', {
      hint: 'Name the identifier of the API with --audience.',
    })
  }
  const contract =
    text(values['contract']) === undefined ? forApis.find((one) => one.audience === audience) : contracts[0]
  return { audience, ...(contract === undefined ? {} : { contract }) }
}

async function contractsOf(terminal: Terminal, values: OptionValues): Promise<Contract[]> {
  const named = text(values['contract'])
  const read = (file: string) => readFile(file, 'utf8')
  if (named !== undefined) return readContracts([resolve(terminal.cwd, named)], read, { root: terminal.cwd })
  let workspace: Awaited<ReturnType<typeof readWorkspace>>
  try {
    workspace = await readWorkspace(terminal.cwd)
  } catch (error) {
    // An API's own folder has no tenant.yaml: then there is no contract unless one is named.
    if (error instanceof ToolkitError && /there is no tenant.yaml/.test(error.message)) return []
    throw error
  }
  return readContracts(workspace.contractFiles, read, { root: workspace.root })
}

/** The value of a flag that takes one. */
export function text(value: OptionValues[string]): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** The words of a flag that takes several, separated by blanks. */
export function words(value: OptionValues[string]): string[] {
  return text(value)?.split(' ').filter(Boolean) ?? []
}
