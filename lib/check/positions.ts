import { dirname, relative, resolve, sep } from 'node:path'
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping'
import type { BuiltAction } from '../bundle/index.ts'
import type { Position } from '../runtime/types.ts'

/** Positions in a text that ships as it is written. */
export function textPositions(file: string, text: string): (offset: number) => Position {
  let starts: number[] | undefined
  return (offset) => {
    starts ??= lineStarts(text)
    const line = lineOf(starts, offset)
    return { file, line: line + 1, column: offset - starts[line]! + 1 }
  }
}

/** Maps offsets in a bundle to positions in its sources, with paths relative to `root`. */
export function bundlePositions(built: BuiltAction, root: string): (offset: number) => Position {
  let map: TraceMap | undefined
  let starts: number[] | undefined
  return (offset) => {
    map ??= new TraceMap(built.sourceMap)
    starts ??= lineStarts(built.code)
    const line = lineOf(starts, offset)
    const original = originalPositionFor(map, { line: line + 1, column: offset - starts[line]! })
    if (original.source === null) return { file: shown(root, built.sourceFile), line: 1, column: 1 }
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

/** The line, counted from 0, that an offset is on. */
function lineOf(starts: readonly number[], offset: number): number {
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (starts[middle]! <= offset) low = middle
    else high = middle - 1
  }
  return low
}

/** A path as the user would type it. */
export function shown(root: string, file: string): string {
  return relative(root, file).split(sep).join('/')
}
