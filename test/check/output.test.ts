import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, it } from 'vitest'
import { checkFiles } from '../../lib/check/index.ts'
import { formatJson } from '../../lib/report/index.ts'

const schema = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../schemas/${name}.schema.json`, import.meta.url), 'utf8'))

it('prints a document that its schema accepts, and a changed one that it does not', async () => {
  const validate = new Ajv2020().addSchema(schema('finding')).compile(schema('check-output'))
  const root = path.resolve(import.meta.dirname, '../fixtures/check')
  const files = ['api.js', 'event.js', 'names.js'].map((name) => path.join(root, name))
  const output = JSON.parse(formatJson(await checkFiles(files, { root })))
  expect(output.findings.length).toBeGreaterThan(20)
  validate(output)
  expect(validate.errors).toBeNull()
  output.findings[0].line = 0
  expect(validate(output)).toBe(false)
})
