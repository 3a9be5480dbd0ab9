import { type BuiltAction, tryBundleActions } from '../bundle/index.ts'
import { readConfiguration, withoutConfigured } from '../check/configuration.ts'
import { checkWorkspace } from '../check/index.ts'
import { type Finding, sortFindings } from '../finding.ts'
import { readWorkspace, type Workspace } from '../workspace/index.ts'
import { refuseHalfPulled } from './pulled-files.ts'
import { refusingFindings } from './refusing-findings.ts'

export interface CheckedWorkspace {
  workspace: Workspace
  /** The bundles of the Actions that can be built, in memory: what is checked is what is sent. */
  built: BuiltAction[]
  findings: Finding[]
  /** The findings that a deploy is refused for. */
  refusing: Finding[]
}

/** Reads, builds and checks the workspace in `folder`, with its configuration. Writes nothing. */
export async function checkedWorkspace(folder: string): Promise<CheckedWorkspace> {
  await refuseHalfPulled(folder)
  const { workspace, built, findings: faults } = await builtWorkspace(folder)
  const configuration = await readConfiguration(workspace.root)
  const found = sortFindings([...faults, ...(await checkWorkspace(withReadable(workspace), built))])
  const findings = withoutConfigured(found, configuration)
  return {
    workspace,
    built,
    findings,
    refusing: refusingFindings({ workspace, built, findings }),
  }
}

/** Reads the workspace, and bundles its Actions in memory; without those that have no source in the workspace. */
export async function builtWorkspace(folder: string): Promise<Omit<CheckedWorkspace, 'refusing'>> {
  const workspace = await readWorkspace(folder, { reportOutside: true })
  const unusable = new Set(
    workspace.findings
      .filter(({ rule }) => rule === 'tenant/missing-source' || rule === 'tenant/outside-workspace')
      .map(({ line }) => line),
  )
  const actions = workspace.actions.filter(({ at }) => !unusable.has(at.line))
  return { workspace, ...(await tryBundleActions(actions, { root: workspace.root })) }
}

/** Without the contracts that are findings already. */
function withReadable(workspace: Workspace): Workspace {
  const outside = workspace.findings.filter(({ rule }) => rule === 'tenant/outside-workspace')
  const contractFiles = workspace.contractFiles.filter(
    (file) => !outside.some((finding) => file.endsWith(`/${finding.file}`)),
  )
  return { ...workspace, contractFiles }
}
