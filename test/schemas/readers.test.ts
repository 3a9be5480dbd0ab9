import { readFile } from 'node:fs/promises'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { readConfiguration } from '../../lib/check/configuration.ts'
import { compileContracts, readConsumers } from '../../lib/contract/index.ts'
import { contractSchema } from '../helpers/contract.ts'
import { folderWith } from '../helpers/folder.ts'

/**
 * The published schemas and the readers, whose messages say more than a schema can, take the same files: each example,
 * and each change of one place of it.
 */

type Json = null | boolean | number | string | Json[] | { [name: string]: Json }

const OTHERS: readonly Json[] = [null, 7, '', ' ', 'x', true, [], ['x'], [7], {}, { x: 1 }]

/** The document with each of its parts left out, replaced, or given one more member. */
function* changesOf(value: Json, at = ''): Generator<[what: string, Json]> {
  for (const other of OTHERS) yield [`${at || 'all'}: ${JSON.stringify(other)}`, other]
  if (typeof value !== 'object' || value === null) return
  const isList = Array.isArray(value)
  for (const [name, part] of Object.entries(value)) {
    const others = Object.entries(value).filter(([other]) => other !== name)
    const built = (entries: [string, Json][]): Json =>
      isList ? entries.map(([, one]) => one) : Object.fromEntries(entries)
    yield [`${at}.${name} left out`, built(others)]
    for (const [what, changed] of changesOf(part, `${at}.${name}`))
      yield [what, built(Object.entries(value).map(([n, one]) => [n, n === name ? changed : one]))]
  }
  if (!isList)
    for (const other of OTHERS) yield [`${at}.other: ${JSON.stringify(other)}`, { ...value, other }]
}

const document = async (name: string) =>
  JSON.parse(await readFile(`schemas/${name}.schema.json`, 'utf8')) as { examples: Json[] }
const ajv = new Ajv2020({ strict: false })

async function takes(read: () => unknown): Promise<boolean> {
  try {
    await read()
    return true
  } catch (error) {
    expect(error).toMatchObject({ code: 'ERR_INPUT' })
    return false
  }
}

test.each<[schema: string, read: (text: string) => unknown]>([
  ['config', async (text) => readConfiguration(await folderWith({ 'claims.config.json': text }))],
  ['consumer', (text) => readConsumers([{ file: 'a.json', text }])],
])('%s.schema.json and its reader take the same', async (name, read) => {
  const schema = await document(name)
  const isValid = ajv.compile(schema)
  for (const example of schema.examples) {
    for (const [what, changed] of changesOf({ $schema: 'x', ...(example as object) })) {
      expect.soft([what, await takes(() => read(JSON.stringify(changed)))]).toEqual([what, isValid(changed)])
    }
  }
})

test('contract.schema.json and the reader of contracts take the same; within a claim the reader may be stricter', async () => {
  const isValid = ajv.compile(await document('contract'))
  const contract: Json = {
    ...contractSchema(),
    description: 'What the Orders API reads.',
    'x-auth0': { token: 'access_token', audience: 'https://orders.acme.example/', maxBytes: 900 },
    properties: { 'https://acme.example/x': { type: 'string', 'x-auth0': { refresh: 'may-differ' } } },
    required: ['https://acme.example/x'],
  }
  for (const [what, changed] of changesOf(contract)) {
    // A file without "properties" and "x-auth0" is words for others; the schema lists no keywords, nor can it look up
    // what "required" names.
    if (/^all: \{|^\.other/.test(what)) continue
    const { findings } = compileContracts([{ file: 'a.json', text: JSON.stringify(changed) }])
    const isTaken = !findings.some(
      ({ rule }) => rule.startsWith('contract/') && rule !== 'contract/undeclared-required',
    )
    if (what.startsWith('.properties.') && !isTaken) continue
    expect.soft([what, isTaken]).toEqual([what, isValid(changed)])
  }
})
