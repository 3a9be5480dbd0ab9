import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type Figure, figuresOf } from './side-by-side.ts'

/** One Node process: what to run, and where. */
export interface Command {
  name: string
  args: readonly string[]
  cwd: string
  /** Done before each run, not counted. */
  before?: () => Promise<void>
}

const REPORT = fileURLToPath(new URL('./peers/report-cpu.cjs', import.meta.url))

/**
 * CPU time of whole Node processes, all their threads included, in turn; the first is the reference. What a process
 * starts itself is not counted. A process may end with any exit code: a check that finds something ends with 1.
 */
export async function processes(commands: readonly Command[], rounds = 5): Promise<Figure[]> {
  const times = new Map(commands.map(({ name }) => [name, [] as number[]]))
  for (let round = 0; round <= rounds; round++) {
    for (const command of commands) {
      await command.before?.()
      const microseconds = await cpuOf(command)
      // The first round warms the caches of the machine.
      if (round > 0) times.get(command.name)!.push(microseconds)
    }
  }
  return figuresOf(times)
}

function cpuOf({ name, args, cwd }: Command): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--require', REPORT, ...args], {
      cwd,
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    })
    let report = ''
    child.stdio[3]!.on('data', (chunk) => {
      report += String(chunk)
    })
    child.on('error', reject)
    child.on('close', (code) => {
      const microseconds = Number(report)
      if (report === '' || !(microseconds > 0))
        reject(new Error(`${name} ended with ${code} and said nothing`))
      else resolve(microseconds)
    })
  })
}
