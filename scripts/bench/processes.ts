import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type Figure, figuresOf } from './side-by-side.ts'

/** One Node process: what to run, and where. */
export interface Command {
  name: string
  args: readonly string[]
  cwd: string
  /** Instead of this process's. */
  env?: Readonly<Record<string, string>>
  /** Whether the CPU of what it starts counts as well. Linux only. @defaultValue false */
  withChildren?: boolean
  /** Any other exit code ends the bench. @defaultValue any is fine */
  exits?: number
  /** Done before each run, not counted. */
  before?: () => Promise<void>
}

const REPORT = fileURLToPath(new URL('./peers/report-cpu.cjs', import.meta.url))

/**
 * CPU time, of all threads of the process; or the time until it has ended; or the most memory that it had (of it alone,
 * kilobytes in place of microseconds).
 */
export type Clock = 'cpu' | 'wall' | 'memory'

/**
 * Times of whole Node processes, in turn; the first is the reference. A process may end with any exit code: a check
 * that finds something ends with 1.
 */
export async function processes(
  commands: readonly Command[],
  rounds = 5,
  clock: Clock = 'cpu',
): Promise<Figure[]> {
  return (await timesOfProcesses(commands, rounds))[clock]
}

/** The same, by both clocks. */
export async function timesOfProcesses(
  commands: readonly Command[],
  rounds: number,
): Promise<Record<Clock, Figure[]>> {
  const cpu = new Map(commands.map(({ name }) => [name, [] as number[]]))
  const wall = new Map(commands.map(({ name }) => [name, [] as number[]]))
  const memory = new Map(commands.map(({ name }) => [name, [] as number[]]))
  for (let round = 0; round <= rounds; round++) {
    for (const command of commands) {
      await command.before?.()
      const times = await timesOf(command)
      // The first round warms the caches of the machine.
      if (round === 0) continue
      cpu.get(command.name)!.push(times.cpu)
      wall.get(command.name)!.push(times.wall)
      memory.get(command.name)!.push(times.memory)
    }
  }
  const megabytes = figuresOf(memory).map((figure) => ({
    ...figure,
    text: `${Math.round(figure.microseconds / 1024)} MB`,
  }))
  return { cpu: figuresOf(cpu), wall: figuresOf(wall), memory: megabytes }
}

function timesOf({ name, args, cwd, env, withChildren, exits }: Command): Promise<Record<Clock, number>> {
  return new Promise((resolve, reject) => {
    const start = performance.now()
    const child = spawn(process.execPath, ['--require', REPORT, ...args], {
      cwd,
      env: { ...(env ?? process.env), ...(withChildren === true ? { REPORT_CHILDREN: '1' } : {}) },
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    })
    let report = ''
    child.stdio[3]!.on('data', (chunk) => {
      report += String(chunk)
    })
    child.on('error', reject)
    child.on('close', (code) => {
      const wall = (performance.now() - start) * 1000
      const [cpu = 0, memory = 0] = report.split(' ').map(Number)
      if (report === '' || !(cpu > 0)) reject(new Error(`${name} ended with ${code} and said nothing`))
      else if (exits !== undefined && code !== exits) reject(new Error(`${name} ended with ${code}`))
      else resolve({ cpu, wall, memory })
    })
  })
}
