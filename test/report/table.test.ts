import { expect, test } from 'vitest'
import { table } from '../../lib/report/index.ts'

test('a table has columns of equal width', () => {
  expect(
    table([
      ['claim', 'value'],
      ['https://a', 'x'],
    ]),
  ).toEqual(['claim      value', 'https://a  x'])
})
