import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync } from 'oxc-parser'
import { expect, test } from 'vitest'
import { TRIGGERS } from '../../lib/triggers/index.ts'

/** Names of triggers, handlers and methods, and the triggers that have them. */
const NAMES = new Map<string, string[]>()
for (const { id, handlers, methods } of TRIGGERS) {
  for (const name of [id, ...Object.values(handlers), ...methodNames(methods)]) {
    NAMES.set(name, [...(NAMES.get(name) ?? []), id])
  }
}

/** `addScope` and `accessToken.addScope`. Of words such as `set` and `deny`, `cache.set` and `access.deny` alone. */
function methodNames(methods: object): string[] {
  return Object.entries(methods).flatMap(([area, named]) =>
    Object.keys(named as object).flatMap((name) => [
      `${area}.${name}`,
      `api.${area}.${name}`,
      ...(/[a-z][A-Z]/.test(name) ? [name] : []),
    ]),
  )
}

/** Texts of code, and names of handlers, with their offsets. Texts that only mention a name, such as hints, are for people. */
function wordsOf(text: string, file: string): { word: string; offset: number }[] {
  const words: { word: string; offset: number }[] = []
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) {
      for (const one of node) visit(one)
      return
    }
    if (typeof node !== 'object' || node === null) return
    const { type, value, name, start } = node as Record<string, unknown>
    const handler = type === 'Identifier' && /^on[A-Z]/.test(String(name)) ? name : undefined
    const word = type === 'Literal' ? value : (handler ?? cooked(node))
    if (typeof word === 'string') words.push({ word, offset: Number(start) })
    for (const child of Object.values(node)) visit(child)
  }
  visit(parseSync(file, text).program)
  return words
}

function cooked(node: object): unknown {
  const { type, value } = node as { type?: string; value?: { cooked?: string } }
  return type === 'TemplateElement' ? value?.cooked : undefined
}

test('no code outside lib/triggers names a trigger, its handlers or its methods, nor one trigger those of another', () => {
  const files = readdirSync('lib', { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  )
  const found = files.flatMap((path) => {
    const file = join('lib', path).replaceAll('\\', '/')
    const text = readFileSync(file, 'utf8')
    if (![...NAMES.keys()].some((name) => text.includes(name))) return []
    return wordsOf(text, file).flatMap(({ word, offset }) => {
      const owners = NAMES.get(word) ?? []
      const isHome = ['shared', ...owners].some((folder) => file.startsWith(`lib/triggers/${folder}/`))
      return owners.length === 0 || isHome
        ? []
        : [`${file}:${text.slice(0, offset).split('\n').length} ${word}`]
    })
  })
  expect(found).toEqual([])
})
