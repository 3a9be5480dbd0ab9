import type { Finding, Severity } from '../finding.ts'
import { formatSarif, xml } from '../report/index.ts'
import { isAtLeast, isWrong } from '../verify/attack.ts'
import { type AttackLevel, addressOfSource, LEVELS } from '../verify/attack-levels.ts'
import type { JudgedResult } from './attack-ignore.ts'
import { jsonDocument } from './json-document.ts'

/** What a report says besides its results. */
export interface AttackFacts {
  /** The least certain level that fails. */
  level: AttackLevel
  /** The endpoint, e.g. `GET http://localhost:3000/orders`. */
  endpoint: string
  /** A file of the API for SARIF, which wants one. */
  file: string
}

/** Whether a result ends the command with 1. */
export function fails(result: JudgedResult, level: AttackLevel): boolean {
  return isWrong(result) && result.ignored === undefined && isAtLeast(result.level, level)
}

const WORDS = { accepted: 'GOT IN', failed: 'FAILED', refused: 'REFUSED', 'not-sent': '' } as const

export function textOf(results: readonly JudgedResult[], { level }: AttackFacts): string[] {
  const isBad = ({ wanted }: JudgedResult) => wanted === 'refused'
  const bad = results.filter(isBad)
  const good = results.filter((one) => !isBad(one))
  const count = (verdict: JudgedResult['verdict']) => bad.filter((one) => one.verdict === verdict).length
  const wrong = results.filter((one) => isWrong(one) && one.ignored === undefined)
  const ignored = results.filter((one) => isWrong(one) && one.ignored !== undefined)
  const byLevel = LEVELS.map((one) => `${wrong.filter((result) => result.level === one).length} ${one}`)
  const failing = wrong.some((one) => fails(one, level))
  return [
    'accepted the good token',
    ...wrong.map(
      ({ verdict, level: own, family, name, status, source }) =>
        `${WORDS[verdict].padEnd(7)} ${own.padEnd(7)} ${family.padEnd(10)} ${name} (${status ?? 'no answer in time'}), ${source}`,
    ),
    ...ignored.map(({ family, name, ignored: reason }) => `ignored ${family} ${name}: ${reason}`),
    `refused ${count('refused')}, got in ${count('accepted')}, failed ${count('failed')}; ${count('not-sent')} cannot be sent in a header`,
    `accepted ${good.filter((one) => !isWrong(one)).length} of ${good.length} other good ones`,
    ...(wrong.length === 0
      ? []
      : [`wrong: ${byLevel.join(', ')}${failing ? '' : `; none fails with --level ${level}`}`]),
  ]
}

export function jsonOf(results: readonly JudgedResult[], { level }: AttackFacts): string {
  return jsonDocument('attack', { clean: !results.some((one) => fails(one, level)), level, results })
}

/** One suite a family; what is not sent or left out is skipped, and what is below the level passes with its text. */
export function junitOf(results: readonly JudgedResult[], { level, endpoint }: AttackFacts): string {
  const suites = [...new Set(results.map(({ family }) => family))].map((family) => {
    const own = results.filter((one) => one.family === family)
    const cases = own.map((one) => {
      const name = `    <testcase name="${xml(one.name)}" classname="${xml(`attack.${family}`)}"`
      if (one.ignored !== undefined) return `${name}><skipped message="${xml(one.ignored)}"/></testcase>`
      if (one.verdict === 'not-sent') {
        return `${name}><skipped message="It cannot be sent in a header."/></testcase>`
      }
      if (!isWrong(one)) return `${name}/>`
      const text = xml(sentenceOf(one))
      return fails(one, level)
        ? `${name}><failure message="${text}">${xml(`${one.source}: ${addressOfSource(one.source)}`)}</failure></testcase>`
        : `${name}><system-out>${text}</system-out></testcase>`
    })
    return `  <testsuite name="${xml(`${endpoint} ${family}`)}" ${countsOf(own, level)}>\n${cases.join('\n')}\n  </testsuite>`
  })
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="claims attack" ${countsOf(results, level)}>`,
    ...suites,
    '</testsuites>',
  ].join('\n')
}

function countsOf(results: readonly JudgedResult[], level: AttackLevel): string {
  const failures = results.filter((one) => fails(one, level)).length
  const skipped = results.filter(
    (one) => one.ignored !== undefined || (one.verdict === 'not-sent' && one.ignored === undefined),
  ).length
  return `tests="${results.length}" failures="${failures}" skipped="${skipped}"`
}

const SEVERITIES: Readonly<Record<AttackLevel, Severity>> = {
  must: 'error',
  should: 'warning',
  opinion: 'info',
}

export function sarifOf(
  results: readonly JudgedResult[],
  { file, endpoint }: AttackFacts,
  version: string,
): string {
  const findings = results
    .filter((one) => isWrong(one) && one.ignored === undefined)
    .map((one): Finding => {
      const rule = `attack/${one.family}/${one.source.replaceAll(/[^\w.]+/g, '-')}`
      return {
        rule,
        severity: SEVERITIES[one.level],
        message: `${endpoint}: ${sentenceOf(one)}`,
        hint: `${one.source}.`,
        file,
        line: 1,
        column: 1,
        source: addressOfSource(one.source),
      }
    })
  return formatSarif(findings, version)
}

function sentenceOf({ verdict, name, status, level }: JudgedResult): string {
  const answer = status === undefined ? 'no answer in time' : `status ${status}`
  const what =
    verdict === 'accepted' ? 'got in' : verdict === 'refused' ? 'was refused' : 'made the API stumble'
  return `"${name}" ${what} (${answer}; ${level}).`
}
