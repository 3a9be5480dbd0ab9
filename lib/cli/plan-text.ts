import type { ContractChange } from '../contract/index.ts'
import type { Plan } from '../deploy/index.ts'
import type { Finding } from '../finding.ts'
import { markdownCode, markdownText } from '../report/index.ts'
import { effectLines, type TokenEffects } from './token-effects.ts'

const REFUSED = 'A deploy would be refused for the errors below'

/** What `claims plan --json` says of a plan: `schemas/plan-output.schema.json`. */
export function planDocument(plan: Plan, effects: TokenEffects | undefined): object {
  const { domain, changes, claims, unmanaged, drafts, unplanned } = plan
  return {
    outcome: 'planned',
    domain,
    changes,
    claims,
    ...(effects !== undefined && { logins: effects }),
    unmanaged,
    drafts,
    ...(unplanned.length > 0 && { unplanned }),
  }
}

/** One line for each change, then what the reader should know besides. */
export function planLines(
  { changes, claims, unmanaged, drafts, unplanned }: Plan,
  effects: TokenEffects | undefined,
): string[] {
  const lines = changes.map(({ type, name, change, fields }) => {
    const what = fields.length === 0 ? '' : `: ${fields.join(', ')}`
    return change === 'uncompared'
      ? `send    ${type} (not compared)`
      : `${change.padEnd(7)} ${type} "${name}"${what}`
  })
  lines.push(...unplanned.map(unplannedText))
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
  { domain, changes, claims, unmanaged, drafts, unplanned }: Plan,
  {
    outcome,
    effects,
    drift,
    contracts,
    findings,
  }: {
    outcome: 'planned' | 'refused'
    effects: TokenEffects | undefined
    drift: readonly string[]
    contracts: readonly ContractChange[]
    findings: readonly Finding[]
  },
): string {
  const lines = [`### Plan for ${markdownCode(domain)}`, '']
  if (outcome === 'refused') lines.push(`**${REFUSED}.**`, '')
  if (changes.length === 0)
    lines.push(unplanned.length > 0 ? 'Nothing else to change.' : 'Nothing to change.')
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
    ...unplanned.map(unplannedText).map(markdownText),
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
    ...findings.map(findingNote),
  ]
  if (notes.length > 0) lines.push('', ...notes.map(bullet))
  return lines.join('\n')
}

/** For a workspace of which there can be no plan. */
export function noPlanMarkdown(findings: readonly Finding[]): string {
  return ['### No plan', '', `**${REFUSED}.**`, '', ...findings.map(findingNote).map(bullet)].join('\n')
}

function findingNote({ file, line, severity, rule, message }: Finding): string {
  return `${severity} ${markdownCode(rule)}, ${markdownCode(`${file}:${line}`)}: ${markdownText(message)}`
}

function bullet(note: string): string {
  return `- ${note}`
}

function unplannedText(name: string): string {
  return `the code of "${name}" could not be planned: it cannot be bundled`
}
