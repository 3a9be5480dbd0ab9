import { createRequire } from 'node:module'

/** How the steps that a pattern takes at most grow with the length of the text. */
export type PatternCost =
  | { growth: 'linear' }
  /** As a power of the length. */
  | { growth: 'polynomial'; degree: number }
  | { growth: 'exponential' }
  /** The analysis came to no end. */
  | { growth: 'unknown' }

/** Patterns that people write are far shorter; the analysis of a longer one may take long itself. */
export const LONGEST_PATTERN = 2000

/** What one test of a pattern may cost: some hundredths of a second. */
const MAX_STEPS = 10_000_000

/** Far more than patterns take on an idle machine, so that the answer does not depend on how busy it is. */
const ANALYSIS_MS = 10_000

/** Its parts are ended by their steps, not by their time: a busy machine finds the same. */
const BY_STEPS = { attackTimeout: 60_000, incubationTimeout: 60_000, seedingTimeout: 60_000 }

interface Analyser {
  checkSync(
    source: string,
    flags: string,
    options: Readonly<Record<string, number>>,
  ): { status: 'safe' | 'vulnerable' | 'unknown'; complexity?: { type: string; degree?: number } }
}

const known = new Map<string, PatternCost>()
let analyser: Analyser | undefined

/**
 * How a pattern may backtrack, in engines that try one way after the other as JavaScript's do. Flags that a regular
 * expression takes; a contract's patterns have `u`. An answer takes up to seconds where repetitions with bounds nest.
 */
export function patternCost(pattern: string, flags = 'u', milliseconds = ANALYSIS_MS): PatternCost {
  const key = `${flags} ${pattern}`
  const cost = known.get(key) ?? analysed(pattern, flags, milliseconds)
  known.set(key, cost)
  return cost
}

/**
 * Length in UTF-16 units up to which a text is tested with the pattern: what is longer does not match.
 * `undefined` for patterns whose steps grow as the text does, which need no bound.
 */
export function longestTested(pattern: string): number | undefined {
  const cost = patternCost(pattern)
  switch (cost.growth) {
    case 'linear':
      return undefined
    case 'polynomial':
      return Math.floor(MAX_STEPS ** (1 / cost.degree) + 1e-6)
    case 'exponential':
      return Math.floor(Math.log2(MAX_STEPS))
    default:
      return 200
  }
}

/** Tests texts with a pattern of a contract. */
export interface TextPattern {
  test(text: string): boolean
}

/** A pattern of a contract, in Unicode mode, that leaves texts alone that it could take for ever over. */
export function textPattern(pattern: string): TextPattern {
  const expression = new RegExp(pattern, 'u')
  const longest = longestTested(pattern)
  if (longest === undefined) return expression
  return { test: (text) => text.length <= longest && expression.test(text) }
}

function analysed(pattern: string, flags: string, milliseconds: number): PatternCost {
  if (isEvident(pattern)) return { growth: 'linear' }
  if (pattern.length > LONGEST_PATTERN) return { growth: 'unknown' }
  // Without its upper bounds a pattern has at least the ways that it has with them, and is soon looked through.
  const loose = withoutBounds(pattern)
  if (loose !== pattern && judged(loose, flags, 4000).growth === 'linear') return { growth: 'linear' }
  return judged(pattern, flags, milliseconds)
}

function judged(pattern: string, flags: string, timeout: number): PatternCost {
  // Loaded when a pattern needs it. The package has the part of recheck that is JavaScript beside this file.
  const require = createRequire(import.meta.url)
  analyser ??= require(
    import.meta.url.endsWith('.ts') ? 'recheck/lib/browser.js' : './recheck.cjs',
  ) as Analyser
  const { status, complexity } = analyser.checkSync(pattern, flags.replaceAll(/[^gimsuy]/g, ''), {
    ...BY_STEPS,
    timeout,
  })
  if (status === 'safe') return { growth: 'linear' }
  if (status === 'unknown' || complexity === undefined) return { growth: 'unknown' }
  return complexity.type === 'polynomial'
    ? { growth: 'polynomial', degree: Math.max(2, complexity.degree ?? 2) }
    : { growth: 'exponential' }
}

/** Most patterns: begins at one place and has at most one repetition, of one character; or has one length, nearly. */
function isEvident(pattern: string): boolean {
  let repetitions = 0
  let choices = 0
  let before = ''
  for (const token of tokensOf(pattern)) {
    if (/^\\[1-9k]/.test(token)) return false
    if (token === '(' || (token === '?' && before !== '(')) choices++
    // `\w{16}` is sixteen characters; of a group it is not known what it repeats.
    else if (/^(?:[*+]|\{\d)/.test(token) && (before === ')' || !/^\{\d{1,2}\}$/.test(token))) repetitions++
    before = token
  }
  if (repetitions === 0) return choices <= 8
  return pattern.startsWith('^') && repetitions + choices === 1 && !pattern.includes('|')
}

/** `{2,40}` as `+`, `{0,40}` as `*`. */
function withoutBounds(pattern: string): string {
  return tokensOf(pattern)
    .map((token) => {
      const [, low, high] = /^\{(\d+)(?:,(\d*))?\}$/.exec(token) ?? []
      if (low === undefined || Number(high ?? low) < 4) return token
      return Number(low) === 0 ? '*' : '+'
    })
    .join('')
}

/** Escapes, classes and quantifiers with bounds as one token each; what else there is, by character. */
function tokensOf(pattern: string): string[] {
  const tokens: string[] = []
  for (let at = 0; at < pattern.length; ) {
    let end = at + 1
    if (pattern[at] === '\\') end++
    else if (pattern[at] === '[') {
      while (end < pattern.length && pattern[end] !== ']') end += pattern[end] === '\\' ? 2 : 1
      end++
    } else if (pattern[at] === '{') {
      const close = pattern.indexOf('}', at)
      if (close !== -1 && close - at < 40 && /^\{\d+(?:,\d*)?\}$/.test(pattern.slice(at, close + 1)))
        end = close + 1
    }
    tokens.push(pattern.slice(at, end))
    at = end
  }
  return tokens
}
