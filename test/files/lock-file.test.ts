import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { lockFile } from '../../lib/files/index.ts'
import { folderWith } from '../helpers/folder.ts'

let lock: string
beforeEach(async () => {
  lock = join(await folderWith({ 'a file': '' }), 'lock')
})

/** A process that waits, and its entry in a lock. */
async function sleeper(): Promise<{ pid: number; entry: string; end: () => Promise<void> }> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000); console.log(1)'])
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  const pid = child.pid!
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') '.repeat(30))
  const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  const end = async () => {
    child.kill('SIGKILL')
    await once(child, 'close')
  }
  return { pid, entry: `${pid} ${start} claims deploy`, end }
}

describe('a lock', () => {
  it('is had by one, and given back whole', async () => {
    const first = await lockFile(lock, 'first')
    expect(await lockFile(lock, 'second')).toEqual({ pid: process.pid, name: 'first' })
    ;(first as () => void)()
    expect(await lockFile(lock, 'third')).toBeTypeOf('function')
    expect(await readdir(dirname(lock))).toEqual(['a file', 'lock'])
  })

  it('of another process counts for as long as it lives', async () => {
    const { pid, entry, end } = await sleeper()
    await writeFile(lock, entry)
    expect(await lockFile(lock, 'ours')).toEqual({ pid, name: 'claims deploy' })
    expect(await readFile(lock, 'utf8')).toBe(entry)
    await end()
    expect(await lockFile(lock, 'ours')).toBeTypeOf('function')
  })

  it.skipIf(!existsSync('/proc/self/stat'))(
    'does not count when its number is that of another process now',
    async () => {
      const { entry } = await sleeper()
      await writeFile(lock, entry.replace(/ (\d+) /, ' 1$1 '))
      expect(await lockFile(lock, 'ours')).toBeTypeOf('function')
    },
  )

  it.each(['', 'not a lock', '0 0 x', '-1 0 x', `${process.pid} 0 an earlier one`])(
    "that says %j is nobody's",
    async (text) => {
      await writeFile(lock, text)
      expect(await lockFile(lock, 'ours')).toBeTypeOf('function')
    },
  )
})
