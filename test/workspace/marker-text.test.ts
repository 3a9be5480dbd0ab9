import { expect, test } from 'vitest'
import { betweenMarkers, isMarker, markersAt } from '../../lib/workspace/marker-text.ts'

test.each([
  ['##A##', [['A', '##A##', 0]], ['', ''], true],
  ['@@a_1@@', [['a_1', '@@a_1@@', 0]], ['', ''], true],
  [
    'x ##A## y @@B@@',
    [
      ['A', '##A##', 2],
      ['B', '@@B@@', 10],
    ],
    ['x ', ' y ', ''],
    false,
  ],
  [
    '##A####B##',
    [
      ['A', '##A##', 0],
      ['B', '##B##', 5],
    ],
    ['', '', ''],
    false,
  ],
  ['##A##B##', [['A', '##A##', 0]], ['', 'B##'], false],
  ['## A ## @@@@', [], ['## A ## @@@@'], false],
  ['', [], [''], false],
])('finds the markers of %j and what stands between them', (text, markers, pieces, whole) => {
  expect(markersAt(text).map(({ name, text: marker, index }) => [name, marker, index])).toEqual(markers)
  expect(betweenMarkers(text)).toEqual(pieces)
  expect(isMarker(text)).toBe(whole)
})
