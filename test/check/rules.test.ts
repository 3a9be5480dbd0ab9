import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { checkRules } from '../../lib/check/index.ts'
import { claimRules } from '../../lib/claims/index.ts'

it('explains every rule of the families claims, api, event and handler that the check can report', () => {
  const folder = path.resolve(import.meta.dirname, '../../lib/check')
  const reported = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => [...readFileSync(path.join(folder, file), 'utf8').matchAll(/rule: '([^']+)'/g)])
    .map((match) => match[1]!)
    .filter((rule) => /^(?:claims|api|event|handler)\//.test(rule))
  expect(reported.length).toBeGreaterThan(10)
  const known = [...Object.keys(claimRules), ...Object.keys(checkRules)]
  expect(reported.filter((rule) => !known.includes(rule))).toEqual([])
})
