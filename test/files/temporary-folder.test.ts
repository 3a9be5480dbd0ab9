import { spawn } from 'node:child_process'
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { keptFolderWith } from '../helpers/folder.ts'

const MODULE = join(import.meta.dirname, '../../lib/files/temporary-folder.ts')
const TSX = join(import.meta.dirname, '../../node_modules/tsx/dist/loader.mjs')

const uses = (use: string) =>
  `import { withTemporaryFolder } from ${JSON.stringify(MODULE)}
   ${use.includes('others') ? "process.on('SIGINT', () => setTimeout(() => console.log('gracefully'), 100))" : ''}
   await withTemporaryFolder('test-', async (folder) => { console.log('ready'); ${use.replace('others', '')} })
   console.log('after')`
const FOREVER = 'await new Promise((resolve) => setTimeout(resolve, 20_000))'

test.each([
  ['at the end', uses(''), undefined, /ready\nafter/, { code: 0, signal: null }],
  ['when it throws', uses("throw new Error('x')"), undefined, /ready/, { code: 1, signal: null }],
  ['when the process exits', uses('process.exit(3)'), undefined, /ready/, { code: 3, signal: null }],
  ['at Ctrl-C', uses(FOREVER), 'SIGINT', /ready/, { code: null, signal: 'SIGINT' }],
  ['when it is told to end', uses(FOREVER), 'SIGTERM', /ready/, { code: null, signal: 'SIGTERM' }],
  [
    'at Ctrl-C that somebody else takes, once that is done',
    uses('others await new Promise((resolve) => setTimeout(resolve, 600))'),
    'SIGINT',
    /ready\ngracefully\nafter/,
    { code: 0, signal: null },
  ],
] as const)('a temporary folder is the user’s alone, and gone %s', async (_, code, signal, said, ended) => {
  const folder = await keptFolderWith({})
  try {
    const child = spawn(process.execPath, ['--import', TSX, '--input-type=module', '-e', code], {
      env: { ...process.env, TMPDIR: folder },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    let out = ''
    for await (const text of child.stdout.setEncoding('utf8')) {
      if (out === '' && signal !== undefined) {
        const [made] = (await readdir(folder)).filter((name) => name.startsWith('auth0-claims-'))
        expect((await stat(join(folder, made!))).mode & 0o777).toBe(0o700)
        child.kill(signal)
      }
      out += text
    }
    const result = await new Promise((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null)
        resolve({ code: child.exitCode, signal: child.signalCode })
      child.once('close', (exit, by) => resolve({ code: exit, signal: by }))
    })
    expect(out).toMatch(said)
    expect(result).toEqual(ended)
    expect((await readdir(folder)).filter((name) => name.startsWith('auth0-claims-'))).toEqual([])
  } finally {
    await rm(folder, { recursive: true })
  }
})
