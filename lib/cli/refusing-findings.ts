import { relative, sep } from 'node:path'
import type { BuiltAction } from '../bundle/index.ts'
import type { Finding } from '../finding.ts'
import type { Workspace, WorkspaceAction } from '../workspace/index.ts'

/** Errors for which there is nothing to send, or which Auth0 refuses of any Action. */
const OF_EVERY_ACTION = [
  'bundle/syntax',
  'bundle/too-deep',
  'bundle/unresolved',
  'bundle/too-large',
  'bundle/source-is-output',
]

/**
 * The findings that a deploy is refused for: errors, but what Auth0 takes and no login meets, which is the code of a
 * draft that nothing runs, and a client that has no callback yet.
 */
export function refusingFindings({
  workspace,
  built,
  findings,
}: {
  workspace: Workspace
  built: readonly BuiltAction[]
  findings: readonly Finding[]
}): Finding[] {
  const files = (names: readonly string[]) => {
    const bundled = built.filter(({ name }) => names.includes(name)).flatMap(({ inputs }) => inputs)
    const sources = workspace.actions.filter(({ name }) => names.includes(name))
    const all = [...bundled, ...sources.map(({ sourceFile }) => sourceFile)]
    return new Set(all.map((file) => relative(workspace.root, file).split(sep).join('/')))
  }
  const [drafts, live] = [true, false].map((wanted) =>
    files(
      workspace.actions.filter((action) => isDraft(workspace, action) === wanted).map(({ name }) => name),
    ),
  ) as [Set<string>, Set<string>]
  return findings.filter(({ severity, rule, file }) => {
    if (severity !== 'error' || rule === 'tenant/no-callback') return false
    return OF_EVERY_ACTION.includes(rule) || !drafts.has(file) || live.has(file)
  })
}

/** Whether no login runs it: not deployed, or all its triggers are in tenant.yaml and none names it. */
function isDraft({ tenant }: Workspace, { name, deployed, triggers }: WorkspaceAction): boolean {
  const bindings = tenant.triggers ?? {}
  if (Object.values(bindings).some((list) => list.some(({ action_name }) => action_name === name)))
    return false
  return !deployed || triggers.every((trigger) => Object.hasOwn(bindings, trigger))
}
