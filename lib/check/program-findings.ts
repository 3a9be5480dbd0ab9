import type { Finding } from '../finding.ts'
import type { Program } from './program.ts'
import { apiFindings } from './rules/api.ts'
import { habitFindings } from './rules/bundle.ts'
import { claimWritesOf, nameFindings, situationFindings } from './rules/claims.ts'
import { eventFindings } from './rules/event.ts'
import { exportFindings } from './rules/exports.ts'
import { continueFindings, handlerFindings } from './rules/handler.ts'
import { undefinedNames } from './rules/names.ts'
import { literalSecrets } from './rules/secrets.ts'
import { beyond } from './too-deep.ts'

/**
 * What can be said of one file, whatever workspace it belongs to. Of code that several triggers share, a rule says once
 * what is to be mended, as severe as it is for one of them.
 */
export function* programFindings(programs: readonly Program[]): Generator<Finding> {
  if (programs.length === 1) return yield* findingsOf(programs[0]!)
  const found = new Map<string, Finding[]>()
  for (const program of programs) {
    for (const [key, own] of byPlace(findingsOf(program))) {
      const others = found.get(key)
      if (others === undefined || isWorse(own, others)) found.set(key, own)
    }
  }
  yield* [...found.values()].flat()
}

function byPlace(findings: Iterable<Finding>): Map<string, Finding[]> {
  const places = new Map<string, Finding[]>()
  for (const finding of findings) {
    const { rule, file, line, column, claim } = finding
    const key = JSON.stringify([rule, file, line, column, claim])
    places.set(key, [...(places.get(key) ?? []), finding])
  }
  return places
}

const ORDER = ['error', 'warning', 'info'] as const satisfies readonly Finding['severity'][]

function isWorse(some: readonly Finding[], others: readonly Finding[]): boolean {
  const worst = (findings: readonly Finding[]) =>
    Math.min(...findings.map(({ severity }) => ORDER.indexOf(severity)))
  return worst(some) < worst(others)
}

function* findingsOf(program: Program): Generator<Finding> {
  const writes = claimWritesOf(program.walked)
  const { trigger } = program.walked
  for (const write of writes) yield* nameFindings(write, program.positionAt(write.offset), trigger)
  yield* situationFindings(program, writes)
  yield* handlerFindings(program)
  yield* exportFindings(program)
  yield* continueFindings(program)
  yield* apiFindings(program)
  yield* eventFindings(program)
  yield* habitFindings(program)
  yield* undefinedNames(program)
  yield* literalSecrets(program)
  if (program.walked.tooDeep) yield beyond(program.file)
}
