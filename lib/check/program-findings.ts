import type { Finding } from '../finding.ts'
import type { Program } from './program.ts'
import { apiFindings } from './rules/api.ts'
import { habitFindings } from './rules/bundle.ts'
import { type FoundWrite, nameFindings, situationFindings } from './rules/claims.ts'
import { eventFindings } from './rules/event.ts'
import { continueFindings, handlerFindings } from './rules/handler.ts'
import { undefinedNames } from './rules/names.ts'
import { literalSecrets } from './rules/secrets.ts'
import { beyond } from './too-deep.ts'

/** What can be said of one file, whatever workspace it belongs to. */
export function* programFindings(program: Program, writes: readonly FoundWrite[]): Generator<Finding> {
  for (const write of writes) yield* nameFindings(write, program.positionAt(write.offset))
  yield* situationFindings(program, writes)
  yield* handlerFindings(program)
  yield* continueFindings(program)
  yield* apiFindings(program)
  yield* eventFindings(program)
  yield* habitFindings(program)
  yield* undefinedNames(program)
  yield* literalSecrets(program)
  if (program.walked.tooDeep) yield beyond(program.file)
}
