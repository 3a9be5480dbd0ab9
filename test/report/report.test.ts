import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { checkFiles, checkRules } from '../../lib/check/index.ts'
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

describe('the SARIF log of every case file', () => {
  const validate = new Ajv2020({ formats: { uri: URL.canParse, 'uri-reference': isReference } }).compile(
    JSON.parse(readFileSync(new URL('./sarif.required.schema.json', import.meta.url), 'utf8')),
  )

  it('has what the standard requires, and the texts of its rules', async () => {
    const root = join(import.meta.dirname, '../fixtures/check')
    const findings = await checkFiles(
      readdirSync(root).map((name) => join(root, name)),
      { root },
    )
    const log = JSON.parse(formatSarif(findings, '1.0.0', (rule) => checkRules[rule]))
    expect(log.runs[0].results.length).toBeGreaterThan(80)
    validate(log)
    expect(validate.errors).toBeNull()
    for (const { ruleId, ruleIndex } of log.runs[0].results) {
      expect(log.runs[0].tool.driver.rules[ruleIndex]).toMatchObject({
        id: ruleId,
        shortDescription: { text: checkRules[ruleId]!.summary },
      })
    }
  })

  it('would not pass with a level, a position or an address that the standard does not have', () => {
    const log = JSON.parse(formatSarif([finding], '1.0.0'))
    expect(validate(log)).toBe(true)
    for (const spoil of [
      (result: typeof log) => (result.level = 'info'),
      (result: typeof log) => (result.locations[0].physicalLocation.region.startLine = 0),
      (result: typeof log) => (result.locations[0].physicalLocation.artifactLocation.uri = 'a b'),
      (result: typeof log) => delete result.message,
    ]) {
      const spoilt = structuredClone(log)
      spoil(spoilt.runs[0].results[0])
      expect(validate(spoilt)).toBe(false)
    }
  })
})

function isReference(text: string): boolean {
  return !/[\s<>"{}|\\^`]/.test(text) && URL.canParse(text, 'https://example.com/')
}

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
