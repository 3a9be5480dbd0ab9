import { readFileSync } from 'node:fs'

/** Linux counts memory in pages; of all the machines that Node runs on, these have 4 KiB or more. */
const PAGE = 4096

/** Memory in use by a process and its children, in bytes; 0 where the machine does not say (only Linux does). */
export function residentBytes(pid: number | undefined): number {
  if (pid === undefined || process.platform !== 'linux') return 0
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1])
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean)
    return children.reduce((sum, child) => sum + residentBytes(Number(child)), pages * PAGE)
  } catch {
    // It has just ended.
    return 0
  }
}
