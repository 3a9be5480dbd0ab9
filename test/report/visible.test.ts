import { describe, expect, it } from 'vitest'
import { visible, visibleDocument } from '../../lib/report/index.ts'

describe('visible', () => {
  it.each([
    ['a line break', 'a\nb', 'a\\nb'],
    ['a carriage return', 'a\rb', 'a\\rb'],
    ['a tab', 'a\tb', 'a\\tb'],
    ['the start of a colour', '\u001b[31mred', '\\u001b[31mred'],
    ['a command to the terminal', '\u001b]0;title\u0007', '\\u001b]0;title\\u0007'],
    ['the same in one sign', '\u009d0;title\u009c', '\\u009d0;title\\u009c'],
    ['DEL and backspace', 'a\u007f\u0008', 'a\\u007f\\u0008'],
    ['separators of lines and paragraphs', 'a\u2028b\u2029c\u0085d', 'a\\u2028b\\u2029c\\u0085d'],
    ['a change of direction', 'user\u202e\u2066nimda', 'user\\u202e\\u2066nimda'],
    ['signs without width', 'a\u200bb\ufeffc\u2060', 'a\\u200bb\\ufeffc\\u2060'],
    ['a tag', 'a\u{e0041}b', 'a\\udb40\\udc41b'],
    ['half of a pair', 'a\ud83db', 'a\\ud83db'],
    ['a command of GitHub at the start', '::add-mask::x', '\\u003a:add-mask::x'],
    ['the same after blanks', '   ::stop-commands::x', '   \\u003a:stop-commands::x'],
    [
      'its older form, and the one of Azure',
      'a ##[error]x ##vso[task.x]',
      'a \\u0023#[error]x \\u0023#vso[task.x]',
    ],
  ])('shows %s escaped', (_, text, expected) => {
    expect(visible(text)).toBe(expected)
  })

  it('leaves letters, marks of tenant.yaml and signs of many codes as they are', () => {
    const text = 'Zoë 👩‍💻 日本 ##KEY## a::b # ## C:\\x "‌"'
    expect(visible(text)).toBe(text)
  })

  it('keeps the line breaks of a document, and JSON the same JSON', () => {
    const value = { text: '\u001b[2J \u009b \u202e ::x\n##[y', list: ['\ud800'] }
    const document = JSON.stringify(value, null, 2)
    expect(JSON.parse(visibleDocument(document))).toEqual(value)
    expect(JSON.parse(visible(JSON.stringify(value)))).toEqual(value)
    expect(visibleDocument('a\n\tb\u001b\n ::x')).toBe('a\n\tb\\u001b\n \\u003a:x')
    expect(visibleDocument('::error::\u001b', { commands: true })).toBe('::error::\\u001b')
  })
})
