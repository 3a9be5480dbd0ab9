import { readFile } from 'node:fs/promises'
import type { BuiltAction } from '../bundle/index.ts'
import { checkContracts } from '../contract/index.ts'
import { type Finding, sortFindings } from '../finding.ts'
import type { Workspace } from '../workspace/index.ts'
import { claimWritesIn, type FoundWrite } from './claim-writes.ts'
import { contractFindings, type PlacedWrite } from './contracts.ts'
import { flowFindings, flowOf } from './flow-findings.ts'
import { handlerFindings, missingHandler } from './handlers.ts'
import { withoutIgnored } from './ignore.ts'
import { nameFindings } from './names.ts'
import { shown } from './positions.ts'
import { type Program, programOf } from './program.ts'
import { scopeFindings } from './scopes.ts'
import { secretFindings } from './secrets.ts'
import { tenantFindings } from './tenant.ts'
import type { Node } from './tree.ts'

/**
 * Checks what ships: the bundles of a workspace, its contracts and its tenant.yaml. Positions are those of the
 * sources. Runs nothing. What stops a bundle from being made is reported by `tryBundleActions`, not here.
 */
export async function checkWorkspace(
  workspace: Workspace,
  built: readonly BuiltAction[],
): Promise<Finding[]> {
  const { contracts, findings: contractFaults } = await checkContracts(
    workspace.contractFiles,
    (file) => readFile(file, 'utf8'),
    { root: workspace.root },
  )
  const findings: Finding[] = [...workspace.findings, ...contractFaults, ...tenantFindings(workspace)]
  const bound: PlacedWrite[] = []
  for (const bundle of built) {
    const program = programOf(bundle, workspace.root)
    const { positionAt } = program
    const action = workspace.actions.find(({ name }) => name === bundle.name)
    const flow = flowOf(program.tree as Node)
    const writes = placedWrites(bundle.name, program, flow.writes)
    if (workspace.bound.includes(bundle.name)) bound.push(...writes)
    for (const write of writes) findings.push(...nameFindings(write, write.at))
    findings.push(...handlerFindings(program))
    findings.push(...flowFindings(flow.observations, positionAt))
    findings.push(...scopeFindings(workspace, flow.observations, positionAt))
    if (action?.triggers.includes('post-login') === true) {
      findings.push(...missingHandler(bundle, shown(workspace.root, bundle.sourceFile)))
    }
    if (action !== undefined) findings.push(...secretFindings(action, program))
  }
  const complete = built.length === workspace.actions.length
  for (const finding of contractFindings(contracts, bound)) {
    // An Action that could not be built may set the claim.
    if (complete || finding.rule !== 'contract/never-set') findings.push(finding)
  }
  findings.push(...overwrites(workspace.bound, bound))
  return sortFindings(withoutIgnored(findings, built, workspace.root))
}

/** Checks bundles that belong to no workspace: names, handlers, and the use of `event` and `api`. `root` is where paths are relative to. */
export function checkBundles(built: readonly BuiltAction[], root: string): Finding[] {
  return sortFindings(
    withoutIgnored(
      built.flatMap((bundle) => {
        const program = programOf(bundle, root)
        const flow = flowOf(program.tree as Node)
        return [
          ...placedWrites(bundle.name, program, flow.writes).flatMap((write) => [
            ...nameFindings(write, write.at),
          ]),
          ...handlerFindings(program),
          ...flowFindings(flow.observations, program.positionAt),
        ]
      }),
      built,
      root,
    ),
  )
}

/** Writes that the walk reached, and those that only the tree shows. */
function placedWrites(action: string, program: Program, walked: readonly FoundWrite[]): PlacedWrite[] {
  const unreached = claimWritesIn(program).filter(
    (write) => !walked.some(({ token, offset }) => token === write.token && offset === write.offset),
  )
  return [...walked, ...unreached].map((write) => ({
    ...write,
    action,
    at: program.positionAt(write.offset),
  }))
}

/** Claims that a later Action sets again: last write wins. */
function* overwrites(order: readonly string[], writes: readonly PlacedWrite[]): Generator<Finding> {
  for (const write of writes) {
    for (const claim of write.names.values) {
      const later = writes.find(
        (other) =>
          other.token === write.token &&
          other.names.values.includes(claim) &&
          order.indexOf(other.action) > order.indexOf(write.action),
      )
      if (later === undefined) continue
      yield {
        rule: 'claims/overwritten',
        severity: 'warning',
        message: `"${later.action}" runs later and sets "${claim}" again (${later.at.file}:${later.at.line}): its value wins.`,
        hint: 'Let one Action own the claim.',
        ...write.at,
        claim,
        token: write.token,
        source: 'https://community.auth0.com/t/multiple-actions-setting-the-same-custom-claim/119013',
      }
    }
  }
}
