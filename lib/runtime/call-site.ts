import type { Position } from './types.ts'

const UNKNOWN: Position = { file: '', line: 1, column: 1 }
/** Frames: the method of `api`, what called it, and one more. Each costs time, those across an `await` most. */
const DEPTH = 3

/**
 * Notes where the running call stands, and answers the innermost place whose file `isOwn` accepts: where the
 * Action called its `api`. The stack is read only when somebody asks, since reading costs ten times the noting.
 * Positions are those of the code as it runs, before any source map.
 *
 * @param below frames of this function and those it called are left out
 */
export function callSite(
  isOwn: (file: string) => boolean,
  below: (...args: never[]) => unknown,
): () => Position {
  const { stackTraceLimit } = Error
  const holder: { stack?: unknown } = {}
  Error.stackTraceLimit = DEPTH
  Error.captureStackTrace(holder, below)
  Error.stackTraceLimit = stackTraceLimit
  let position: Position | undefined
  return () => {
    position ??= read(holder, isOwn)
    return position
  }
}

function read(holder: { stack?: unknown }, isOwn: (file: string) => boolean): Position {
  const { prepareStackTrace } = Error
  // A test runner that compiles as it loads puts the source's positions into the text, and only there.
  if (typeof prepareStackTrace === 'function') return readText(String(holder.stack), isOwn)
  let sites: unknown
  try {
    Error.prepareStackTrace = (_error, callSites) => callSites
    sites = holder.stack
  } finally {
    // Node's types do not know that it may be unset.
    Error.prepareStackTrace = prepareStackTrace as typeof Error.prepareStackTrace
  }
  if (!Array.isArray(sites)) return UNKNOWN
  for (const site of sites as NodeJS.CallSite[]) {
    const file = site.getFileName()
    if (file !== null && file !== undefined && isOwn(file)) {
      return { file, line: site.getLineNumber() ?? 1, column: site.getColumnNumber() ?? 1 }
    }
  }
  return UNKNOWN
}

function readText(stack: string, isOwn: (file: string) => boolean): Position {
  for (const line of stack.split('\n')) {
    const [, place, row, column] = /^\s+at (?:.*\()?(.+?):(\d+):(\d+)\)?$/.exec(line) ?? []
    if (place === undefined || !isOwn(place)) continue
    const file = place.startsWith('file://') ? decodeURIComponent(new URL(place).pathname) : place
    return { file, line: Number(row), column: Number(column) }
  }
  return UNKNOWN
}
