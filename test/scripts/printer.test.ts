import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { printer, shortened } from '../../scripts/demo/printer.ts'

function recorded() {
  const stream = new PassThrough()
  return {
    stream: stream as unknown as NodeJS.WriteStream,
    printed: () => {
      stream.end()
      return text(stream)
    },
  }
}

describe('printer', () => {
  test('a step is a numbered block with a tick, aligned facts, and lines', async () => {
    const { stream, printed } = recorded()
    const output = printer(stream)
    await output.step('Build', async () => ({
      facts: [
        ['file', 'a.js'],
        ['bytes', '12'],
      ],
      lines: ['done'],
    }))
    await output.step('Check', async () => ({}))
    expect(await printed()).toBe(
      '✔  1  Build\n      file   a.js\n      bytes  12\n      done\n\n✔  2  Check\n\n',
    )
    expect(output.times.map(({ title }) => title)).toEqual(['Build', 'Check'])
  })

  test('a step that fails is crossed, and its error goes on', async () => {
    const { stream, printed } = recorded()
    const output = printer(stream)
    await expect(output.step('Build', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(await printed()).toBe('✘  1  Build\n')
    expect(output.times).toEqual([])
  })
})

test('a secret is shortened to what names it', () => {
  expect(shortened('abcdefghijklmnopqrstuvwxyz')).toBe('abcdefgh… (26 characters)')
  expect(shortened('hunter2')).toBe('…')
})
