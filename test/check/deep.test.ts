import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { tryBundleActions } from '../../lib/bundle/index.ts'
import { nestingFault } from '../../lib/bundle/nesting.ts'
import { checkFiles } from '../../lib/check/check-files.ts'
import { treeOf } from '../../lib/prove/code.ts'

const nest = (open: string, inner: string, close: string) => (n: number) =>
  open.repeat(n) + inner + close.repeat(n)
const row =
  (head: string, link: string, end = '') =>
  (n: number) =>
    head + link.repeat(n) + end

/** What takes a level of the tree, n times. Each of them ended the process, or a parser, at 50 000. */
const DEEP: Readonly<Record<string, (n: number) => string>> = {
  parentheses: (n) => `x = ${nest('(', '1', ')')(n)}`,
  lists: (n) => `x = ${nest('[', '', ']')(n)}`,
  blocks: nest('{', '', '}'),
  objects: (n) => `x = ${nest('{a:', '1', '}')(n)}`,
  templates: (n) => `x = ${nest('`${', '1', '}`')(n)}`,
  functions: nest('(function(){', '', '})'),
  classes: (n) => `x = ${nest('class{a=', '1', '}')(n)}`,
  'spread lists': (n) => `x = ${nest('[...', '[]', ']')(n)}`,
  'not not': row('x = ', '!', '1'),
  'typeof typeof': row('x = ', 'typeof ', '1'),
  'new new': row('', 'new ', 'X'),
  sums: row('x = 1', '+1'),
  powers: row('x = 1', '**1'),
  members: row('x = a', '.b'),
  'optional members': row('x = a', '?.b'),
  elements: row('x = a', '[0]'),
  calls: row('a', '()'),
  'else if': row('if(a){}', ' else if(a){}'),
  'if if': row('', 'if(a)', ';'),
  'for for': row('', 'for(;;)', ';'),
  ternaries: row('x = ', 'a?b:', '1'),
  arrows: row('x = ', 'a=>', '1'),
  assignments: row('', 'a=', '1'),
  labels: (n) => `${Array.from({ length: n }, (_, index) => `l${index}:`).join('')};`,
}
/** Of TypeScript alone. */
const TYPES: Readonly<Record<string, (n: number) => string>> = {
  'type arguments': (n) => `type A = ${nest('Array<', 'a', '>')(n)}`,
  casts: row('let y = 1', ' as a'),
  'keyof keyof': row('type A = ', 'keyof ', 'a'),
  conditions: row('type A = ', 'a extends b ? c : ', 'd'),
  namespaces: row('namespace A', '.A', '{}'),
}
/** As long, and flat. */
const FLAT: Readonly<Record<string, (n: number) => string>> = {
  statements: row('', 'f(a, [b], {c}); '),
  lines: row('', 'const f = async (a) => { await a.b?.c() }\n'),
  'lines that end without a semicolon': row('', 'x = a + b\n'),
  functions: row('', 'function f(){return 1}'),
  lists: (n) => `x = [${'1+1,'.repeat(n)}]`,
  comments: row('', '// ((((((([[[[[[{{{{{{\n'),
  'comments of several lines': row('', '/* (((((( \n [[[[[ {{{{{ */\n'),
  texts: row('', "x = '((((([[[[{{{{'; "),
  'texts in templates': row('', 'x = `((((([[[[{{{{`; '),
  'regular expressions': row('', 'x = /[(]([{]/.test(a) ? 1 : 2;\n'),
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deep-'))
})

async function check(name: string, text: string) {
  const file = join(folder, name)
  await writeFile(file, `exports.onExecutePostLogin = async (event, api) => {}\n${text}\n`)
  return checkFiles([file], { root: folder })
}

describe('code that is nested by the thousands is one finding', () => {
  test.each(Object.entries(DEEP))('%s, in JavaScript, a module and TypeScript', async (name, text) => {
    for (const extension of ['js', 'mjs', 'ts']) {
      const found = await check(`${name.replaceAll(' ', '-')}.${extension}`, text(50_000))
      expect(found.filter(({ rule }) => rule !== 'bundle/too-large')).toMatchObject([
        { rule: 'bundle/too-deep', severity: 'error' },
      ])
    }
  })

  test.each(Object.entries(TYPES))('%s', async (name, text) => {
    const found = await check(`${name.replaceAll(' ', '-')}.ts`, text(50_000))
    expect(found.map(({ rule }) => rule)).toEqual(['bundle/too-deep'])
  })

  test('in a workspace and in the search as well', async () => {
    const sourceFile = join(folder, 'deep-action.js')
    await writeFile(sourceFile, DEEP['parentheses']!(50_000))
    const action = { name: 'deep', sourceFile, builtFile: join(folder, 'dist', 'deep.js') }
    const { built, findings } = await tryBundleActions([action], { root: folder })
    expect(built).toEqual([])
    expect(findings).toMatchObject([{ rule: 'bundle/too-deep', file: 'deep-action.js', line: 1 }])
    expect(() => treeOf(DEEP['sums']!(50_000))).toThrow(expect.objectContaining({ code: 'ERR_INPUT' }))
  })
})

test('an import that is nested by the hundred thousand is refused before the bundler ends over it', async () => {
  const sourceFile = join(folder, 'importing.js')
  await writeFile(sourceFile, "exports.x = require('./imported.js')\n")
  await writeFile(join(folder, 'imported.js'), `exports.x = ${nest('(', '1', ')')(600_000)}`)
  const action = { name: 'importing', sourceFile, builtFile: join(folder, 'dist', 'importing.js') }
  const { built, findings } = await tryBundleActions([action], { root: folder })
  expect(built).toEqual([])
  expect(findings).toMatchObject([{ rule: 'bundle/syntax', file: 'imported.js', line: 1 }])
})

describe('code that is only long is read', () => {
  test.each(Object.entries(FLAT))('%s', (_name, text) => {
    expect(nestingFault(text(20_000))).toBeUndefined()
  })

  test('so is what people and tools write deeply', async () => {
    for (const [name, text] of Object.entries({ ...DEEP, ...TYPES })) {
      expect(nestingFault(text(200)), name).toBeUndefined()
      const found = await check('some.ts', text(200))
      expect(
        found.filter(({ rule }) => rule === 'bundle/too-deep'),
        name,
      ).toEqual([])
    }
  })
})
