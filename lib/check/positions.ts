import { dirname, relative, resolve, sep } from 'node:path'
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping'
import type { BuiltAction } from '../bundle/index.ts'
import type { Position } from '../runtime/types.ts'

/** Maps offsets in a bundle to positions in the source, with paths relative to `root`. */
export function sourcePositions(built: BuiltAction, root: string): (offset: number) => Position {
  const map = new TraceMap(built.sourceMap)
  const starts = lineStarts(built.code)
  return (offset) => {
    let line = starts.findLastIndex((start) => start <= offset)
    if (line === -1) line = 0
    const original = originalPositionFor(map, { line: line + 1, column: offset - starts[line]! })
    if (original.source === null) {
      return { file: shown(root, built.sourceFile), line: 1, column: 1 }
    }
    return {
      file: shown(root, resolve(dirname(built.builtFile), original.source)),
      line: original.line,
      column: original.column + 1,
    }
  }
}

function lineStarts(text: string): number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

/** A path as the user would type it. */
export function shown(root: string, file: string): string {
  return relative(root, file).split(sep).join('/')
}
