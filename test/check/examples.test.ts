import { parseSync } from 'oxc-parser'
import { expect, test } from 'vitest'
import { parseDocument } from 'yaml'
import { checkRules } from '../../lib/check/index.ts'
import { runRules } from '../../lib/simulator/index.ts'

/** What people paste out of claims explain is JavaScript, YAML or JSON, and must be right. */

const examples = Object.values({ ...checkRules, ...runRules }).flatMap(
  ({ id, example: { before, after } }) => [[id, 'before', before] as const, [id, 'after', after] as const],
)

/** Neither code nor a file: a line of a shell, an address, and the one example that is about what cannot be parsed. */
const OTHERS = [
  /^claims check /,
  /^\/authorize\?/,
  /^exports\.onExecutePostLogin = async \(event, api => \{\}$/,
]

function isCode(text: string): boolean {
  const forms = [text, `async function handler(event, api) {\n${text}\n}`, `(${text})`]
  return forms.some((form) => parseSync('example.ts', form).errors.length === 0)
}

/** A map or a list: any text is a text in YAML. JSON is YAML as well. */
function isData(text: string): boolean {
  const { errors, warnings, contents } = parseDocument(text)
  const fits = errors.length === 0 && warnings.length === 0
  return fits && (contents === null || typeof parseDocument(text).toJS() === 'object')
}

test.each(examples)('the example of %s, %s, parses', (_, __, text) => {
  if (OTHERS.some((form) => form.test(text))) return
  expect(isCode(text) || isData(text) || isData(`{${text}}`), text).toBe(true)
  // A marker without quotes begins a comment, and a file in a comment is nothing that can be pasted.
  expect(text).not.toMatch(/^# ?\w+[\w.]*: |: ##/)
})
