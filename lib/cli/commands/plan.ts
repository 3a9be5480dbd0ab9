import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { breakingChanges, type ContractChange, readContracts } from '../../contract/index.ts'
import {
  changedSecrets,
  type DeployRecord,
  driftSince,
  type Plan,
  planDeploy,
  sentBefore,
} from '../../deploy/index.ts'
import type { Finding } from '../../finding.ts'
import { formatFindings, formatSummary, markdownCode, markdownText } from '../../report/index.ts'
import type { Workspace } from '../../workspace/index.ts'
import type { Command } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { cutOffDeploys, cutOffText, journalsOf, lastDeploy, withTarget } from '../masked.ts'
import {
  effectLines,
  mayRunForeign,
  RUN_TENANT_ACTIONS,
  type TokenEffects,
  tokenEffects,
} from '../token-effects.ts'
import { contractChangeLines, olderContracts } from './breaking.ts'
import { checkedWorkspace } from './checked-workspace.ts'
import { targetHelp, targetOptions, targetUsage } from './deploy-target.ts'

/** `claims plan`: what a deploy would change. Cannot write to the tenant. */
export const planCommand: Command = {
  name: 'plan',
  summary: 'Show what a deploy would change in a tenant, and change nothing',
  usage: `${targetUsage} [--against <git-ref|folder>] [--run-tenant-actions] [--markdown | --json]`,
  options: {
    ...targetOptions,
    against: { type: 'string' },
    ...RUN_TENANT_ACTIONS.option,
    markdown: { type: 'boolean' },
    json: { type: 'boolean' },
  },
  help: [
    ...targetHelp,
    [
      '--against <ref>',
      'also say whether the contracts break an API that relies on those of this git ref or folder; unless told, those of the commit of the last deploy',
    ],
    RUN_TENANT_ACTIONS.help,
    ['--markdown', 'print Markdown for a comment on a pull request'],
    ['--json', 'print one JSON document'],
  ],
  async run(caller, values) {
    const { workspace, built, findings, errors } = await checkedWorkspace(caller.cwd)
    if (findings.length > 0) caller.err(formatFindings(findings).split('\n'))
    if (errors > 0) {
      const document = { version: 1, command: 'plan', outcome: 'refused', findings }
      if (values['json'] === true) caller.out(JSON.stringify(document))
      caller.err(`a deploy would be refused: ${formatSummary(findings)}`)
      return EXIT.findings
    }
    const codes = built.map(({ code }) => code)
    return withTarget(caller, values, { workspace, codes }, async (target, terminal) => {
      const options = { ...target.access, workspace, built, keywords: target.keywords, config: target.config }
      const journals = await journalsOf(workspace, target)
      const plan = await planDeploy({
        ...options,
        changedSecrets: await changedSecrets(options),
        sent: sentBefore(journals),
      })
      const last = await lastDeploy(workspace, target)
      const cutOff = cutOffDeploys(journals)
      for (const journal of cutOff) terminal.err(cutOffText(journal))
      const drift =
        last === undefined || cutOff.length > 0
          ? []
          : driftSince(last.after, plan.before).map(target.markers.masked)
      const contracts = await contractChanges(terminal.cwd, workspace, values['against'], last)
      const effects = await tokenEffects(workspace, plan, target.markers, built, {
        mayRun: mayRunForeign(terminal, values, plan.domain),
        terminal,
      })
      if (target.rehearsal) terminal.err('note: compared with a new, empty local tenant')
      if (values['json'] === true) {
        terminal.out(JSON.stringify({ ...planDocument(plan, effects), drift, contracts, findings }))
      } else if (values['markdown'] === true) {
        terminal.document(planMarkdown(plan, { effects, drift, contracts, findings }))
      } else {
        const lines = [...planLines(plan, effects), ...contracts.flatMap(contractChangeLines)]
        terminal.out([...lines, ...drift.map((line) => `since the last deploy: ${line}`)])
      }
      return EXIT.clean
    })
  },
}

/** What an API will see of changed contracts; compatible changes left out. */
async function contractChanges(
  cwd: string,
  workspace: Workspace,
  against: unknown,
  last: DeployRecord | undefined,
): Promise<ContractChange[]> {
  const named = typeof against === 'string' ? against : undefined
  const ref = named ?? last?.commit?.id
  if (ref === undefined) return []
  const older = olderContracts(workspace.root, resolve(cwd, ref), ref)
  // The commit of the last deploy may be gone, or from before the first contract.
  const old = named === undefined ? await older.catch(() => []) : await older
  const now = await readContracts(workspace.contractFiles, (file) => readFile(file, 'utf8'), {
    root: workspace.root,
  })
  return breakingChanges(old, now).filter(({ verdict }) => verdict !== 'compatible')
}

/** The document of `claims plan --json`: `schemas/plan-output.schema.json`. */
export function planDocument(plan: Plan, effects: TokenEffects | undefined): object {
  const { domain, changes, claims, unmanaged, drafts } = plan
  return {
    version: 1,
    command: 'plan',
    outcome: 'planned',
    domain,
    changes,
    claims,
    ...(effects !== undefined && { logins: effects }),
    unmanaged,
    drafts,
  }
}

/** One line for each change, then what the reader should know besides. */
export function planLines(
  { changes, claims, unmanaged, drafts }: Plan,
  effects: TokenEffects | undefined,
): string[] {
  const lines = changes.map(({ type, name, change, fields }) => {
    const what = fields.length === 0 ? '' : `: ${fields.join(', ')}`
    return change === 'uncompared'
      ? `send    ${type} (not compared)`
      : `${change.padEnd(7)} ${type} "${name}"${what}`
  })
  if (lines.length === 0) lines.push('nothing to change')
  for (const { token, claim, change, before, after } of claims) {
    const where =
      change === 'moved'
        ? `written by ${after.join(', ')} instead of ${before.join(', ')}`
        : `${change === 'removed' ? 'was ' : ''}written by ${[...before, ...after].join(', ')}`
    lines.push(`claim ${change} in ${token}: "${claim}", ${where}`)
  }
  if (effects !== undefined) lines.push(...effectLines(effects))
  if (unmanaged.length > 0) lines.push(`left alone, not in tenant.yaml: ${unmanaged.join(', ')}`)
  if (drafts.length > 0) lines.push(`edited in the tenant and not deployed there: ${drafts.join(', ')}`)
  return lines
}

/** The same for a comment on a pull request. */
export function planMarkdown(
  { domain, changes, claims, unmanaged, drafts }: Plan,
  {
    effects,
    drift,
    contracts,
    findings,
  }: {
    effects: TokenEffects | undefined
    drift: readonly string[]
    contracts: readonly ContractChange[]
    findings: readonly Finding[]
  },
): string {
  const lines = [`### Plan for ${markdownCode(domain)}`, '']
  if (changes.length === 0) lines.push('Nothing to change.')
  else {
    lines.push('| | Type | Name | What differs |', '| --- | --- | --- | --- |')
    for (const { type, name, change, fields } of changes) {
      lines.push(
        `| ${change} | ${markdownText(type)} | ${markdownCode(name)} | ${fields.map(markdownCode).join(', ')} |`,
      )
    }
  }
  if (claims.length > 0) {
    lines.push('', '| Claim | | Token | Written by |', '| --- | --- | --- | --- |')
    for (const { token, claim, change, before, after } of claims) {
      const by =
        change === 'moved'
          ? `${after.join(', ')} instead of ${before.join(', ')}`
          : [...before, ...after].join(', ')
      lines.push(`| ${markdownCode(claim)} | ${change} | ${token} | ${markdownText(by)} |`)
    }
  }
  const notes = [
    ...(effects === undefined ? [] : effectLines(effects).map(markdownText)),
    ...(unmanaged.length === 0
      ? []
      : [`Left alone, not in tenant.yaml: ${unmanaged.map(markdownText).join(', ')}.`]),
    ...(drafts.length === 0
      ? []
      : [`Edited in the tenant and not deployed there: ${drafts.map(markdownText).join(', ')}.`]),
    ...drift.map((line) => `Since the last deploy ${markdownText(line)}.`),
    ...contracts.map(
      ({ file, line, verdict, message }) =>
        `${verdict} contract change, ${markdownCode(`${file}:${line}`)}: ${markdownText(message)}`,
    ),
    ...findings.map(
      ({ file, line, severity, rule, message }) =>
        `${severity} ${markdownCode(rule)}, ${markdownCode(`${file}:${line}`)}: ${markdownText(message)}`,
    ),
  ]
  if (notes.length > 0) lines.push('', ...notes.map((note) => `- ${note}`))
  return lines.join('\n')
}
