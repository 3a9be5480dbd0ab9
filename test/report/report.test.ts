import { expect, it } from 'vitest'
import type { Finding } from '../../lib/finding.ts'
import { formatFindings, formatJson, formatSummary } from '../../lib/report/index.ts'

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
