import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { compiledPackage } from '../helpers/compiled-package.ts'

test('the entry point for suites loads no reader of workspaces, and no package', async () => {
  const entry = pathToFileURL(join(await compiledPackage(), 'dist/lib/testing.js')).href
  const { stderr } = await promisify(execFile)(process.execPath, ['-e', `import(${JSON.stringify(entry)})`], {
    env: { ...process.env, NODE_DEBUG: 'esm' },
    maxBuffer: 50_000_000,
  })
  const loaded = new Set(stderr.match(/file:\/\/[^ '"]+\.[cm]?js/g))
  expect(loaded).toContain(entry)
  const heavy = [...loaded].filter((url) => /node_modules|yaml-file|local-file|\/contract\//.test(url))
  expect(heavy).toEqual([])
})
