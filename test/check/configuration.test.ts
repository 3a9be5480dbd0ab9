import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { readConfiguration, withoutConfigured } from '../../lib/check/configuration.ts'
import { checkCommand } from '../../lib/cli/commands/check.ts'
import { exampleWorkspace } from '../helpers/example-workspace.ts'
import { folderWith } from '../helpers/folder.ts'
import { recordedTerminal } from '../helpers/terminal.ts'

const ACTION =
  "exports.onExecutePostLogin = async (event, api) => {\n  api.idToken.setCustomClaim('plan', 1)\n  api.idToken.setCustomClaim('sid', 1)\n}\n"

const configured = (...ignore: unknown[]) => JSON.stringify({ ignore })

async function rules(configuration: string) {
  const cwd = await folderWith({ 'a.js': ACTION, 'old/b.js': ACTION, 'claims.config.json': configuration })
  const terminal = recordedTerminal({ cwd })
  await checkCommand.run(terminal, { json: true }, ['.'])
  const { findings } = JSON.parse(terminal.stdout()) as { findings: { file: string; rule: string }[] }
  return findings.map(({ file, rule }) => `${file} ${rule}`)
}

const ALL = [
  'a.js claims/private-name',
  'a.js claims/restricted-name',
  'old/b.js claims/private-name',
  'old/b.js claims/restricted-name',
]

describe('claims.config.json', () => {
  it('switches a rule off everywhere, in a file, or in a folder', async () => {
    const rule = 'claims/private-name'
    const reason = 'only our own API reads it'
    expect(await rules(configured())).toEqual(ALL)
    expect(await rules(configured({ rule, reason }))).toEqual([ALL[1], ALL[3]])
    expect(await rules(configured({ rule, reason, files: ['./a.js'] }))).toEqual(ALL.slice(1))
    expect(await rules(configured({ rule, reason, files: ['old/'] }))).toEqual([ALL[0], ALL[1], ALL[3]])
    expect(await rules(configured({ rule, reason, files: ['ol', 'b.js', 'old/b'] }))).toEqual(ALL)
  })

  it('holds for a workspace as well', async () => {
    const cwd = await exampleWorkspace({
      'tenant.yaml': [
        "value: '##EXPORT_PLANS##'",
        "value: '##EXPORT_PLANS##'\n      - name: OLD\n        value: '##OLD##'",
      ],
      'claims.config.json': configured({ rule: 'secrets/unused', reason: 'kept until the next rotation' }),
    })
    const terminal = recordedTerminal({ cwd })
    await checkCommand.run(terminal, { json: true }, [])
    expect(JSON.parse(terminal.stdout()).findings).toEqual([])
  })

  it.each([
    ['no JSON', '{', /no JSON/],
    ['a list', '[]', /an object/],
    ['an unknown key', '{ "rules": {} }', /: rules is not known/],
    [
      'an unknown key of an entry, which would widen it',
      configured({ rule: 'claims/private-name', reason: 'x', file: ['a.js'] }),
      /ignore\[0\]\.file is not known/,
    ],
    ['no reason', configured({ rule: 'claims/private-name' }), /ignore\[0\]\.reason/],
    ['an empty reason', configured({ rule: 'claims/private-name', reason: ' ' }), /ignore\[0\]\.reason/],
    ['an unknown rule', configured({ rule: 'claims/privat-name', reason: 'x' }), /ignore\[0\]\.rule/],
    [
      'files that are no list',
      configured({ rule: 'claims/private-name', reason: 'x', files: 'a.js' }),
      /files/,
    ],
    ['an entry that is no object', configured('claims/private-name'), /ignore\[0\]/],
  ])('refuses %s', async (_, text, message) => {
    const folder = await folderWith({ 'claims.config.json': text })
    await expect(readConfiguration(folder)).rejects.toMatchObject({
      code: 'ERR_INPUT',
      file: 'claims.config.json',
      message: expect.stringMatching(message),
    })
  })

  it('names the rule that was meant', async () => {
    const folder = await folderWith({
      'claims.config.json': configured({ rule: 'claims/privat-name', reason: 'x' }),
    })
    await expect(readConfiguration(folder)).rejects.toMatchObject({
      hint: 'Did you mean "claims/private-name"?',
    })
  })

  it('is optional', async () => {
    const configuration = await readConfiguration(await folderWith({}))
    expect(withoutConfigured([], configuration)).toEqual([])
  })

  it('is described by its schema', () => {
    const schema = JSON.parse(
      readFileSync(new URL('../../schemas/config.schema.json', import.meta.url), 'utf8'),
    ) as { examples: unknown[] }
    const validate = new Ajv2020().compile(schema)
    for (const example of schema.examples)
      expect(validate(example), JSON.stringify(validate.errors)).toBe(true)
    expect(validate({ ignore: [{ rule: 'claims/private-name', reason: ' ' }] })).toBe(false)
    expect(validate({ rules: {} })).toBe(false)
  })
})
