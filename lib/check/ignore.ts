import { dirname, resolve } from 'node:path'
import type { BuiltAction } from '../bundle/index.ts'
import type { Finding } from '../finding.ts'
import { shown } from './positions.ts'

const COMMENT =
  /(?:\/\/|\/\*)\s*claims-ignore(-file)?\s+([a-z0-9-]+\/[a-z0-9-]+)(?:[ \t]+--[ \t]*([^\n]*?))?[ \t]*(?:\*\/|\/\/|$)/gm

const SOURCE = 'https://auth0.com/docs/secure/tokens/json-web-tokens/create-custom-claims'

/**
 * Leaves out findings that a comment in the source switches off: `// claims-ignore <rule> -- <reason>` on the same
 * line or the one before, `// claims-ignore-file <rule> -- <reason>` anywhere. A comment without a reason switches
 * nothing off and is reported.
 */
export function withoutIgnored(
  findings: readonly Finding[],
  built: readonly BuiltAction[],
  root: string,
): Finding[] {
  const kept: Finding[] = []
  const ignored = new Map<string, Set<string>>()
  for (const bundle of built) {
    const { sources, sourcesContent } = JSON.parse(bundle.sourceMap) as {
      sources: (string | null)[]
      sourcesContent?: (string | null)[]
    }
    sources.forEach((source, index) => {
      const text = sourcesContent?.[index]
      if (source === null || typeof text !== 'string' || !text.includes('claims-ignore')) return
      const file = shown(root, resolve(dirname(bundle.builtFile), source))
      if (ignored.has(file)) return
      const marks = new Set<string>()
      ignored.set(file, marks)
      for (const match of text.matchAll(COMMENT)) {
        const before = text.slice(0, match.index).split('\n')
        const [, whole, rule, reason = ''] = match
        const line = before.length
        if (reason.trim() === '') {
          kept.push({
            rule: 'claims/ignore-without-reason',
            severity: 'warning',
            message: `The comment that switches off ${rule} gives no reason, so it switches nothing off.`,
            hint: `Write: // claims-ignore${whole ?? ''} ${rule} -- why it is fine here`,
            file,
            line,
            column: before.at(-1)!.length + 1,
            source: SOURCE,
          })
        } else if (whole !== undefined) marks.add(`${rule}`)
        else marks.add(`${rule} ${line}`).add(`${rule} ${line + 1}`)
      }
    })
  }
  for (const finding of findings) {
    const marks = ignored.get(finding.file)
    if (marks?.has(finding.rule) || marks?.has(`${finding.rule} ${finding.line}`)) continue
    kept.push(finding)
  }
  return kept
}
