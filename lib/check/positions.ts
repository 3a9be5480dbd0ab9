import { relative, sep } from 'node:path'
import type { Position } from '../finding.ts'

/** Positions in a text that ships as it is written. */
export function textPositions(file: string, text: string): (offset: number) => Position {
  let starts: number[] | undefined
  return (offset) => {
    starts ??= lineStarts(text)
    const line = lineOf(starts, offset)
    return { file, line: line + 1, column: offset - starts[line]! + 1 }
  }
}

export function lineStarts(text: string): number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

/** The line, counted from 0, that an offset is on. */
export function lineOf(starts: readonly number[], offset: number): number {
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
  // Most files are below the folder, where there is nothing to work out.
  if (sep === '/' && file.startsWith(`${root}/`)) return file.slice(root.length + 1)
  return relative(root, file).split(sep).join('/')
}
