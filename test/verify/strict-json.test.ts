import { expect, test } from 'vitest'
import { strictObject } from '../../lib/verify/strict-json.ts'
import fc from '../helpers/fast-check.ts'

test.each([
  ['a key twice', '{"a":1,"a":2}'],
  ['a key twice, with blanks', '{"a" :1,"a"\n:2}'],
  ['a key twice, once escaped', '{"a":1,"\\u0061":2}'],
  ['a key twice, inside', '{"x":[{"a":1,"b":2,"a":1}]}'],
  ['a key twice beside a text that looks like a key', '{"a":"\\":","a":1}'],
  ['a key twice beside a missing one', '{"a":1,"a":2,"b" :3}'],
  ['__proto__', '{"__proto__":{"scope":"admin"}}'],
  ['__proto__, escaped and inside', '{"a":[{"\\u005f_proto__":1}]}'],
  ['a list', '[1]'],
  ['null', 'null'],
  ['more than one value', '{}{}'],
  ['too many levels', `{"a":${'['.repeat(40)}${']'.repeat(40)}}`],
  ['very many levels', `{"a":${'['.repeat(7000)}${']'.repeat(7000)}}`],
])('refuses %s', (_what, text) => {
  expect(strictObject(text)).toBeUndefined()
})

test('answers what JSON.parse answers for all else', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })),
      fc.nat({ max: 2 }),
      (value, indent) => {
        const text = JSON.stringify(value, null, indent)
        fc.pre(!text.includes('__proto__'))
        expect(strictObject(text)).toEqual(JSON.parse(text))
      },
    ),
    { numRuns: 2000 },
  )
})
