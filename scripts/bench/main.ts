/**
 * `npm run bench [-- [--quick] <name>...]`: ratios, each beside a peer or the bare library in one run. Never a test.
 * Goals are in brackets; hold them against the last column but one, best round over best round: other work on the
 * machine disturbs it least. `--quick` runs few rounds of the rows that need no long preparation, under a minute; all
 * benches in full are written to results.json.
 */
import { writeFileSync } from 'node:fs'
import { cpus, platform, release, totalmem } from 'node:os'

import { join } from 'node:path'
import { bundling } from './bundling.ts'
import { checkingMany, checkingOne } from './checking.ts'
import { deploying } from './deploying.ts'
import { becomingReady, loggingIn, loggingInAgain, longRun, refreshing, remembering } from './logins.ts'
import { planning, planningBesideStock } from './planning.ts'
import { generating, runningLogins } from './proving.ts'
import { running } from './running.ts'
import { servingExpress } from './serving.ts'
import { type Figure, hurry } from './side-by-side.ts'
import { loading, starting, suites } from './suites.ts'
import {
  ALGORITHMS,
  burst,
  caching,
  contractShare,
  memory,
  oneAtATime,
  onWebCrypto,
  provingPossession,
} from './verifying.ts'

const root = join(import.meta.dirname, '../..')

/** Of a row that is ready at once and measured in this process. */
const QUICK = 'quick'

/** Figures, or a text where time is not what is measured. */
type Bench = readonly [title: string, run: () => Promise<Figure[] | string>, pace?: typeof QUICK]
const bench = (...parts: Bench): Bench => parts

const GOALS = { RS256: '1.20', PS256: '1.20', ES256: '1.08', EdDSA: '1.05' } as const

const BENCHES: Readonly<Record<string, readonly Bench[]>> = {
  verify: [
    ...ALGORITHMS.map((algorithm) =>
      bench(
        `Verifying ${algorithm} access tokens, contract included (goal: ${GOALS[algorithm]} × crypto.verify)`,
        () => oneAtATime(algorithm),
        QUICK,
      ),
    ),
    ...ALGORITHMS.map((algorithm) =>
      bench(
        `64 ${algorithm} access tokens at once (goal: 0.9 × jose)`,
        () => burst(algorithm, 'wall'),
        QUICK,
      ),
    ),
    ...ALGORITHMS.map((algorithm) =>
      bench(
        `64 ${algorithm} access tokens at once, CPU (goal: 0.95 × jose)`,
        () => burst(algorithm, 'cpu'),
        QUICK,
      ),
    ),
    ...ALGORITHMS.map((algorithm) =>
      bench(
        `Verifying ${algorithm} access tokens by WebCrypto alone (goal: 1.03 × jose)`,
        () => onWebCrypto(algorithm),
        QUICK,
      ),
    ),
    bench('A cache of RS256 tokens (goals: a hit 0.07 ×, a miss 1.12 ×)', () => caching('RS256'), QUICK),
    bench('A cache of ES256 tokens (goals: a hit 0.03 ×, a miss 1.12 ×)', () => caching('ES256'), QUICK),
    bench('The contract in an RS256 verification (goal: 0.01 ×)', contractShare, QUICK),
    bench('Proofs of possession', provingPossession),
    bench('CPU that the check adds to a request to an Express app (goal: 0.5 ×)', servingExpress),
    bench('A million verifications', memory),
  ],
  run: [
    [
      'Running one Action with a new event (goals beside the library itself, which takes 1.6 times as long as its stand-in: 0.02 × in this process, 0.125 × in the child, many at once)',
      () => running(),
    ],
    ['A test file of 1,000 cases, until the process has ended (goal: 0.2 ×)', () => suites(root, 1000)],
    ['A test file of one case, until the process has ended (goal: 0.65 ×)', () => suites(root, 1)],
    ['Loading the entry point for suites (goal: 1.25 ×)', () => loading(root)],
    ['An Action in a new child process (goal: 150 ms)', () => starting()],
  ],
  prove: [
    ['Making logins for a search (goal: 0.125 × a record of rich strings)', () => generating(root), QUICK],
    ['Logins through the Actions of the example (goal: 1,000 in 1.5 s)', () => runningLogins(root)],
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
  size: [
    [
      'Planning 30 Actions, 25 applications, 5 APIs and 5 organizations, until the process has ended',
      () => planningBesideStock(root, 'wall'),
    ],
    ['The same, CPU of whole processes and what they start', () => planningBesideStock(root, 'cpu')],
    [
      'Planning 300 Actions, 500 applications, 100 APIs and 50 organizations, until the process has ended (goal: 3 s)',
      () => planning(root, 'wall'),
    ],
    ['The same, CPU of whole processes and what they start', () => planning(root, 'cpu')],
    ['The same, most memory of the process (goal: 200 MB)', () => planning(root, 'memory')],
  ],
  deploy: [1, 10, 50].flatMap((count): [string, () => Promise<Figure[]>][] => [
    [
      `Deploying ${count} changed Actions, CPU of whole processes and what they start (goal: 0.1 × the deploy CLI)`,
      () => deploying(root, count, 'cpu'),
    ],
    [
      `Deploying ${count} changed Actions, until the process has ended (goal: 0.33 × the deploy CLI)`,
      () => deploying(root, count, 'wall'),
    ],
  ]),
  bundle: [['Bundling 100 Actions, in this process (goal: 0.35 × separate calls)', () => bundling(), QUICK]],
}

/** One row of results.json. */
interface Result {
  bench: string
  title: string
  goal?: string
  figures: readonly Figure[] | string
}

const asked = process.argv.slice(2)
const quick = asked.includes('--quick')
const wanted = asked.filter((name) => name !== '--quick')
const unknown = wanted.filter((name) => !Object.hasOwn(BENCHES, name))
if (unknown.length > 0) {
  console.error(
    `there is no bench "${unknown.join('", "')}"; there are ${Object.keys(BENCHES).join(', ')}, and --quick`,
  )
  process.exitCode = 2
} else {
  if (quick) hurry()
  const results: Result[] = []
  for (const name of wanted.length === 0 ? Object.keys(BENCHES) : wanted) {
    const rows = BENCHES[name]!.filter(([, , pace]) => !quick || pace === QUICK)
    if (rows.length === 0) console.log(`${name}: no row of it is quick; npm run bench -- ${name}\n`)
    for (const [title, run] of rows) {
      const figures = await run()
      print(title, figures)
      results.push(resultOf(name, title, figures))
    }
  }
  // A part, or a few rounds, would not be comparable with what is there.
  if (!quick && wanted.length === 0) {
    const text = `${JSON.stringify({ machine: machine(), results }, null, 2)}\n`
    writeFileSync(join(import.meta.dirname, 'results.json'), text)
  }
}

/** The goal stands in brackets at the end of a title. */
function resultOf(bench: string, title: string, figures: Result['figures']): Result {
  const at = title.lastIndexOf(' (goal')
  if (at === -1) return { bench, title, figures }
  return { bench, title: title.slice(0, at), goal: title.slice(at + 2, -1), figures }
}

/** What the times depend on. `memory` in bytes. */
function machine() {
  const processors = cpus()
  return {
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    system: `${platform()} ${release()} ${process.arch}`,
    processor: processors[0]?.model ?? 'unknown',
    processors: processors.length,
    memory: totalmem(),
  }
}

function print(title: string, figures: readonly Figure[] | string): void {
  console.log(`${title}\n`)
  if (typeof figures === 'string') {
    console.log(`${figures}\n`)
    return
  }
  const width = Math.max(...figures.map(({ name }) => name.length))
  for (const { name, microseconds, text, ratio, least, largest, best } of figures) {
    const range = `(${least.toFixed(least < 0.1 ? 4 : 2)}–${largest.toFixed(2)})`
    const digits = (value: number) => value.toFixed(value < 0.1 ? 4 : 2).padStart(6)
    console.log(
      `  ${name.padEnd(width)} ${digits(ratio)} ×  ${range.padEnd(14)} best ${digits(best)} ×  ${text ?? time(microseconds)}`,
    )
  }
  console.log()
}

function time(microseconds: number): string {
  return microseconds < 10_000 ? `${microseconds.toFixed(1)} µs` : `${(microseconds / 1000).toFixed(0)} ms`
}
