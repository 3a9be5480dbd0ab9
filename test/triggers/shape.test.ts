import { expect, it } from 'vitest'
import { list, map, memberOf, object, open, record, shapeAt, text } from '../../lib/triggers/shape.ts'

const root = object({
  user: open({ email: text }),
  names: list(),
  rooms: map(object({ door: text })),
  any: record,
})

it.each([
  ['an object: its member', ['user', 'email'], 'leaf'],
  ['an open object: anything else', ['user', 'other'], 'free'],
  ['a list: each element', ['names', '0'], 'leaf'],
  ['a map: each value, and what is in it', ['rooms', 'x', 'door'], 'leaf'],
  ['what is free: whatever is named', ['any', 'a', 'b', 'c'], 'free'],
  ['no path: itself', [], 'object'],
  ['a closed object: nothing else', ['other'], undefined],
  ['no member of every object', ['toString'], undefined],
  ['text: nothing', ['user', 'email', 'length'], undefined],
  ['nothing below what there is not', ['other', 'x'], undefined],
])('finds of %s', (_, path, kind) => {
  expect(shapeAt(root, path)?.kind).toBe(kind)
})

it('knows no member of a text', () => {
  expect(memberOf(text, 'length')).toBeUndefined()
})
