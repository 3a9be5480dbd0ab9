import { expect, test } from 'vitest'
import { findTexts } from '../../../lib/contract/compare/text-sets.ts'

const ask = (
  patterns: string[],
  notPatterns: string[],
  min = 0,
  max = Number.POSITIVE_INFINITY,
  not: string[] = [],
) => findTexts({ patterns, notPatterns, minLength: min, maxLength: max, not })

test.each<[string, string[], string[], number?, number?, string[]?]>([
  ['more letters than at least some', ['^zzz+$'], ['^zz+$']],
  ['digits by two names', ['^\\d+$'], ['^[0-9]+$']],
  ['a word among words', ['^(red|blue)$'], [], 0, 9, ['red', 'blue']],
  ['three letters of four', ['^[a-z]{3}$'], [], 4],
  ['what begins and what does not', ['^a'], ['^[ab]']],
  ['anchors within alternatives', ['^(a|b)$'], ['^a$|^b$']],
  ['a beginning that a longer one forbids too', ['^(?!adm)[a-z]+$'], ['^(?!admin$)[a-z]+$']],
  ['a digit somewhere', ['^[a-z]\\d{2}$'], ['^(?=.*\\d)(?!-)[a-z\\d]{2,8}$']],
  ['what follows is not what is looked for', ['^(?=a)b$'], []],
  ['one scope of several', ['^read( write)*$'], ['(^| )read( |$)']],
])('%s: none is left', (_what, patterns, notPatterns, min, max, not) => {
  expect(ask(patterns, notPatterns, min, max, not).isEmpty).toBe(true)
})

test.each<[string[], string[], number?, number?]>([
  [['^zz+$'], ['^zzz+$']],
  [['(^| )read:orders( |$)'], []],
  [[], ['^[a-z]+$'], 1, 1],
  [['^[a-z]+$'], [], 100, 100],
  [['^a|b$'], ['^a']],
  [['^[A-Z]{2,3}$'], ['^[A-Z]{2}$']],
  [['^\\p{L}+$'], ['^[a-zA-Z]+$']],
  [['^[a-z]+$'], ['^(?!admin|root)[a-z]+$']],
  [['^(?!-)[a-z-]+$'], ['^(?!.*--)[a-z-]+$']],
])(
  'finds texts that match %j and not %j',
  (patterns, notPatterns, min = 0, max = Number.POSITIVE_INFINITY) => {
    const { isEmpty, texts } = ask(patterns, notPatterns, min, max)
    expect(isEmpty).toBe(false)
    const [text] = texts
    for (const pattern of patterns) expect(text).toMatch(new RegExp(pattern, 'u'))
    for (const pattern of notPatterns) expect(text).not.toMatch(new RegExp(pattern, 'u'))
    expect([...text!].length).toBeGreaterThanOrEqual(min)
    expect([...text!].length).toBeLessThanOrEqual(max)
  },
)

test.each(['^x(?=a)b$', '^(?!a)b|c$', '\\bword', '(a)\\1'])(
  'does not say that %s matches nothing',
  (pattern) => {
    expect(ask([pattern], []).isEmpty).toBe(false)
    expect(ask([pattern], ['^x$']).isEmpty).toBe(false)
  },
)
