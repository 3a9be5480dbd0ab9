import { readFile } from 'node:fs/promises'
import { readContracts } from '../contract/index.ts'
import { type Proof, prove } from '../prove/index.ts'
import { createIsolatedRuntime } from '../runtime/index.ts'
import type { Workspace } from '../workspace/index.ts'
import { boundActions } from './bound-actions.ts'
import { nodeChoice } from './node-choice.ts'

/** Searches for a login that breaks the bound Actions or the contracts, with the number of logins of `claims prove`. */
export async function proveWorkspace(workspace: Workspace): Promise<Proof> {
  const contracts = await readContracts(workspace.contractFiles, (file) => readFile(file, 'utf8'), {
    root: workspace.root,
  })
  const actions = await boundActions(workspace)
  const runtime = await createIsolatedRuntime({
    network: 'refuse',
    resolveFrom: workspace.root,
    ...nodeChoice(workspace, undefined),
  })
  try {
    return await prove({ workspace, actions, runtime, contracts })
  } finally {
    await runtime.stop()
  }
}
