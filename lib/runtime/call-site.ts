import type { Position } from './types.ts'

const UNKNOWN: Position = { file: '', line: 1, column: 1 }

/**
 * The innermost place in the running stack whose file `isOwn` accepts: where the Action called its `api`.
 * Positions are those of the code as it runs, before any source map.
 */
export function callSite(isOwn: (file: string) => boolean): Position {
  const { stackTraceLimit, prepareStackTrace } = Error
  const holder: { stack?: unknown } = {}
  let sites: NodeJS.CallSite[] = []
  try {
    Error.stackTraceLimit = 25
    Error.prepareStackTrace = (_error, callSites) => callSites
    Error.captureStackTrace(holder, callSite)
    sites = holder.stack as NodeJS.CallSite[]
  } finally {
    Error.stackTraceLimit = stackTraceLimit
    // Node's types do not know that it may be unset.
    Error.prepareStackTrace = prepareStackTrace as typeof Error.prepareStackTrace
  }
  for (const site of sites) {
    const file = site.getFileName()
    if (file !== null && file !== undefined && isOwn(file)) {
      return { file, line: site.getLineNumber() ?? 1, column: site.getColumnNumber() ?? 1 }
    }
  }
  return UNKNOWN
}
