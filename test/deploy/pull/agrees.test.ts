import { expect, it } from 'vitest'
import { fits } from '../../../lib/deploy/pull/agrees.ts'

it.each([
  ['a ##B## c', 'a x c', true],
  ['a ##B## c', 'a c', false],
  ['##A##', '', true],
  ['##A##-##B##', '1-2-3', true],
  ['##A##x##B##x', 'yx', false],
  ['plain', 'plain', true],
  ['plain', 'plane', false],
])('knows that %j may be filled as %j: %j', (written, actual, expected) => {
  expect(fits(written, actual)).toBe(expected)
})
