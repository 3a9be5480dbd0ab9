import type { Finding } from '../finding.ts'
import { countFindings } from './text.ts'
import { visible } from './visible.ts'

/** Findings as JUnit XML: one suite a file; errors are failures, the rest passes with its text as output. */
export function formatJunit(findings: readonly Finding[]): string {
  const byFile = new Map<string, Finding[]>()
  for (const finding of findings) {
    const others = byFile.get(finding.file)
    if (others === undefined) byFile.set(finding.file, [finding])
    else others.push(finding)
  }
  const suites = [...byFile.keys()].sort().map((file) => {
    const own = byFile.get(file)!
    const { errors: failures } = countFindings(own)
    const cases = own.map(testCase).join('\n')
    return `  <testsuite name="${xml(file)}" tests="${own.length}" failures="${failures}">\n${cases}\n  </testsuite>`
  })
  const { errors: failures } = countFindings(findings)
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="auth0-claims" tests="${findings.length}" failures="${failures}">`,
    ...suites,
    '</testsuites>',
  ].join('\n')
}

function testCase(finding: Finding): string {
  const name = xml(`${finding.rule} ${finding.line}:${finding.column}`)
  const text = xml(`${finding.message} ${finding.hint}`.trim())
  const body =
    finding.severity === 'error'
      ? `<failure message="${xml(finding.message)}">${text}</failure>`
      : `<system-out>${text}</system-out>`
  return `    <testcase name="${name}" classname="${xml(finding.file)}">${body}</testcase>`
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** A text within an element or an attribute. */
export function xml(text: string): string {
  // XML 1.0 has no way to write most control characters.
  return visible(text).replace(/[&<>"]/g, (sign) => ENTITIES[sign]!)
}
