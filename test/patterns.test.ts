import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync } from 'oxc-parser'
import { describe, expect, it } from 'vitest'
import { type Node, visitAll } from '../lib/check/tree.ts'
import { patternCost } from '../lib/contract/pattern-cost.ts'

const ROOT = join(import.meta.dirname, '..')

interface Found {
  place: string
  pattern: string
  flags: string
}

/** Every regular expression of the package's own code, by parsing it; those that are made from text as `made`. */
function expressions(): { literals: Found[]; made: string[] } {
  const literals: Found[] = []
  const made: string[] = []
  for (const folder of ['lib', 'actions']) {
    for (const name of readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })) {
      if (!/\.[cm]?[jt]s$/.test(name)) continue
      const file = join(folder, name)
      const text = readFileSync(join(ROOT, file), 'utf8')
      visitAll(parseSync(file, text).program as unknown as Node, (node) => {
        const place = `${file}:${text.slice(0, node.start).split('\n').length}`
        if (node.type === 'Literal' && node.regex) literals.push({ place, ...node.regex })
        const isCall = node.type === 'NewExpression' || node.type === 'CallExpression'
        if (isCall && node.callee.name === 'RegExp') made.push(`${file} ${text.slice(node.start, node.end)}`)
      })
    }
  }
  return { literals, made }
}

/** Patterns that the toolkit's own schemas ask for. */
function schemaPatterns(): Found[] {
  const found: Found[] = []
  const visit = (value: unknown, place: string): void => {
    if (typeof value !== 'object' || value === null) return
    for (const [key, part] of Object.entries(value)) {
      if (key === 'pattern' && typeof part === 'string') found.push({ place, pattern: part, flags: 'u' })
      if (key === 'patternProperties') {
        for (const pattern of Object.keys(part as object)) found.push({ place, pattern, flags: 'u' })
      }
      visit(part, place)
    }
  }
  for (const name of readdirSync(join(ROOT, 'schemas'), { recursive: true, encoding: 'utf8' })) {
    if (name.endsWith('.json')) visit(JSON.parse(readFileSync(join(ROOT, 'schemas', name), 'utf8')), name)
  }
  return found
}

const { literals, made } = expressions()

/**
 * Patterns that the analyser found linear and took a quarter of a second or more over. `PATTERNS=all` looks at them again,
 * and says which they are.
 */
const LOOKED_AT = new Set(
  JSON.parse(readFileSync(join(ROOT, 'test/fixtures/linear-patterns.json'), 'utf8')) as string[],
)
const ALL = process.env['PATTERNS'] === 'all'

/** Made from one character class, from words that are escaped, judged and bounded, or never run. */
const MADE = [
  "lib/contract/pattern-cost.ts new RegExp(pattern, 'u')",
  "lib/contract/pattern-size.ts new RegExp(`^${source}$`, 'u')",
  "lib/contract/schema-faults.ts new RegExp(pattern, 'u')",
  "lib/prove/vocabulary.ts new RegExp(source, flags.replace(/[gy]/g, ''))",
  'lib/runtime/node-program.ts new RegExp(`^v?${major}\\\\.\\\\d+\\\\.\\\\d+$`)',
  "lib/runtime/source-positions.ts new RegExp(`${escaped}:(\\\\d+)(?::(\\\\d+))?`, 'g')",
]

describe('the regular expressions of the package', () => {
  it('are found by parsing', () => {
    expect(literals.length).toBeGreaterThan(200)
  })

  it('are literals, but for a few places', () => {
    expect(made.sort()).toEqual(MADE)
  })

  const distinct = [
    ...new Map(
      [...literals, ...schemaPatterns()].map((one) => [`${one.pattern} ${one.flags}`, one]),
    ).values(),
  ]
  it('take steps that grow as the text does', { timeout: 600_000 }, () => {
    const long: string[] = []
    const slow = distinct
      .filter(({ pattern }) => ALL || !LOOKED_AT.has(pattern))
      .map((one) => {
        const start = performance.now()
        const { growth } = patternCost(one.pattern, one.flags, 100_000)
        if (performance.now() - start > 250) long.push(one.pattern)
        return { ...one, growth }
      })
      .filter(({ growth }) => growth !== 'linear')
      .map(({ place, pattern, growth }) => `${place} /${pattern}/ is ${growth}`)
    if (ALL) console.log(JSON.stringify(long.sort(), null, 2))
    expect(slow).toEqual([])
  })
})
