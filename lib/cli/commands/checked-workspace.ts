import { tryBundleActions, writeBundles } from '../../bundle/index.ts'
import { checkWorkspace } from '../../check/index.ts'
import { type Finding, sortFindings } from '../../finding.ts'
import { readWorkspace, type Workspace } from '../../workspace/index.ts'

/** Reads, builds and checks the workspace in `folder`. Writes the bundles of the Actions that can be built. */
export async function checkedWorkspace(
  folder: string,
): Promise<{ workspace: Workspace; findings: Finding[]; errors: number }> {
  const workspace = await readWorkspace(folder)
  const missing = new Set(
    workspace.findings.filter(({ rule }) => rule === 'tenant/missing-source').map(({ line }) => line),
  )
  const actions = workspace.actions.filter(({ at }) => !missing.has(at.line))
  const { built, findings: faults } = await tryBundleActions(actions, { root: workspace.root })
  await writeBundles(built)
  const findings = sortFindings([...faults, ...(await checkWorkspace(workspace, built))])
  return { workspace, findings, errors: findings.filter(({ severity }) => severity === 'error').length }
}
