import { bundleRules } from '../bundle/rules.ts'
import { type Finding, type Position, reporter } from '../finding.ts'

const report = reporter(bundleRules)

/** The finding that a file is not followed to its end. */
export function tooDeep(at: Position, message: string): Finding {
  return report('bundle/too-deep', at, {
    message,
    hint: 'Write it flatter: a table instead of branches, join() instead of many +. Generated data belongs into JSON.parse.',
  })
}

/** All findings on a file, or one that its tree is too deep for this process. */
export function allOf(file: string, findings: () => Iterable<Finding>): Finding[] {
  const found: Finding[] = []
  try {
    for (const finding of findings()) found.push(finding)
  } catch (error) {
    // The stack: nothing else throws one over so deep a tree.
    if (!(error instanceof RangeError)) throw error
    found.push(beyond(file))
  }
  return found
}

/** For a file that is read and not followed to its end. */
export function beyond(file: string): Finding {
  return tooDeep(
    { file, line: 1, column: 1 },
    'The code is nested more deeply than it can be followed: what is in its depth is not checked.',
  )
}
