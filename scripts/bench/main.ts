/**
 * `npm run bench [-- <name>...]`: ratios, each beside a peer or the bare library in one run. Never a test.
 * Goals are in brackets; on a noisy machine hold them against the least ratio of several runs.
 */
import { join } from 'node:path'
import { bundling } from './bundling.ts'
import { checkingAgain, checkingMany, checkingOne } from './checking.ts'
import { becomingReady, loggingIn, loggingInAgain, longRun, refreshing, remembering } from './logins.ts'
import { running } from './running.ts'
import type { Figure } from './side-by-side.ts'
import { verifying } from './verifying.ts'

const root = join(import.meta.dirname, '../..')

const BENCHES: Readonly<Record<string, readonly [title: string, run: () => Promise<Figure[]>][]>> = {
  verify: [['Verifying an RS256 access token, contract included', () => verifying(root)]],
  run: [
    [
      'Running one Action with a new event (goals: 0.02 × the mock in this process, 0.125 × in the child, many at once)',
      () => running(),
    ],
  ],
  check: [
    [
      'Checking 1,000 Actions, CPU of whole processes (goals: 0.45 × TypeScript 5, 0.15 × ESLint)',
      () => checkingMany(root),
    ],
    [
      'Checking one Action, CPU of whole processes (goal: 1.6 × an empty Node process)',
      () => checkingOne(root, 'cpu'),
    ],
    [
      'Checking one Action, until the process has ended (goal: 1.6 × an empty Node process)',
      () => checkingOne(root, 'wall'),
    ],
    [
      'Checking 1,000 Actions again, CPU of whole processes (goal: 0.35 × the first time)',
      () => checkingAgain(root),
    ],
  ],
  logins: [
    [
      'Logging in over HTTP, RS256, one at a time (goals: 0.40 × oauth2-mock-server, 0.50 × oidc-provider)',
      loggingIn,
    ],
    ['Logging in again with the session of the browser', loggingInAgain],
    ['Refreshing', refreshing],
    ['Ready: from the start to the first answer (goal: 0.50 × oauth2-mock-server)', () => becomingReady()],
    ['A long run (goal: the last 1.11 × the first at most)', () => longRun()],
    ['Memory (goal: 1.30 × at most)', () => remembering()],
  ],
  bundle: [['Bundling 100 Actions, in this process (goal: 0.35 × separate calls)', () => bundling()]],
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !Object.hasOwn(BENCHES, name))
if (unknown.length > 0) {
  console.error(`there is no bench "${unknown.join('", "')}"; there are ${Object.keys(BENCHES).join(', ')}`)
  process.exitCode = 2
} else {
  for (const name of wanted.length === 0 ? Object.keys(BENCHES) : wanted) {
    for (const [title, run] of BENCHES[name]!) print(title, await run())
  }
}

function print(title: string, figures: readonly Figure[]): void {
  console.log(`${title}\n`)
  const width = Math.max(...figures.map(({ name }) => name.length))
  for (const { name, microseconds, text, ratio, least, largest } of figures) {
    const range = `(${least.toFixed(least < 0.1 ? 4 : 2)}–${largest.toFixed(2)})`
    console.log(
      `  ${name.padEnd(width)}  ${ratio.toFixed(ratio < 0.1 ? 4 : 2).padStart(7)} ×  ${range.padEnd(14)} ${text ?? time(microseconds)}`,
    )
  }
  console.log()
}

function time(microseconds: number): string {
  return microseconds < 10_000 ? `${microseconds.toFixed(1)} µs` : `${(microseconds / 1000).toFixed(0)} ms`
}
