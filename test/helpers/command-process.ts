import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { compiledPackage } from './compiled-package.ts'

export interface CommandProcess {
  child: ChildProcess
  /** What was printed so far. */
  printed: { stdout: string; stderr: string }
  ended: Promise<{ code: number | null; stdout: string; stderr: string }>
}

export interface CommandOptions {
  stdin?: string
  /** Besides PATH. */
  env?: Readonly<Record<string, string>>
  /** Where standard output goes: `closed` is a pipe that nobody reads, a number is a file. @defaultValue 'read' */
  stdout?: 'read' | 'closed' | number
  /** What runs the command, with arguments of its own. @defaultValue this Node */
  program?: readonly string[]
}

/** `claims` as it ships, as a process of its own in `cwd`, with nothing of our environment but PATH. */
export async function commandProcess(
  cwd: string,
  args: readonly string[],
  { stdin = '', env = {}, stdout = 'read', program = [process.execPath] }: CommandOptions = {},
): Promise<CommandProcess> {
  const [file, ...before] = [...program, join(await compiledPackage(), 'dist/cli/main.js'), ...args]
  const child = spawn(file!, before, {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', ...env },
    stdio: ['pipe', typeof stdout === 'number' ? stdout : 'pipe', 'pipe'],
  })
  const printed = { stdout: '', stderr: '' }
  child.stdin!.on('error', () => {}).end(stdin)
  if (stdout === 'closed') child.stdout!.destroy()
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    printed.stdout += text
  })
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    printed.stderr += text
  })
  const ended = new Promise<Awaited<CommandProcess['ended']>>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, ...printed }))
  })
  return { child, printed, ended }
}
