import { bundleRules } from '../bundle/rules.ts'
import { type Finding, type Position, reporter } from '../finding.ts'
import { type Embedded, KIND_NAMES, type Kind } from './embedded/index.ts'
import { embeddedRules } from './embedded/rules.ts'
import { walksOf } from './flow/walk-file.ts'
import { parseAction } from './parse.ts'
import { textPositions } from './positions.ts'
import { type Program, programsOf } from './program.ts'
import { allOf } from './too-deep.ts'

const report = reporter({ ...embeddedRules, ...bundleRules })

/** The findings on the Actions that stand in another file, with positions in that file. */
export async function checkEmbedded(
  file: string,
  source: string,
  { actions, others, named, fault, kind, guessed }: Embedded,
  findingsOn: (programs: [Program, ...Program[]]) => Iterable<Finding>,
): Promise<Finding[]> {
  const positionAt = textPositions(file, source)
  const found: Finding[] = []
  for (const { text, placeOf } of actions) {
    const at = (offset: number): Position => positionAt(placeOf(offset))
    // Types of TypeScript are no error, whatever the block says it is.
    const { tree, fault } = await parseAction('block.ts', text)
    found.push(
      ...allOf(file, () => findingsOn(programsOf(walksOf(tree), { file, text, tree, positionAt: at }))),
    )
    if (fault !== undefined && !found.some(({ rule }) => rule === 'handler/rules-style')) {
      found.push(
        report('bundle/syntax', at(fault.offset), {
          message: `The code in this ${KIND_NAMES[kind]} cannot be parsed: ${fault.message}`,
          hint: 'Correct the code; the position is the first place that does not fit.',
        }),
      )
    }
  }
  if (fault !== undefined) {
    found.push(
      report('bundle/syntax', positionAt(fault.offset), {
        message: `The file cannot be read as ${KIND_NAMES[kind]}: ${fault.message}`,
        hint: 'Correct the file; Actions that were found in it are checked all the same.',
      }),
    )
  } else if (actions.length === 0) {
    found.push(
      report('bundle/no-action', positionAt(named[0] ?? others[0] ?? 0), {
        message:
          named.length > 0
            ? 'No code of an Action is in this file: it only names files. Nothing is checked.'
            : 'No Action was found in this file: nothing is checked.',
        hint: ELSEWHERE[kind],
      }),
    )
  } else if (guessed) {
    found.push(
      report('bundle/not-checked', positionAt(0), {
        message: `This is ${KIND_NAMES[kind]}, not code: the ${actions.length === 1 ? 'Action' : `${actions.length} Actions`} in it ${actions.length === 1 ? 'is' : 'are'} checked, and nothing else.`,
        hint:
          kind === 'md'
            ? 'Leave the fences out where the code is deployed.'
            : 'Nothing to do, if that is meant.',
      }),
    )
  } else if (others.length + named.length > 0) {
    const lines = [...others, ...named].map((offset) => positionAt(offset).line)
    found.push(
      report('bundle/not-checked', positionAt(others[0] ?? named[0]!), {
        message: `${actions.length} ${actions.length === 1 ? 'Action' : 'Actions'} of this file ${actions.length === 1 ? 'is' : 'are'} checked; the code at ${lines.length === 1 ? 'line' : 'lines'} ${lines.join(', ')} is not: it is no Action, or stands in another file.`,
        hint: 'Nothing to do, if that is meant.',
      }),
    )
  }
  return found
}

const ELSEWHERE: Readonly<Record<Kind, string>> = {
  md: 'Put the Action between ```js and ```.',
  tf: 'Name the files of the code instead.',
  yaml: 'Name the files of the code; for a workspace call claims check in its folder, without a name.',
  json: 'Name the files of the code; for a workspace call claims check in its folder, without a name.',
}
