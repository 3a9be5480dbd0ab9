import { type Finding, reporter } from '../finding.ts'
import { textPositions } from './positions.ts'
import { claimFlowRules } from './rules/claims.ts'

const COMMENT = /(?:\/\/|\/\*)\s*claims-ignore(-file)?\s+([a-z0-9-]+\/[a-z0-9-]+)/g

const report = reporter(claimFlowRules)

/** A source, with the path that findings show. */
export interface SourceText {
  file: string
  text: string
}

/**
 * Leaves out findings that a comment in the source switches off: `// claims-ignore <rule> -- <reason>` on the same
 * line or the one before, `// claims-ignore-file <rule> -- <reason>` anywhere. A comment without a reason switches
 * nothing off and is reported.
 */
export function withoutIgnored(findings: readonly Finding[], sources: readonly SourceText[]): Finding[] {
  const kept: Finding[] = []
  const ignored = new Map<string, Set<string>>()
  for (const { file, text } of sources) {
    if (ignored.has(file) || !text.includes('claims-ignore')) continue
    const marks = new Set<string>()
    ignored.set(file, marks)
    const positionAt = textPositions(file, text)
    for (const match of text.matchAll(COMMENT)) {
      const [all, whole, rule] = match
      const reason = reasonAt(text, match.index + all.length)
      if (reason === undefined) continue
      const at = positionAt(match.index)
      if (reason === '') {
        kept.push(
          report('claims/ignore-without-reason', at, {
            message: `The comment that switches off ${rule} gives no reason, so it switches nothing off.`,
            hint: `Write: // claims-ignore${whole ?? ''} ${rule} -- why it is fine here`,
          }),
        )
      } else if (whole !== undefined) marks.add(`${rule}`)
      else marks.add(`${rule} ${at.line}`).add(`${rule} ${at.line + 1}`)
    }
  }
  for (const finding of findings) {
    const marks = ignored.get(finding.file)
    if (marks?.has(finding.rule) || marks?.has(`${finding.rule} ${finding.line}`)) continue
    kept.push(finding)
  }
  return kept
}

/** The reason that follows the rule in a comment; `undefined` where something else does: it is no such comment. */
function reasonAt(text: string, offset: number): string | undefined {
  const end = text.indexOf('\n', offset)
  const rest = text.slice(offset, end === -1 ? text.length : end)
  const closed = rest.search(/\*\/|\/\//)
  const words = (closed === -1 ? rest : rest.slice(0, closed)).trim()
  if (words === '') return ''
  return words.startsWith('--') && /^[ \t]/.test(rest) ? words.slice(2).trim() : undefined
}
