import { dirname, resolve } from 'node:path'
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping'
import type { BuiltAction } from '../bundle/index.ts'
import type { Finding, Position } from '../finding.ts'
import type { Trigger } from '../triggers/index.ts'
import { walksOf } from './flow/walk-file.ts'
import type { SourceText } from './ignore.ts'
import { parseAction } from './parse.ts'
import { lineOf, lineStarts, shown } from './positions.ts'
import { type Program, programsOf } from './program.ts'
import { beyond } from './too-deep.ts'

/** {@link programsOfBundle}, or the finding that it cannot be read. */
export async function tryPrograms(
  bundle: BuiltAction,
  root: string,
  bound?: readonly Trigger[],
): Promise<[Program, ...Program[]] | Finding> {
  const file = shown(root, bundle.sourceFile)
  try {
    const programs = await programsOfBundle(bundle, root, bound)
    if (programs !== undefined) return programs
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
  return beyond(file)
}

/**
 * A bundle, parsed, and walked for each trigger that it has handlers of, else for those in `bound`; `undefined` for one
 * that is nested too deeply. `root` is where paths in positions are relative to.
 */
export async function programsOfBundle(
  bundle: BuiltAction,
  root: string,
  bound?: readonly Trigger[],
): Promise<[Program, ...Program[]] | undefined> {
  const { tree, fault } = await parseAction('bundle.js', bundle.code)
  if (fault?.tooDeep === true) return undefined
  return programsOf(walksOf(tree, bound), {
    file: shown(root, bundle.sourceFile),
    text: bundle.code,
    tree,
    positionAt: bundlePositions(bundle, root),
  })
}

/** The sources of a bundle. */
export function bundleSources(bundle: BuiltAction, root: string): SourceText[] {
  const { sources, sourcesContent } = JSON.parse(bundle.sourceMap) as {
    sources: (string | null)[]
    sourcesContent?: (string | null)[]
  }
  return sources.flatMap((source, index) => {
    const text = sourcesContent?.[index]
    if (source === null || typeof text !== 'string') return []
    return [{ file: shown(root, resolve(dirname(bundle.builtFile), source)), text }]
  })
}

/** Maps offsets in a bundle to positions in its sources, with paths relative to `root`. */
function bundlePositions(built: BuiltAction, root: string): (offset: number) => Position {
  let map: TraceMap | undefined
  let starts: number[] | undefined
  return (offset) => {
    starts ??= lineStarts(built.code)
    const line = lineOf(starts, offset)
    if (built.asWritten) {
      return { file: shown(root, built.sourceFile), line: line + 1, column: offset - starts[line]! + 1 }
    }
    map ??= new TraceMap(built.sourceMap)
    const original = originalPositionFor(map, { line: line + 1, column: offset - starts[line]! })
    if (original.source === null) return { file: shown(root, built.sourceFile), line: 1, column: 1 }
    return {
      file: shown(root, resolve(dirname(built.builtFile), original.source)),
      line: original.line,
      column: original.column + 1,
    }
  }
}
