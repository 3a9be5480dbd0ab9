import { describe, expect, test } from 'vitest'
import { nestingFault } from '../lib/bundle/nesting.ts'
import { withoutIgnored } from '../lib/check/ignore.ts'
import { nearest } from '../lib/check/nearest.ts'
import { parseAction } from '../lib/check/parse.ts'
import { programsOfSource } from '../lib/check/program.ts'
import { programFindings } from '../lib/check/program-findings.ts'
import { overwriteFindings, type PlacedWrite } from '../lib/check/rules/claims.ts'
import { contractFindings } from '../lib/check/rules/contract.ts'
import { checkClaimName, customClaimsBytes } from '../lib/claims/index.ts'
import { compileContracts, docsOf } from '../lib/contract/index.ts'
import { parseJson } from '../lib/contract/json-text.ts'
import { distinctFindings, type Finding, sortFindings } from '../lib/finding.ts'
import { redactor } from '../lib/prove/index.ts'
import { formatGithub, formatJunit, formatSarif } from '../lib/report/index.ts'
import { runFindings } from '../lib/simulator/run-findings.ts'
import { settleTokens } from '../lib/simulator/settle-tokens.ts'
import type { PipelineResult } from '../lib/simulator/types.ts'
import type { TokenContext } from '../lib/tokens/types.ts'
import { parseYaml } from '../lib/workspace/yaml-file.ts'

const NS = 'https://acme.example/'
const AT = { file: 'a.js', line: 1, column: 1 }
const range = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index))

const finding = (index: number): Finding => ({
  rule: 'claims/private-name',
  severity: 'error',
  message: `m${index}`,
  hint: 'h',
  ...AT,
  file: `f${index % 1000}.js`,
  source: 'https://acme.example',
})

function claims(count: number): string {
  return JSON.stringify({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Orders',
    'x-auth0': { token: 'id_token' },
    type: 'object',
    // Each is a finding.
    properties: Object.fromEntries(range(count, (index) => [`$${index}`, true])),
  })
}

function settle(names: readonly string[]) {
  const writes = names.map((claim) => ({ action: 'a', token: 'id_token' as const, claim, value: 1, at: AT }))
  const pipeline = {
    outcome: 'allowed',
    writes,
    runs: [],
    scopes: { add: [], remove: [] },
    commands: [],
  } as unknown as PipelineResult
  const context = {
    scopes: ['openid'],
    user: { user_id: 'u' },
    client: {},
    now: new Date(0),
  } as unknown as TokenContext
  return settleTokens(pipeline, context)
}

async function walked(text: string) {
  const source = `exports.onExecutePostLogin = async (event, api) => {\n${text}\n}`
  const { tree } = await parseAction('a.js', source)
  return [...programFindings(programsOfSource('a.js', source, tree))]
}

const writes = (count: number) =>
  range(count, (index) => ({
    token: 'id_token',
    names: { values: [`${NS}${index}`], complete: true, parts: [] },
    action: 'a',
    at: AT,
  })) as unknown as PlacedWrite[]

/** Where a user's text meets a pattern or a loop: what is done with a hostile one of a length, and the length. */
const PLACES: readonly [what: string, size: number, task: (size: number) => unknown][] = [
  [
    'the name of a claim that is dots',
    20_000,
    (n) => checkClaimName(`https://acme${'.'.repeat(n)}x`, { token: 'id_token' }),
  ],
  [
    'the name of a claim that ends in dots',
    20_000,
    (n) => checkClaimName(`https://acme${'.'.repeat(n)}`, { token: 'id_token' }),
  ],
  [
    'the name of a claim that is segments',
    20_000,
    (n) => checkClaimName(`https://auth0.com/${'a/'.repeat(n)}`, { token: 'id_token' }),
  ],
  [
    'the name of a claim that is signs',
    50_000,
    (n) => checkClaimName(`https://auth0.com/${'/'.repeat(n)}a${'?'.repeat(n)}`, { token: 'id_token' }),
  ],
  [
    'the value of a claim that is dots',
    100_000,
    (n) => customClaimsBytes({ a: '.'.repeat(n), b: 'ä'.repeat(n) }),
  ],
  ['writes of claims', 5000, (n) => settle(range(n, (index) => `${NS}${index}`))],
  ['writes of one claim', 5000, (n) => settle(range(n, () => NS))],
  [
    'a message that begins again and again',
    50_000,
    (n) =>
      runFindings({
        runs: [{ action: 'a', error: { kind: 'threw', message: 'api.'.repeat(n), at: AT } }],
      } as unknown as PipelineResult),
  ],
  ['a TypeScript file of line breaks', 50_000, (n) => parseAction('a.ts', `${'\n'.repeat(n)}type a = 1`)],
  ['a TypeScript file of indented lines', 20_000, (n) => parseAction('a.ts', `${'\n   '.repeat(n)}enum`)],
  ['a file of line breaks and nothing', 200_000, (n) => nestingFault('\n'.repeat(n))],
  ['a file of closing braces', 50_000, (n) => nestingFault('}\n'.repeat(n))],
  [
    'comments with a long space',
    20_000,
    (n) =>
      withoutIgnored([], [{ file: 'a.js', text: `// claims-ignore a/b -- x${' '.repeat(n)}y\n`.repeat(3) }]),
  ],
  [
    'comments that ignore',
    3000,
    (n) =>
      withoutIgnored(range(n, finding), [{ file: 'f1.js', text: '// claims-ignore a/b -- why\n'.repeat(n) }]),
  ],
  ['a misspelt name', 10_000, (n) => nearest('a'.repeat(n), ['b'.repeat(n)])],
  [
    'a text that grows',
    2000,
    (n) => walked(`let s = event.user.name\n${'s += event.user.email\n'.repeat(n)}`),
  ],
  ['a text that doubles', 40, (n) => walked(`let s = 'ab'\n${'s = s + s\n'.repeat(n)}`)],
  [
    'a list that doubles',
    20,
    (n) => walked(`let s = [1]\n${'s = s.concat(s)\ns = [...s, ...s]\n'.repeat(n)}`),
  ],
  [
    'replacements that multiply',
    20,
    (n) => walked(`let s = 'aa'\n${"s = s.replaceAll('a', 'aaaa')\n".repeat(n)}`),
  ],
  [
    'a list of names',
    4000,
    (n) =>
      walked(
        `const names = [${range(n, (index) => `'${NS}${index}'`)}]\nfor (const name of names) api.idToken.setCustomClaim(name, 1)`,
      ),
  ],
  [
    'a table of names',
    4000,
    (n) =>
      walked(
        `const names = { ${range(n, (index) => `k${index}: '${NS}${index}'`)} }\napi.idToken.setCustomClaim(names[event.user.name], 1)`,
      ),
  ],
  ['claims of one Action', 3000, (n) => [...overwriteFindings(['a'], writes(n))]],
  [
    'claims that no contract has',
    2000,
    (n) => [
      ...contractFindings(
        [
          {
            token: 'id_token',
            claims: range(2000, (index) => `${NS}c${index}`),
            schema: {},
            file: 'c.json',
          } as never,
        ],
        writes(n),
      ),
    ],
  ],
  ['findings on a contract', 400, (n) => compileContracts([{ file: 'c.json', text: claims(n) }])],
  ['a contract of spaces', 100_000, (n) => parseJson(`${' '.repeat(n)}{}${'\n'.repeat(n)}`, 'c.json')],
  [
    'a description of line breaks',
    50_000,
    (n) =>
      docsOf([
        {
          title: 'A',
          file: 'a.json',
          token: 'id_token',
          claims: ['a'],
          schema: { properties: { a: { description: ` ${'\n '.repeat(n)}x` } } },
          mayDifferAfterRefresh: [],
          validate: () => [],
          placeOf: () => AT,
        } as never,
      ]),
  ],
  ['words of an event', 5000, (n) => redactor()({ user: { name: 'ab cd '.repeat(n) } } as never)],
  ['keys of a YAML file', 2000, (n) => parseYaml(range(n, (index) => `k${index}: v`).join('\n'), 't.yaml')],
  ['findings, sorted', 5000, (n) => sortFindings(distinctFindings(range(n, finding)))],
  ['findings as JUnit', 5000, (n) => formatJunit(range(n, finding))],
  ['findings as SARIF', 5000, (n) => formatSarif(range(n, finding), '1')],
  ['findings for GitHub', 5000, (n) => formatGithub(range(n, finding))],
]

/** Processor time, in milliseconds, of the best of several: others use this machine as well. */
async function cost(task: (size: number) => unknown, size: number): Promise<number> {
  let best = Number.POSITIVE_INFINITY
  for (let attempt = 0; attempt < 3; attempt++) {
    const start = process.cpuUsage()
    await task(size)
    const { user, system } = process.cpuUsage(start)
    best = Math.min(best, (user + system) / 1000)
  }
  return best
}

describe('four times the input takes some four times the work, not sixteen', () => {
  test.each(PLACES)('%s', { timeout: 120_000 }, async (_what, size, task) => {
    await task(Math.ceil(size / 4))
    // Below a few milliseconds other things than the input decide.
    for (let attempt = 0; ; attempt++) {
      const [once, fourTimes] = [await cost(task, size), await cost(task, size * 4)]
      const isFine = fourTimes < 9 * once + 20
      if (isFine) return
      if (attempt === 2) expect(`${once} ms, then ${fourTimes} ms`).toBe('less than 9 times')
    }
  })
})

test('functions that nothing calls, each with all below it, share what they may take', {
  timeout: 120_000,
}, async () => {
  const getters = (n: number) =>
    walked(
      range(n, (i) => `const o${i} = { get k() { return o${i + 1}.k + o${i + 1}.k } }`)
        .reverse()
        .concat('return')
        .join('\n'),
    )
  await getters(50)
  const [some, many] = [await cost(getters, 200), await cost(getters, 800)]
  expect(many).toBeLessThan(2.5 * some + 20)
})
