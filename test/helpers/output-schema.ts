import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect } from 'vitest'

/** What a command printed as JSON, after its schema in `schemas/` has accepted it, and refused it with one member more. */
export function outputOf<T = Record<string, unknown>>(command: string, text: string): T {
  const file = join(import.meta.dirname, `../../schemas/${command}-output.schema.json`)
  const accepts = new Ajv2020({ allErrors: true, validateFormats: false, strictTypes: false }).compile(
    JSON.parse(readFileSync(file, 'utf8')),
  )
  const document = JSON.parse(text) as T
  expect(accepts(document), JSON.stringify(accepts.errors)).toBe(true)
  expect(accepts({ ...document, unknownMember: 1 })).toBe(false)
  return document
}
