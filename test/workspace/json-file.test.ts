import { expect, it } from 'vitest'
import { parseJson } from '../../lib/workspace/json-file.ts'

it.each([
  ['plain values', '{ "a": [1, -2.5e3, true, false, null, "x\\u00e9\\/"], "b": {} }'],
  ['tabs as indentation', '{\n\t"a": {\n\t\t"b": 1\n\t}\n}\n'],
  ['a text on its own', '"x"'],
  ['a name that is there twice', '{ "a": 1, "a": 2 }'],
  ['brackets in texts', '{ "a": "}{][" }'],
])('reads %s as JSON.parse does', (_, text) => {
  expect(parseJson(text, 'x.json').value).toEqual(JSON.parse(text))
})

it('takes a marker without quotes for a value, wherever a value may stand', () => {
  const text = '{ "ttl": ##TTL##, "list": @@LIST@@, "all": [@@A@@, "##B##", "@@C@@"], "t": "x ##D## @@E@@" }'
  expect(parseJson(text, 'x.json').value).toEqual({
    ttl: '@@TTL@@',
    list: '@@LIST@@',
    all: ['@@A@@', '##B##', '@@C@@'],
    t: 'x ##D## @@E@@',
  })
})

it('says where a value stands', () => {
  const { positionOf } = parseJson('{\n\t"a": ##X##,\n\t"b": [\n\t\t{ "c": 1 }\n\t]\n}', 'clients/x.json')
  expect(positionOf(['b', 0, 'c'])).toEqual({ file: 'clients/x.json', line: 4, column: 5 })
  expect(positionOf(['a'])).toMatchObject({ line: 2 })
  expect(positionOf(['missing'])).toMatchObject({ line: 1 })
})

it.each([
  ['a comma after the last member', '{\n  "a": 1,\n}', 3, 'a comma has nothing after it'],
  ['a comma after the last element', '[1,\n]', 2, 'a comma has nothing after it'],
  ['a missing comma', '{\n  "a": 1\n  "b": 2\n}', 3, 'a comma or "}" is missing before this'],
  ['a missing colon', '{ "a" 1 }', 1, 'a colon is missing before this'],
  ['a missing value', '{ "a": }', 1, 'a value is missing here'],
  ['a name without quotes', '{ a: 1 }', 1, 'something stands here that is no value'],
  ['single quotes', "{\n 'a': 1 }", 2, 'a text must stand in double quotes'],
  ['a comment', '{\n  // why\n  "a": 1 }', 2, 'JSON has no comments'],
  ['an open text', '{ "a": "x\n }', 1, 'a text has no closing quote on its line'],
  ['a wrong bracket', '{ "a": [1} ', 1, 'a comma or "]" is missing before this'],
  ['an early end', '{ "a": [1,\n', 2, 'it ends too early'],
  ['something after the end', '{}\n{}', 2, 'something stands after the end'],
  ['an unknown escape', '{ "a": "\\q" }', 1, 'a text has a character or an escape that JSON does not know'],
  ['nothing', '', 1, 'it is empty'],
])('refuses %s, with the line', (_, text, line, message) => {
  expect(() => parseJson(text, 'x.json')).toThrowError(
    expect.objectContaining({
      code: 'ERR_INPUT',
      line,
      message: `"x.json" is not valid JSON: ${message}`,
    }),
  )
})

it('refuses more levels than anybody writes, before parsing', () => {
  expect(() => parseJson('['.repeat(30_000), 'x.json')).toThrow('has more than 200 levels')
})
