import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openCache } from '../../lib/check/cache.ts'
import { checkFiles } from '../../lib/check/index.ts'
import { checkCommand } from '../../lib/cli/commands/check.ts'
import { folderWith } from '../helpers/folder.ts'
import { recordedTerminal } from '../helpers/terminal.ts'

const action = (name: string) =>
  `exports.onExecutePostLogin = async (event, api) => {\n  api.idToken.setCustomClaim('${name}', 1)\n}\n`

describe('the cache', () => {
  it('knows an unchanged text again under another name, and not a changed one', async () => {
    const root = await folderWith({ 'a.js': action('sid'), 'b.js': action('sid'), 'a.ts': action('sid') })
    const cache = await openCache(join(root, 'cache.json'), '1')
    const first = await checkFiles([join(root, 'a.js')], { root, cache })
    const key = cache.keyOf('b.js', action('sid'))
    expect(cache.get(key, 'b.js')).toEqual(first.map((finding) => ({ ...finding, file: 'b.js' })))
    expect(cache.get(cache.keyOf('a.js', action('jti')), 'a.js')).toBeUndefined()
    expect(cache.get(cache.keyOf('a.ts', action('sid')), 'a.ts')).toBeUndefined()
  })

  it('gives what was saved, and starts empty for other rules or a broken file', async () => {
    const root = await folderWith({ 'a.js': action('sid') })
    const file = join(root, 'deep', 'cache.json')
    const cache = await openCache(file, '1')
    const found = await checkFiles([join(root, 'a.js')], { root, cache })
    await cache.save()
    const key = cache.keyOf('a.js', action('sid'))
    expect((await openCache(file, '1')).get(key, 'a.js')).toEqual(found)
    expect((await openCache(file, '2')).get(key, 'a.js')).toBeUndefined()
    await writeFile(file, '{ "fingerprint": "1", ')
    expect((await openCache(file, '1')).get(key, 'a.js')).toBeUndefined()
  })
})

describe('claims check with a cache', () => {
  const names = Array.from({ length: 25 }, (_, index) => `a${index}.js`)

  async function workplace() {
    const cwd = await folderWith(Object.fromEntries(names.map((name) => [`actions/${name}`, action(name)])))
    const home = await folderWith({})
    return { cwd, home, env: { HOME: home, XDG_CACHE_HOME: '', LOCALAPPDATA: '' } }
  }

  it('prints the same the second time, from what it kept, and can do without', async () => {
    const { cwd, home, env } = await workplace()
    const run = async (values = {}) => {
      const terminal = recordedTerminal({ cwd, env })
      await checkCommand.run(terminal, { json: true, ...values }, ['actions'])
      return terminal.stdout()
    }
    const first = await run()
    const [kept, ...others] = await readdir(join(home, '.cache/auth0-claims'))
    expect(others).toEqual([])
    expect(await run()).toBe(first)
    // What is kept is what is printed: a mark in it shows.
    const file = join(home, '.cache/auth0-claims', kept!)
    await writeFile(file, (await readFile(file, 'utf8')).replaceAll('has no namespace', 'HAS NO NAMESPACE'))
    expect(await run()).toContain('HAS NO NAMESPACE')
    expect(await run({ 'no-cache': true })).toBe(first)
    await rm(join(home, '.cache'), { recursive: true })
    expect(await run()).toBe(first)
  })

  it('forgets files that are gone, and notices one that has changed', async () => {
    const { cwd, home, env } = await workplace()
    const run = async () => {
      const terminal = recordedTerminal({ cwd, env })
      await checkCommand.run(terminal, { json: true }, ['actions'])
      return terminal.stdout()
    }
    await run()
    await writeFile(join(cwd, 'actions/a0.js'), action('roles'))
    await rm(join(cwd, 'actions/a1.js'))
    const output = await run()
    expect(output).toContain('claims/restricted-name')
    expect(output).not.toContain('a1.js')
    const [kept] = await readdir(join(home, '.cache/auth0-claims'))
    const { findings } = JSON.parse(await readFile(join(home, '.cache/auth0-claims', kept!), 'utf8'))
    expect(Object.keys(findings)).toHaveLength(24)
  })

  it('keeps nothing of a few files', async () => {
    const { cwd, home, env } = await workplace()
    await checkCommand.run(
      recordedTerminal({ cwd, env }),
      {},
      names.slice(0, 3).map((name) => `actions/${name}`),
    )
    expect(await readdir(home)).toEqual([])
  })
})
