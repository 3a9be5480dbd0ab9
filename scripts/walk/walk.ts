/**
 * The walk of a new user, from six Actions pasted out of a dashboard to a green CI: `claims init`, then each step of the
 * workflow that it has written, as the runner would run it. The package is linked in the place of `npm ci`.
 */
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { parse } from 'yaml'

const ACTIONS = fileURLToPath(new URL('actions', import.meta.url))

export interface WalkStep {
  line: string
  code: number
  seconds: number
  output: string
}

interface Step {
  uses?: string
  if?: string
  run?: string
}

/**
 * Walks with the package in this folder, compiled. Ends at the first step that fails.
 *
 * @returns the steps, with what they printed
 */
export async function walk(packageFolder: string): Promise<WalkStep[]> {
  const home = await mkdtemp(join(tmpdir(), 'auth0-claims-walk-'))
  const folder = join(home, 'my tenant')
  const steps: WalkStep[] = []
  const run = async (line: string, env: Record<string, string> = {}): Promise<string> => {
    const started = performance.now()
    const { code, output } = await shell(line, folder, { HOME: home, ...env })
    steps.push({ line: line.trim(), code, seconds: (performance.now() - started) / 1000, output })
    if (code !== 0) throw new Stopped()
    return output
  }
  try {
    await cp(ACTIONS, folder, { recursive: true })
    await link(packageFolder, folder)
    await shell(
      'git init -q && git -c user.name=a -c user.email=a@example.com commit -q --allow-empty -m Base',
      folder,
      { HOME: home },
    )
    await run('npx claims init --yes')
    const workflow = parse(await readFile(join(folder, '.github/workflows/claims.yml'), 'utf8'))
    const { stdout: base } = await promisify(execFile)('git', ['rev-parse', 'HEAD'], { cwd: folder })
    await shell('git add -A && git -c user.name=a -c user.email=a@example.com commit -q -m Claims', folder, {
      HOME: home,
    })
    for (const { run: line } of [...workflow.jobs.check.steps, ...workflow.jobs.plan.steps] as Step[]) {
      // What GitHub alone can do: the link stands for npm ci, and there is no pull request to comment on.
      if (line === undefined || line === 'npm ci' || line.startsWith('gh ')) continue
      await run(line, { BASE: base.trim() })
    }
  } catch (error) {
    if (!(error instanceof Stopped)) throw error
  } finally {
    await rm(home, { recursive: true, force: true })
  }
  return steps
}

class Stopped extends Error {}

async function link(packageFolder: string, folder: string): Promise<void> {
  const bin = join(folder, 'node_modules/.bin')
  await mkdir(bin, { recursive: true })
  await symlink(packageFolder, join(dirname(bin), 'auth0-claims'))
  await symlink(join(packageFolder, 'dist/cli/main.js'), join(bin, 'claims'))
}

function shell(
  line: string,
  cwd: string,
  env: Record<string, string>,
): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const options = { cwd, env: { PATH: process.env['PATH'] ?? '', ...env }, maxBuffer: 1e8 }
    execFile('bash', ['-e', '-o', 'pipefail', '-c', line], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1
      resolve({ code, output: `${stdout}${stderr}` })
    })
  })
}

/** The steps as a text; without times the same in every run. */
export function walkText(steps: readonly WalkStep[], { times }: { times: boolean }): string {
  const rows = steps.map(({ line, code, seconds }) => {
    const shown = line
      .split('\n')
      .map((one) => one.trim())
      .join('; ')
    return `${code === 0 ? 'ok  ' : 'FAIL'} ${times ? `${seconds.toFixed(1).padStart(5)} s  ` : ''}${shown}`
  })
  const total = steps.reduce((sum, { seconds }) => sum + seconds, 0)
  return [...rows, ...(times ? [`     ${total.toFixed(1).padStart(5)} s  in all`] : []), ''].join('\n')
}
