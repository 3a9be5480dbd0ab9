import { expect, it } from 'vitest'
import { merged } from '../../../lib/deploy/wire/json.ts'

it.each(['__proto__', 'constructor', 'plan'])('merges a member %s as any other', (name) => {
  const entry = (value: unknown) => Object.fromEntries([[name, value]])
  const before = { metadata: entry({ a: 1 }) }
  const after = merged(before, { metadata: entry({ b: 2 }) })
  expect(JSON.stringify(after)).toBe(JSON.stringify({ metadata: entry({ a: 1, b: 2 }) }))
  expect(JSON.stringify(merged({ metadata: {} }, { metadata: entry('x') }))).toBe(
    JSON.stringify({ metadata: entry('x') }),
  )
})
