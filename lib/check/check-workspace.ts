import { readFile } from 'node:fs/promises'
import type { BuiltAction } from '../bundle/index.ts'
import { checkContracts } from '../contract/index.ts'
import { type Finding, sortFindings } from '../finding.ts'
import type { Workspace } from '../workspace/index.ts'
import { claimWrites, type FoundWrite } from './claim-writes.ts'
import { contractFindings, type PlacedWrite } from './contracts.ts'
import { flowFindings, flowOf } from './flow-findings.ts'
import { handlerFindings, missingHandler } from './handlers.ts'
import { withoutIgnored } from './ignore.ts'
import { nameFindings } from './names.ts'
import { shown, sourcePositions } from './positions.ts'
import { scopeFindings } from './scopes.ts'
import { secretFindings } from './secrets.ts'
import { parse } from './syntax.ts'
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
    const positionAt = sourcePositions(bundle, workspace.root)
    const action = workspace.actions.find(({ name }) => name === bundle.name)
    const flow = flowOf(parse(bundle.code) as Node)
    const writes = placedWrites(bundle, flow.writes, workspace.root)
    if (workspace.bound.includes(bundle.name)) bound.push(...writes)
    for (const write of writes) findings.push(...nameFindings(write, write.at))
    findings.push(...handlerFindings(bundle.code, positionAt))
    findings.push(...flowFindings(flow.observations, positionAt))
    findings.push(...scopeFindings(workspace, flow.observations, positionAt))
    if (action?.triggers.includes('post-login') === true) {
      findings.push(...missingHandler(bundle, shown(workspace.root, bundle.sourceFile)))
    }
    if (action !== undefined) findings.push(...secretFindings(action, bundle.code, positionAt))
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
        const positionAt = sourcePositions(bundle, root)
        const flow = flowOf(parse(bundle.code) as Node)
        return [
          ...placedWrites(bundle, flow.writes, root).flatMap((write) => [...nameFindings(write, write.at)]),
          ...handlerFindings(bundle.code, positionAt),
          ...flowFindings(flow.observations, positionAt),
        ]
      }),
      built,
      root,
    ),
  )
}

/** Writes that the walk reached, and those that only the tree shows. */
function placedWrites(bundle: BuiltAction, walked: readonly FoundWrite[], root: string): PlacedWrite[] {
  const positionAt = sourcePositions(bundle, root)
  const unreached = claimWrites(bundle.code).filter(
    (write) => !walked.some(({ token, offset }) => token === write.token && offset === write.offset),
  )
  return [...walked, ...unreached].map((write) => ({
    ...write,
    action: bundle.name,
    at: positionAt(write.offset),
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
