import { createRequire } from 'node:module'

/** How the steps that a pattern takes at most grow with the length of the text. */
export type PatternCost =
  | { growth: 'linear' }
  /** As a power of the length. */
  | { growth: 'polynomial'; degree: number }
  | { growth: 'exponential' }
  /** The analysis did not finish. */
  | { growth: 'unknown' }

/** Patterns that people write are far shorter; the analysis of a longer one may take long itself. */
export const LONGEST_PATTERN = 2000

/** What one test of a pattern may cost: some hundredths of a second. */
const MAX_STEPS = 10_000_000

/** Far more than patterns take on an idle machine, so that the result does not depend on how busy it is. */
const ANALYSIS_MS = 10_000

/** Its parts end after a number of steps, not after a time, so that a busy machine finds the same. */
const BY_STEPS = { attackTimeout: 60_000, incubationTimeout: 60_000, seedingTimeout: 60_000 }

interface Analyser {
  checkSync(source: string, flags: string, options: Readonly<Record<string, number>>): Found
}

interface Found {
  status: 'safe' | 'vulnerable' | 'unknown'
  complexity?: { type: string; degree?: number }
  /** `fuzz` tries texts; `automaton` proves. */
  checker?: string
  attack?: { pumps: readonly { prefix: string; pump: string }[]; suffix: string }
}

const known = new Map<string, PatternCost>()
let analyser: Analyser | undefined

/**
 * How a pattern may backtrack, in engines that try one way after the other as JavaScript's do. Flags that a regular
 * expression takes; a contract's patterns have `u`. Takes up to seconds where repetitions with bounds nest.
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
    default:
      return Math.floor(Math.log2(MAX_STEPS))
  }
}

/**
 * A text that takes a pattern practically for ever; `undefined` for one whose steps do not double with each character,
 * or that is not decided soon.
 */
export function attackOn(pattern: string, flags = ''): string | undefined {
  if (isEvident(pattern) || pattern.length > LONGEST_PATTERN) return undefined
  const { attack, cost } = judged(pattern, flags, 5000)
  if (cost.growth !== 'exponential' || attack === undefined) return undefined
  // The analyser's own text is one that shows it, not one that takes long.
  return attack.pumps.map(({ prefix, pump }) => prefix + pump.repeat(64)).join('') + attack.suffix
}

/** Tests texts with a pattern of a contract. */
export interface TextPattern {
  test(text: string): boolean
}

/** A pattern of a contract, in Unicode mode, that does not test texts that it could spend for ever on. */
export function textPattern(pattern: string): TextPattern {
  const expression = new RegExp(pattern, 'u')
  const longest = longestTested(pattern)
  if (longest === undefined) return expression
  return { test: (text) => text.length <= longest && expression.test(text) }
}

function analysed(pattern: string, flags: string, milliseconds: number): PatternCost {
  if (isEvident(pattern)) return { growth: 'linear' }
  if (pattern.length > LONGEST_PATTERN) return { growth: 'unknown' }
  if (choosesEmptyRounds(pattern)) return { growth: 'exponential' }
  // Without its upper bounds a pattern has at least the ways that it has with them, and is soon looked through.
  const loose = withoutBounds(pattern)
  if (loose === pattern) return judged(pattern, flags, milliseconds).cost
  const most = judged(loose, flags, 4000).cost
  if (most.growth === 'linear') return most
  const { cost, isTried } = judged(pattern, flags, milliseconds)
  // That no text was found is no proof.
  return cost.growth === 'linear' && isTried && most.growth === 'exponential' ? { growth: 'unknown' } : cost
}

/** `isTried`: what was found of the pattern was found by trying texts. */
function judged(
  pattern: string,
  flags: string,
  timeout: number,
): { cost: PatternCost; isTried: boolean; attack?: Found['attack'] } {
  // Loaded when a pattern needs it. The package has the part of recheck that is JavaScript beside this file.
  const require = createRequire(import.meta.url)
  analyser ??= require(
    import.meta.url.endsWith('.ts') ? 'recheck/lib/browser.js' : './recheck.cjs',
  ) as Analyser
  let found: Found
  try {
    found = analyser.checkSync(pattern, flags.replaceAll(/[^gimsuy]/g, ''), { ...BY_STEPS, timeout })
  } catch {
    // It walks by recursion, and its stack ends over many repetitions within each other.
    return { cost: { growth: 'unknown' }, isTried: true }
  }
  const { checker, attack } = found
  return { cost: costOf(found), isTried: checker === 'fuzz', ...(attack !== undefined && { attack }) }
}

function costOf({ status, complexity }: Found): PatternCost {
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

/** `{2,40}` as `+`, `{0,40}` as `*`. Rounds that may take nothing need not be: `(a?){2,40}` is as `(a?)*`. */
function withoutBounds(pattern: string): string {
  const tokens = tokensOf(pattern)
  return tokens
    .map((token, at) => {
      const bounds = boundsOf(token)
      if (bounds === undefined || bounds.high < 4) return token
      return bounds.low === 0 || (tokens[at - 1] === ')' && groupMayBeEmpty(tokens, at - 1)) ? '*' : '+'
    })
    .join('')
}

/** More empty rounds than these are too many: each doubles the ways. */
const MAX_EMPTY_ROUNDS = 10

/**
 * An engine leaves out a round that takes nothing only when as many as must be are done, so that `(a?){30}` tries each
 * choice of rounds that are empty. The analyser takes such rounds for none.
 */
function choosesEmptyRounds(pattern: string): boolean {
  const tokens = tokensOf(pattern)
  const timesOfOpen: number[] = [1]
  let rounds = 0
  for (const [at, token] of tokens.entries()) {
    if (token === '(') {
      const next = tokens[closeOf(tokens, at) + 1] ?? ''
      const bounds = boundsOf(next)
      const most = /^[*+]$/.test(next) ? Number.POSITIVE_INFINITY : (bounds?.high ?? 1)
      timesOfOpen.push(timesOfOpen.at(-1)! * Math.max(1, most))
    } else if (token === ')') {
      if (timesOfOpen.length > 1) timesOfOpen.pop()
      const low = boundsOf(tokens[at + 1] ?? '')?.low ?? 0
      if (low > 1 && groupMayBeEmpty(tokens, at)) rounds += low * timesOfOpen.at(-1)!
    }
  }
  return rounds > MAX_EMPTY_ROUNDS
}

/** Of `{2}`, `{2,}` (without an end) and `{2,40}`. */
function boundsOf(token: string): { low: number; high: number } | undefined {
  const [, low, comma, high] = /^\{(\d+)(?:(,)(\d*))?\}$/.exec(token) ?? []
  if (low === undefined) return undefined
  const most = comma === undefined ? low : high === '' ? Number.POSITIVE_INFINITY : high
  return { low: Number(low), high: Number(most) }
}

function closeOf(tokens: readonly string[], open: number): number {
  let at = open
  for (let depth = 0; at < tokens.length; at++) {
    if (tokens[at] === '(') depth++
    else if (tokens[at] === ')' && --depth === 0) break
  }
  return at
}

/** Whether the group that ends there can take nothing. Sooner yes than no. */
function groupMayBeEmpty(tokens: readonly string[], close: number): boolean {
  let start = close
  for (let depth = 0; start >= 0; start--) {
    if (tokens[start] === ')') depth++
    else if (tokens[start] === '(' && --depth === 0) break
  }
  // Looks around are empty, and a group's name is no text.
  if (tokens[start + 1] === '?') {
    const isNamed = tokens[start + 2] === '<' && !/[=!]/.test(tokens[start + 3] ?? '')
    if (!isNamed && tokens[start + 2] !== ':') return true
    start = isNamed ? tokens.indexOf('>', start) : start + 2
  }
  let takesSome = false
  for (let at = start + 1; at < close; at++) {
    if (tokens[at] === '|') {
      if (!takesSome) return true
      takesSome = false
      continue
    }
    const end = tokens[at] === '(' ? closeOf(tokens, at) : at
    const isOptional = /^(?:[*?]|\{0)/.test(tokens[end + 1] ?? '')
    const isEmpty =
      end > at ? groupMayBeEmpty(tokens, end) : /^(?:[\^$*+?]|\{\d|\\[bBk1-9])/.test(tokens[at]!)
    takesSome ||= !isOptional && !isEmpty
    at = end
  }
  return !takesSome
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
