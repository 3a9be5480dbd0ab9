import { expect, it } from 'vitest'
import { moduleForm } from '../../lib/bundle/module-form.ts'

// A word of module syntax, also in a comment, has the whole tree made.
const WITH_TREE = '\n// import'

it.each([
  [
    'handlers',
    'exports.onExecutePostLogin = async () => {}\nexports.onContinuePostLogin = async () => {}\n',
    true,
  ],
  ['a package', "const axios = require('axios')\nexports.onExecutePostLogin = async () => axios.get\n", true],
  ['another file', "exports.onExecutePostLogin = require('./other').handler\n", true],
  ['nothing', '', true],
  ['a byte order mark', '\uFEFFexports.onExecutePostLogin = async () => {}\n', true],
  ['a comment of old pages', '<!-- old -->\nexports.a = 1\n', true],
  ['a line for the shell', '#!/usr/bin/env node\nexports.a = 1\n', true],
  ['an await outside of functions', 'await 1\nexports.a = 1\n', true],
  ['a return outside of functions', 'return\n', false],
  ['an open bracket', 'exports.a = (\n', false],
  ['a bracket too many', '}) (); process.exit(9); (function () {\n', false],
  ['an await in a plain function', 'exports.a = () => { await 1 }\n', false],
])('reads a script with %s as it reads its tree', (_, source, parses) => {
  const form = moduleForm('action.js', source)
  expect(form).toEqual(moduleForm('action.js', source + WITH_TREE))
  expect(form).toMatchObject({ parses })
})

it.each(['action.ts', 'action.mts'])('does not take %s for a script', (file) => {
  expect(moduleForm(file, 'const a: string = ""\nexports.b = a\n')).toMatchObject({
    parses: true,
    handlers: 'commonjs',
    exports: ['b'],
  })
})
