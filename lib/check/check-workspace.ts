import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BuiltAction } from '../bundle/index.ts'
import { checkContracts, sizeFindings } from '../contract/index.ts'
import { distinctFindings, type Finding, reporter, sortFindings } from '../finding.ts'
import { TRIGGERS, type Trigger } from '../triggers/index.ts'
import { boundTo } from '../workspace/bound.ts'
import type { Workspace } from '../workspace/index.ts'
import { bundleSources, tryPrograms } from './bundles.ts'
import { embeddedRules } from './embedded/rules.ts'
import { withoutIgnored } from './ignore.ts'
import { programFindings } from './program-findings.ts'
import { esmFindings, markerFindings } from './rules/bundle.ts'
import { claimWritesOf, overwriteFindings, type PlacedWrite } from './rules/claims.ts'
import { contractFindings } from './rules/contract.ts'
import { missingHandler } from './rules/handler.ts'
import { memberFindings } from './rules/members.ts'
import { scopeFindings } from './rules/scopes.ts'
import { secretFindings } from './rules/secrets.ts'
import { tenantFindings } from './rules/tenant.ts'
import { allOf } from './too-deep.ts'

const report = reporter(embeddedRules)

/**
 * Checks what ships: the bundles of a workspace, its contracts and its tenant.yaml. Positions are those of the
 * sources. Runs nothing. What stops a bundle from being made is reported by `tryBundleActions`, not here.
 */
export async function checkWorkspace(
  workspace: Workspace,
  built: readonly BuiltAction[],
): Promise<Finding[]> {
  const { root } = workspace
  const { contracts, findings: contractFaults } = await checkContracts(
    workspace.contractFiles,
    (file) => readFile(file, 'utf8'),
    { root },
  )
  const findings: Finding[] = [
    ...workspace.findings,
    ...contractFaults,
    ...contracts.flatMap(sizeFindings),
    ...tenantFindings(workspace),
    ...memberFindings(workspace),
  ]
  const written = new Map<Trigger, PlacedWrite[]>(TRIGGERS.map((trigger) => [trigger, []]))
  const markers = new Set(Object.keys(workspace.keywords))
  for (const bundle of built) {
    const { name } = bundle
    const action = workspace.actions.find((one) => one.name === name)
    const bound = TRIGGERS.filter((trigger) => boundTo(workspace, trigger).includes(name))
    const meant = TRIGGERS.filter(({ id }) => action?.triggers.includes(id) === true)
    const programs = await tryPrograms(bundle, root, bound.length > 0 ? bound : meant)
    if ('rule' in programs) {
      findings.push(programs)
      continue
    }
    const [program] = programs
    for (const { walked, positionAt } of programs) {
      if (!bound.includes(walked.trigger)) continue
      const placed = claimWritesOf(walked).map((write) => ({
        ...write,
        action: name,
        at: positionAt(write.offset),
      }))
      written.get(walked.trigger)!.push(...placed)
    }
    for (const one of allOf(program.file, () => programFindings(programs))) findings.push(one)
    findings.push(...programs.flatMap((one) => [...scopeFindings(workspace, one)]))
    findings.push(...allOf(program.file, () => markerFindings(program, markers)))
    if (action === undefined) continue
    for (const trigger of meant) findings.push(...missingHandler(name, trigger, program))
    for (const one of allOf(program.file, () => secretFindings(action, programs))) findings.push(one)
    const versionOf = (name: string) => action.dependencies.find((one) => one.name === name)?.version
    findings.push(
      ...allOf(program.file, () => esmFindings(program, versionOf, (name) => isEsmOnly(root, name))),
    )
  }
  findings.push(...notChecked(workspace))
  const complete = built.length === workspace.actions.length
  for (const finding of contractFindings(contracts, [...written.values()].flat())) {
    // An Action that could not be built may set the claim.
    if (complete || finding.rule !== 'contract/never-set') findings.push(finding)
  }
  for (const [trigger, writes] of written) {
    for (const one of overwriteFindings(boundTo(workspace, trigger), writes)) findings.push(one)
  }
  const sources = built.flatMap((bundle) => bundleSources(bundle, root))
  return sortFindings(distinctFindings(withoutIgnored(findings, sources)))
}

/** Says which Actions are of triggers whose event and api are not known here. */
function* notChecked({ actions }: Workspace): Generator<Finding> {
  const known = new Set(TRIGGERS.map(({ id }) => id))
  const others = actions.filter(
    ({ triggers }) => triggers.length > 0 && !triggers.some((trigger) => known.has(trigger)),
  )
  const [first] = others
  if (first === undefined) return
  const names = others.map(({ name, triggers }) => `"${name}" (${triggers.join(', ')})`)
  yield report('bundle/not-checked', first.at, {
    message: `Of ${names.join(', ')} the use of event and api is not checked: the trigger is not known here.`,
    hint: `What is known are the triggers ${[...known].join(', ')}.`,
  })
}

/** Whether an installed package has ES modules only; `undefined` when it is not installed. */
function isEsmOnly(root: string, name: string): boolean | undefined {
  let read: { type?: string; main?: string; exports?: unknown }
  try {
    read = { ...JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')) }
  } catch {
    return undefined
  }
  const { type, main, exports } = read
  return (
    type === 'module' &&
    !String(main).endsWith('.cjs') &&
    !/"require"|\.cjs"/.test(JSON.stringify(exports ?? ''))
  )
}
