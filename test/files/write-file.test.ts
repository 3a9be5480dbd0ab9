import { spawn } from 'node:child_process'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { keptFolderWith } from '../helpers/folder.ts'

const MODULE = join(import.meta.dirname, '../../lib/files/write-file.ts')
const TSX = join(import.meta.dirname, '../../node_modules/tsx/dist/loader.mjs')

// The second file comes when somebody has read that the first is written.
const writes = (signal: NodeJS.Signals) => `
  import { writeAllWhole } from ${JSON.stringify(MODULE)}
  import { existsSync, readdirSync, writeFileSync } from 'node:fs'
  function* files() {
    yield ['new/one.txt', 'one']
    console.log(readdirSync('new').length)
    process.kill(process.pid, '${signal}')
    for (let n = 0; n < 3000; n++) yield ['new/below/' + n + '.txt', 'two']
  }
  await writeAllWhole(files())
  console.log('after')`

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s amid the writing of several files leaves none of them behind',
  async (signal) => {
    const folder = await keptFolderWith({ 'there.txt': 'x' })
    try {
      const child = spawn(process.execPath, ['--import', TSX, '--input-type=module', '-e', writes(signal)], {
        cwd: folder,
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      let out = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
      const ended = await new Promise((resolve) => child.once('close', (code, by) => resolve([code, by])))
      expect([out, ended]).toEqual(['1\n', [null, signal]])
      expect(await readdir(folder)).toEqual(['there.txt'])
    } finally {
      await rm(folder, { recursive: true })
    }
  },
)
