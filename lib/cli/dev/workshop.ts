import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BuiltAction } from '../../bundle/index.ts'
import { typesOf } from '../../contract/index.ts'
import { ToolkitError } from '../../errors.ts'
import { readIfThere, writeWhole } from '../../files/index.ts'
import type { Finding } from '../../finding.ts'
import type { Runtime } from '../../runtime/types.ts'
import { type LoginOptions, loginFor, simulateLogin } from '../../simulator/index.ts'
import type { Tenant } from '../../tenant/index.ts'
import { importLocalFile } from '../../tenant/users.ts'
import { contentOf } from '../../tenant/workspace-content.ts'
import type { Workspace } from '../../workspace/index.ts'
import { actionsBoundTo, boundActions } from '../bound-actions.ts'
import { checkedWorkspace } from '../checked-workspace.ts'
import { contractsOf, contractVerdicts } from '../contract-verdicts.ts'
import { watchedFiles } from '../save-watch.ts'
import type { Shown } from '../simulation-output.ts'
import { workspaceRuntime } from '../workspace-runtime.ts'

/** What a workspace is good for, as it is saved. */
export interface Made {
  workspace: Workspace
  built: readonly BuiltAction[]
  findings: readonly Finding[]
}

/** Reads, builds and checks. @throws {ToolkitError} for what cannot be run: then nothing of the tenant is touched. */
async function make(folder: string): Promise<Made> {
  const made = await checkedWorkspace(folder)
  const missing = actionsBoundTo(made.workspace).find(
    ({ name }) => !made.built.some((one) => one.name === name),
  )
  if (missing === undefined) return made
  const fault = made.findings.find(({ rule, severity }) => rule.startsWith('bundle/') && severity === 'error')
  throw new ToolkitError('ERR_BUNDLE', fault?.message ?? `"${missing.name}" cannot be built`, {
    hint: fault?.hint ?? 'Correct it and save.',
    ...(fault === undefined ? missing.at : { file: fault.file, line: fault.line, column: fault.column }),
  })
}

/** A workspace as it was made, with what tells one save from another. */
export interface Seen {
  made: Made
  files: string[]
  texts: string
}

/** Makes a workspace until no file was saved meanwhile: what is made and the texts then belong together. */
export async function makeSettled(folder: string, known: readonly string[] = []): Promise<Seen> {
  let files = [...known]
  for (;;) {
    const before = await textsOf(files)
    const made = await make(folder)
    files = watchedFiles(made.workspace, made.built)
    const texts = await textsOf(files)
    if (texts === before) return { made, files, texts }
  }
}

/**
 * Puts what was made into a running tenant, as a deploy would, and takes out the Actions and bindings that the save
 * before had and this one has not. Clients, APIs, roles, organizations and users that were taken out stay.
 *
 * @throws {ToolkitError} for an entry that the tenant refuses: then the tenant is as it was.
 */
export async function load(
  { workspace, built }: Made,
  tenant: Tenant,
  previous?: Workspace,
): Promise<(code: string) => string | undefined> {
  const content = await contentOf(workspace, built)
  const { state, context } = tenant
  const kept = structuredClone(state)
  try {
    await content.importInto({ state, clock: context.clock })
    if (workspace.local !== undefined) await importLocalFile(state, workspace.local, context.clock())
  } catch (error) {
    Object.assign(state, kept)
    throw error
  }
  if (previous !== undefined) takeOut(state, previous, workspace)
  return content.sourceMapFor
}

function takeOut({ actions, bindings }: Tenant['state'], previous: Workspace, next: Workspace): void {
  for (const trigger of Object.keys(previous.tenant.triggers ?? {})) {
    if (!Object.hasOwn(next.tenant.triggers ?? {}, trigger)) bindings.delete(trigger)
  }
  const names = new Set(next.actions.map(({ name }) => name))
  const gone = new Set(previous.actions.map(({ name }) => name).filter((name) => !names.has(name)))
  for (const [id, { name }] of actions) {
    if (!gone.has(name)) continue
    for (const [trigger, list] of bindings) {
      bindings.set(
        trigger,
        list.filter(({ action_id }) => action_id !== id),
      )
    }
    actions.delete(id)
  }
}

/** Writes the types of the contracts where there are some of ours, or none yet; whether they were stale. */
export async function keepTypes(workspace: Workspace): Promise<boolean> {
  if (workspace.contractFiles.length === 0) return false
  const path = join(workspace.root, 'schemas/claims/types.ts')
  const there = await readIfThere(path)
  if (there !== undefined && there.trim() !== '' && !there.startsWith('// Written by ')) return false
  const text = await typesOf(await contractsOf(workspace))
  if (there === text) return false
  await writeWhole(path, text, { root: workspace.root })
  return true
}

/** The last login at the tenant, as the workspace names its parts; the first user's where nobody has logged in. */
export function lastLogin({ executions, state }: Tenant): LoginOptions {
  const last = executions.findLast(({ protocol }) => protocol === 'oidc-basic-profile')
  if (last === undefined) return {}
  const { user_id, client_id, organization, tokens } = last
  const audiences = [tokens?.accessToken?.['aud']].flat()
  const api = [...state.resourceServers.values()].find(({ identifier }) => audiences.includes(identifier))
  return {
    ...(user_id !== undefined && { user: user_id }),
    client: client_id,
    ...(organization !== undefined && { organization }),
    ...(tokens !== undefined && { audience: api?.identifier ?? '', scope: tokens.scopes.join(' ') }),
  }
}

/** Runs logins of a workspace one save after another, in one process as long as its packages stay what they are. */
export class Rehearsal {
  #runtime: Runtime | undefined
  #madeFor = ''

  /** What a login gives with the Actions as they are now. */
  async run({ workspace, built }: Made, options: LoginOptions): Promise<Shown> {
    const actions = await boundActions(workspace, built)
    const runtime = await this.#runtimeFor(workspace)
    const simulation = await simulateLogin(loginFor(workspace, options), { actions, runtime })
    return { simulation, contracts: contractVerdicts(simulation, await contractsOf(workspace)) }
  }

  async #runtimeFor(workspace: Workspace): Promise<Runtime> {
    const needs = JSON.stringify(
      workspace.actions.map(({ runtime, dependencies }) => [runtime, dependencies]),
    )
    if (this.#runtime === undefined || needs !== this.#madeFor) {
      await this.stop()
      this.#madeFor = needs
      this.#runtime = await workspaceRuntime(workspace)
    }
    return this.#runtime
  }

  async stop(): Promise<void> {
    await this.#runtime?.stop()
    this.#runtime = undefined
  }
}

/** The text of every file that counts, by which a save that changed nothing is known. */
export async function textsOf(files: readonly string[]): Promise<string> {
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')))
  return JSON.stringify(texts)
}
