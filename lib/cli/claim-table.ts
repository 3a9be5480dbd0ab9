import { type TokenKind, tokenName } from '../finding.ts'
import { table } from '../report/index.ts'
import type { TracedWrite } from '../simulator/index.ts'

/** Characters of a value: the whole one is in the token below. */
const SHOWN = 60

/**
 * Every write of an Action to a claim: token, claim, value, place and verdict; with a heading. What `verdictOf` says of
 * a write that is not kept stands behind it.
 */
export function claimTable(
  writes: readonly TracedWrite[],
  verdictOf: (write: TracedWrite) => string = ({ verdict, reason }) => `${verdict}: ${reason ?? ''}`,
): string[] {
  return table([
    ['token', 'claim', 'value', 'set by', 'verdict'],
    ...writes.map((write) => [
      shortName(write.token),
      write.claim,
      shortValue(write.value),
      `${write.at.file}:${write.at.line}`,
      write.verdict === 'kept' ? 'kept' : verdictOf(write),
    ]),
  ])
}

function shortName(token: TokenKind): string {
  return tokenName(token).replace(/ token$/, '')
}

/** A value as JSON, the start of it where it is long; `undefined` as it is. */
export function shortValue(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined'
  const signs = [...text.slice(0, SHOWN * 2 + 2)]
  return signs.length <= SHOWN ? text : `${signs.slice(0, SHOWN - 1).join('')}…`
}
