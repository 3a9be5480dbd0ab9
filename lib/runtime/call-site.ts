import type { Position } from '../finding.ts'

/** Frames: the method of `api`, what called it, and one more. Each costs time, those across an `await` most. */
const DEPTH = 3
/** Stands for the start of the Action. */
export const NOWHERE: Position = { file: '', line: 1, column: 1 }

/** Where the frames of this toolkit are: the folder of its bundle, else `lib/`, since what an Action calls is in several of its folders. */
export const OWN_FOLDER = folderOf(framesOf(framesOf)[0]?.getFileName() ?? '').replace(
  /lib([/\\])runtime[/\\]$/,
  'lib$1',
)

/** A frame of the running call, and its text as the stack formatter of this process writes it. */
export interface Frame extends Position {
  text(): string
}

/**
 * The innermost frame of the running call whose file `isOwn` accepts: where the Action called its `api`. Its
 * position is that of the code as it runs, before any source map; `undefined` when the Action is not in the stack.
 *
 * @param below frames of this function and those it called are left out
 */
export function callSite(
  isOwn: (file: string) => boolean,
  below: (...args: never[]) => unknown,
): Frame | undefined {
  const { prepareStackTrace } = Error
  for (const site of framesOf(below)) {
    const file = site.getFileName()
    if (file === null || file === undefined || !isOwn(file)) continue
    return {
      file,
      line: site.getLineNumber() ?? 1,
      column: site.getColumnNumber() ?? 1,
      text: () => String(prepareStackTrace?.(new Error('here'), [site]) ?? ''),
    }
  }
  return undefined
}

function folderOf(file: string): string {
  return file.slice(0, Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1)
}

function framesOf(below: (...args: never[]) => unknown): NodeJS.CallSite[] {
  const { stackTraceLimit, prepareStackTrace } = Error
  const holder: { stack?: unknown } = {}
  Error.stackTraceLimit = DEPTH
  Error.prepareStackTrace = sites
  try {
    Error.captureStackTrace(holder, below)
    return holder.stack as NodeJS.CallSite[]
  } finally {
    Error.stackTraceLimit = stackTraceLimit
    // Node's types do not know that it may be unset.
    Error.prepareStackTrace = prepareStackTrace as typeof Error.prepareStackTrace
  }
}

function sites(_error: Error, callSites: NodeJS.CallSite[]): NodeJS.CallSite[] {
  return callSites
}
