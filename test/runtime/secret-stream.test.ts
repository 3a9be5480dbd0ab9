import { describe, expect, it } from 'vitest'
import { newKeys, opener, sealer } from '../../lib/runtime/secret-stream.ts'

const TEXTS = ['{"a":1}', '', 'äöü 😀', '"'.repeat(200_000)]

function stream() {
  const { toHost, toRunner } = newKeys()
  const heard: string[] = []
  const seal = sealer(toHost)
  return {
    heard,
    frames: TEXTS.map((text) => seal(text)!),
    open: opener(toHost, (text) => heard.push(text)),
    other: sealer(toRunner),
  }
}

it('brings every text, in whatever pieces its frames arrive', () => {
  for (const size of [1, 3, 1000, 1_000_000]) {
    const { frames, heard, open } = stream()
    const all = Buffer.concat(size === 1 ? frames.slice(0, 3) : frames)
    for (let at = 0; at < all.length; at += size) open(all.subarray(at, at + size))
    expect(heard).toEqual(size === 1 ? TEXTS.slice(0, 3) : TEXTS)
  }
})

it('shows nothing of a text, and never the same twice', () => {
  const { frames } = stream()
  expect(frames[3]!.includes('""""')).toBe(false)
  const seal = sealer(newKeys().toHost)
  expect(seal('the same')).not.toEqual(seal('the same'))
})

describe('refuses', () => {
  const changed = (frame: Buffer, at: number) => {
    const copy = Buffer.from(frame)
    copy[at < 0 ? copy.length + at : at]! ^= 1
    return copy
  }
  type Parts = ReturnType<typeof stream>
  it.each<[string, (parts: Parts) => Buffer[]]>([
    ['a frame that was left out', ({ frames }) => [frames[1]!]],
    ['a frame for the second time', ({ frames }) => [frames[0]!, frames[0]!]],
    ['frames in another order', ({ frames }) => [frames[2]!, frames[0]!]],
    ['a changed tag', ({ frames }) => [changed(frames[0]!, 4)]],
    ['a changed text', ({ frames }) => [changed(frames[0]!, -1)]],
    ['a frame of the other direction', ({ other }) => [other('{}')!]],
    ['a frame without a tag', () => [Buffer.from([0, 0, 0, 3, 1, 2, 3])]],
    ['an empty frame', () => [Buffer.alloc(4)]],
    ['a frame that is too long', () => [Buffer.alloc(4, 255)]],
  ])('%s', (_what, pieces) => {
    const parts = stream()
    const chunks = pieces(parts)
    expect(() => chunks.forEach(parts.open)).toThrow(RangeError)
    expect(parts.heard).toEqual(chunks.length === 2 && chunks[0] === parts.frames[0] ? [TEXTS[0]] : [])
  })
})
