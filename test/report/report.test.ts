import { expect, it } from 'vitest'
import type { Finding } from '../../lib/finding.ts'
import {
  formatFindings,
  formatGithub,
  formatJson,
  formatJunit,
  formatSarif,
  formatSummary,
} from '../../lib/report/index.ts'

const finding: Finding = {
  rule: 'claims/restricted-name',
  severity: 'error',
  message: '"roles" is restricted.',
  hint: 'Use a namespace.',
  file: 'actions/one.ts',
  line: 14,
  column: 3,
  claim: 'roles',
  token: 'access_token',
  source: 'https://auth0.com/docs',
}

it('prints a finding as a position, its rule, its message and a hint', () => {
  expect(formatFindings([finding, { ...finding, hint: '' }])).toBe(
    'actions/one.ts:14:3 error claims/restricted-name "roles" is restricted.\n' +
      '  hint: Use a namespace.\n' +
      'actions/one.ts:14:3 error claims/restricted-name "roles" is restricted.',
  )
})

it('counts what it printed', () => {
  expect(formatSummary([finding, { ...finding, severity: 'info' }])).toBe('1 error, 0 warnings, 1 note')
})

it('prints one JSON document, with an empty list when there is nothing', () => {
  expect(JSON.parse(formatJson([]))).toEqual({
    version: 1,
    command: 'check',
    summary: { errors: 0, warnings: 0 },
    findings: [],
  })
  expect(JSON.parse(formatJson([finding])).findings).toEqual([finding])
})

it('prints SARIF 2.1.0 with rule, level, text and region', () => {
  const log = JSON.parse(formatSarif([finding, { ...finding, severity: 'info' }], '1.0.0'))
  expect(log.version).toBe('2.1.0')
  const [run] = log.runs
  expect(run.tool.driver.rules).toEqual([{ id: finding.rule, helpUri: finding.source }])
  expect(run.results.map(({ level }: { level: string }) => level)).toEqual(['error', 'note'])
  expect(run.results[0].locations[0].physicalLocation).toEqual({
    artifactLocation: { uri: 'actions/one.ts' },
    region: { startLine: 14, startColumn: 3 },
  })
})

it('prints GitHub annotations, with what would end a command escaped', () => {
  expect(formatGithub([{ ...finding, file: 'a,b.ts', message: '100%\nsure' }])).toBe(
    '::error file=a%2Cb.ts,line=14,col=3,title=claims/restricted-name::100%25%0Asure%0AUse a namespace.',
  )
})

it('prints JUnit XML in which only errors fail', () => {
  const text = formatJunit([
    { ...finding, message: '<"a" & b>' },
    { ...finding, severity: 'warning' },
  ])
  expect(text).toContain('<testsuites name="auth0-claims" tests="2" failures="1">')
  expect(text).toContain('message="&lt;&quot;a&quot; &amp; b&gt;"')
})
