import { type BuiltAction, tryBundleActions, writeBundles } from '../../bundle/index.ts'
import { readConfiguration, withoutConfigured } from '../../check/configuration.ts'
import { checkWorkspace } from '../../check/index.ts'
import { type Finding, sortFindings } from '../../finding.ts'
import { countFindings } from '../../report/index.ts'
import { readWorkspace, type Workspace } from '../../workspace/index.ts'

export interface CheckedWorkspace {
  workspace: Workspace
  built: BuiltAction[]
  findings: Finding[]
  errors: number
}

/** Reads, builds and checks the workspace in `folder`, with its configuration. Writes nothing. */
export async function checkWorkspaceIn(folder: string): Promise<CheckedWorkspace> {
  const workspace = await readWorkspace(folder)
  const configuration = await readConfiguration(workspace.root)
  const missing = new Set(
    workspace.findings.filter(({ rule }) => rule === 'tenant/missing-source').map(({ line }) => line),
  )
  const actions = workspace.actions.filter(({ at }) => !missing.has(at.line))
  const { built, findings: faults } = await tryBundleActions(actions, { root: workspace.root })
  const found = sortFindings([...faults, ...(await checkWorkspace(workspace, built))])
  const findings = withoutConfigured(found, configuration)
  return {
    workspace,
    built,
    findings,
    errors: countFindings(findings).errors,
  }
}

/** The same, and writes the bundles of the Actions that can be built. */
export async function checkedWorkspace(folder: string): Promise<CheckedWorkspace> {
  const checked = await checkWorkspaceIn(folder)
  await writeBundles(checked.built)
  return checked
}
