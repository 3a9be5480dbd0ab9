import { describe, expect, it } from 'vitest'
import { checkRules } from '../../lib/check/index.ts'
import { checkCommand } from '../../lib/cli/commands/check.ts'
import { changeRules } from '../../lib/contract/index.ts'
import { runRules } from '../../lib/simulator/index.ts'
import { reportedIn } from './reported-in.ts'
import { CLEAN, SCENES } from './rule-scenes.ts'

const rules = Object.values({ ...checkRules, ...runRules, ...changeRules })
const scene = ({ id, example }: (typeof rules)[number]) => SCENES[id] ?? ofExample(example.before)

/** The example of a rule as an Action file, called for by name. */
function ofExample(code: string) {
  const whole = /^(?:exports\.|function |async function |let |const \w+ = '|\/\/ claims)/.test(code)
  const file = whole
    ? code
    : `const { name, value } = JSON.parse(process.env.CLAIM)\nexports.onExecutePostLogin = async (event, api) => {\n${code}\n}\n`
  return { command: checkCommand, args: ['example.js'], files: { 'example.js': file } }
}

describe('each rule is reported by a command, as severe as its table says', () => {
  it.each(rules.filter(({ id }) => id !== 'claims/namespaced' && SCENES[id]?.slow !== true))(
    '$id',
    async (rule) => {
      const reported = await reportedIn(scene(rule))
      expect(reported).toContainEqual([rule.id, rule.severity])
    },
  )

  it('and none in a workspace of which nothing is to be said', async () => {
    expect(await reportedIn({ command: checkCommand, args: [], files: CLEAN })).toEqual([])
  })

  it('and no scene is of a rule that is gone', () => {
    const ids = new Set(rules.map(({ id }) => id))
    expect(Object.keys(SCENES).filter((id) => !ids.has(id))).toEqual([])
  })
})
