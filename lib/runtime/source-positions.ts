import path from 'node:path'
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping'
import type { Position } from '../finding.ts'
import type { Failure } from './execute.ts'
import type { Command, RunError, RunnableAction } from './types.ts'

/** Turns positions of the bundle into those of the source. */
export interface SourcePositions {
  of(at: Position): Position
  /** Changes and returns the command. */
  command(command: Command): Command
  /** Without a frame of the Action, the error stands at the start of its source. */
  error(failure: Failure): RunError
}

const INLINE = '//# sourceMappingURL=data:application/json'

/** The map inside the code, at its end. */
function inlineMap(code: string): string | undefined {
  const at = code.lastIndexOf(INLINE)
  if (at === -1) return undefined
  return /^[^,]*;base64,([A-Za-z0-9+/=]+)\s*$/.exec(code.slice(at + INLINE.length))?.[1]
}

type Code = Pick<RunnableAction, 'code' | 'file' | 'sourceMap'>
const known = new WeakMap<Code, SourcePositions>()

/** Takes the action's `sourceMap`, or the one inside its code. Without any, positions stay those of the bundle. */
export function sourcePositions(action: Code): SourcePositions {
  const positions = known.get(action) ?? read(action)
  known.set(action, positions)
  return positions
}

function read(action: Code): SourcePositions {
  const inline = action.sourceMap === undefined ? inlineMap(action.code) : undefined
  const json =
    action.sourceMap ?? (inline === undefined ? undefined : Buffer.from(inline, 'base64').toString())
  let map: TraceMap | undefined
  try {
    if (json !== undefined) map = new TraceMap(json)
  } catch {
    // A broken map costs the positions, not the run.
  }
  const folder = path.posix.dirname(action.file)

  const fileOf = (source: string) =>
    path.posix.isAbsolute(source) ? source : path.posix.normalize(path.posix.join(folder, source))
  // The last source is the entry: a bundle has what it imports before it.
  const entry = map?.sources.findLast((source) => source !== null)
  const start = { file: typeof entry === 'string' ? fileOf(entry) : action.file, line: 1, column: 1 }

  const of = (at: Position): Position => {
    // Without a frame of the Action: the call came from outside it, e.g. a bound method in a timer.
    if (at.file === '') return start
    if (map === undefined || at.file !== action.file) return at
    const original = originalPositionFor(map, { line: at.line, column: at.column - 1 })
    if (original.source === null) return at
    return { file: fileOf(original.source), line: original.line, column: original.column + 1 }
  }

  const escaped = action.file.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const frame = new RegExp(`${escaped}:(\\d+)(?::(\\d+))?`, 'g')
  return {
    of,
    command(command) {
      command.at = of(command.at)
      return command
    },
    error({ stack, ...failure }) {
      if (stack === undefined) return { ...failure, at: start }
      let at: Position | undefined
      const mapped = stack.replace(frame, (_text, line: string, column: string | undefined) => {
        const position = of({ file: action.file, line: Number(line), column: Number(column ?? 1) })
        at ??= position
        return `${position.file}:${position.line}:${position.column}`
      })
      return { ...failure, stack: withoutRunner(mapped), at: at ?? start }
    },
  }
}

// The frames below the Action are ours and say nothing to its author.
function withoutRunner(stack: string): string {
  return stack
    .split('\n')
    .filter((line) => !line.includes('auth0-claims-runner') && !/^\s+at .*\(?node:/.test(line))
    .join('\n')
}
