import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkFiles, checkRules } from '../../lib/check/index.ts'
import { changeRules } from '../../lib/contract/index.ts'
import { runRules } from '../../lib/simulator/index.ts'

const lib = path.resolve(import.meta.dirname, '../../lib')

/** Ids of rules that a module writes into findings by itself. */
function writtenIn(module: string): string[] {
  return readdirSync(path.join(lib, module), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => [
      ...readFileSync(path.join(lib, module, file), 'utf8').matchAll(
        /'((?:claims|scopes|api|event|handler|bundle|secrets|contract|tenant|runtime|breaking|impact)\/[a-z0-9-]+)'/g,
      ),
    ])
    .map((match) => match[1]!)
}

const allRules = { ...checkRules, ...runRules, ...changeRules }

describe('the table of rules', () => {
  it.each(['claims', 'check', 'bundle', 'contract', 'workspace', 'simulator'])(
    'explains every rule that lib/%s reports',
    (module) => {
      const written = writtenIn(module)
      expect(written).not.toEqual([])
      expect(written.filter((rule) => !Object.hasOwn(allRules, rule))).toEqual([])
    },
  )

  it('gives each rule a permanent id of its family, a source and both examples', () => {
    for (const [id, rule] of Object.entries(allRules)) {
      expect(rule.id).toBe(id)
      expect(id).toMatch(
        /^(?:claims|scopes|api|event|handler|bundle|secrets|contract|tenant|runtime|breaking|impact)\/[a-z0-9-]+$/,
      )
      expect(rule.source).toMatch(/^https:\/\//)
      expect(rule.summary).toMatch(/\.$/)
      expect(rule.example.before).not.toBe(rule.example.after)
    }
  })
})

/** Rules whose example is no code of one file: two Actions, tenant.yaml, a contract, or what only a bundler sees. */
const NOT_ONE_FILE =
  /^(?:contract|tenant|scopes)\/|^secrets\/(?:undeclared|unused)$|^bundle\/(?:syntax|unresolved|undeclared-dependency|too-large|too-deep|not-ours|source-is-output|no-action|not-checked|esm-only-package|management-client)$|^claims\/(?:overwritten|undefined-value|argument|auth0-audience|too-large|namespaced|ignore-without-reason|not-on-refresh|only-on-refresh|only-after-redirect)$/

describe('the example of a rule', () => {
  const rules = Object.values(checkRules).filter(({ id }) => !NOT_ONE_FILE.test(id))
  it.each(rules)('$id is reported before and not after', async ({ id, example }) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'auth0-claims-'))
    try {
      const found = async (code: string) => {
        const whole = /^(?:exports\.|function |async function |let |const \w+ = '|\/\/ claims)/.test(code)
        const file = path.join(folder, 'action.js')
        await writeFile(
          file,
          whole
            ? code
            : `const { name, value } = JSON.parse(process.env.CLAIM)\nexports.onExecutePostLogin = async (event, api) => {\n${code}\n}\n`,
        )
        return (await checkFiles([file], { root: folder })).map(({ rule }) => rule)
      }
      expect(await found(example.before)).toContain(id)
      expect(await found(example.after)).not.toContain(id)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
