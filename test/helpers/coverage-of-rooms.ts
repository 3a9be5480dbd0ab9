import { relative, sep } from 'node:path'
import type { Reporter } from 'vitest/node'

/** What of istanbul's map of coverage is read: how often each branch of each file ran. */
interface Coverage {
  files(): string[]
  fileCoverageFor(file: string): { toSummary(): { branches: Counted; statements: Counted } }
}

interface Counted {
  covered: number
  total: number
}

const LIB = 'lib'

/** Prints for each room of lib/ how much of it ran, where coverage is measured. */
export default class CoverageOfRooms implements Reporter {
  onCoverage(coverage: unknown): void {
    console.log('\nWhat ran of each room of lib/: branches, statements')
    for (const [room, { branches, statements }] of roomsOf(coverage as Coverage)) {
      console.log(`  ${room.padEnd(14)} ${percent(branches)} %  ${percent(statements)} %`)
    }
  }
}

function roomsOf(coverage: Coverage): Map<string, { branches: Counted; statements: Counted }> {
  const rooms = new Map<string, { branches: Counted; statements: Counted }>()
  for (const file of coverage.files().sort()) {
    const [, folder, ...rest] = relative(process.cwd(), file).split(sep)
    const room = rest.length === 0 ? LIB : folder!
    const summary = coverage.fileCoverageFor(file).toSummary()
    const before = rooms.get(room)
    rooms.set(room, {
      branches: sum(before?.branches, summary.branches),
      statements: sum(before?.statements, summary.statements),
    })
  }
  return rooms
}

function sum(before: Counted | undefined, { covered, total }: Counted): Counted {
  return { covered: (before?.covered ?? 0) + covered, total: (before?.total ?? 0) + total }
}

function percent({ covered, total }: Counted): string {
  return (total === 0 ? 100 : (100 * covered) / total).toFixed(1).padStart(6)
}
