import { describe, expect, test } from 'vitest'
import { parseYaml } from '../../lib/workspace/yaml-file.ts'

const row = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => text(index)).join('\n')

describe('a YAML file that would take for ever is refused with a sentence', () => {
  test.each<[string, string, RegExp]>([
    ['10 million brackets', '['.repeat(10_000_000), /more than 2000000 characters/],
    ['20 000 brackets', '['.repeat(20_000), /nested too deeply/],
    ['20 000 maps', '{a: '.repeat(20_000), /nested too deeply/],
    ['9000 lists of lists', '- '.repeat(9000), /nested too deeply/],
    ['20 000 aliases', `a: &a x\nb:\n${'  - *a\n'.repeat(20_000)}`, /more than 200 aliases/],
    [
      'lists of nine lists of nine lists',
      `a0: &a0 [x]\n${row(9, (index) => `a${index + 1}: &a${index + 1} [${Array(9).fill(`*a${index}`).join(',')}]`)}`,
      /anchors and aliases/,
    ],
    ['a key that is there twice among 20 000', `${row(20_000, (index) => `k${index}: v`)}\nk7: v`, /twice/],
  ])('%s', (_what, text, message) => {
    const start = performance.now()
    expect(() => parseYaml(text, 'tenant.yaml')).toThrow(
      expect.objectContaining({ code: 'ERR_INPUT', message: expect.stringMatching(message) }),
    )
    expect(performance.now() - start).toBeLessThan(20_000)
  })

  test('not one that is only long', () => {
    const { value, positionOf } = parseYaml(
      row(20_000, (index) => `k${index}: v`),
      'tenant.yaml',
    )
    expect(Object.keys(value as object)).toHaveLength(20_000)
    expect(positionOf(['k19999'])).toMatchObject({ line: 20_000, column: 1 })
  })
})
