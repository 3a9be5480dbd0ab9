import { expect, test } from 'vitest'
import { importViolations } from '../../scripts/check-imports.ts'
import { folderWith } from '../helpers/folder.ts'

test('every import of lib/ goes down', async () => {
  expect(await importViolations()).toEqual([])
})

test.each([
  ['claims/a.ts', "import { b } from '../tokens/b.ts'", /ring 0 and must not import "tokens"/],
  ['claims/a.ts', "import { readFile } from 'node:fs'", /any JavaScript runtime/],
  ['claims/a.ts', "import ajv from 'ajv'", /must not import the package "ajv"/],
  ['tokens/a.ts', "import { b } from '../tenant/b.ts'", /"tokens" comes before "tenant"/],
  ['tokens/a.ts', "import type {\n  B,\n} from '../tenant/b.ts'", /"tokens" comes before "tenant"/],
  ['tokens/a.ts', "const b = await import('../cli/b.ts')", /must not import "cli" of ring 2/],
  ['tokens/a.ts', "export { b } from '../report/b.ts'", /must not import "report" of ring 2/],
  ['report/a.ts', "import { b } from '../cli/b.ts'", /must not import "cli"/],
  ['verify/a.ts', "import { verify } from 'node:crypto'", /any JavaScript runtime/],
  ['tenant/a.ts', "import { b } from '../../scripts/b.ts'", /outside lib/],
  ['tenant/a.ts', "import { b } from '../index.ts'", /public entry point/],
  ['tenant/a.ts', 'console.log(1)', /only cli\/ may use console/],
  ['other/a.ts', "import { b } from '../tenant/b.ts'", /no place in the rings/],
])('refuses in %s: %s', async (file, source, expected) => {
  const folder = await folderWith({ [file]: source })
  expect(await importViolations(folder)).toEqual([expect.stringMatching(expected)])
})

test.each([
  ['tenant/a.ts', "import { b } from '../tokens/b.ts'"],
  ['tenant/a.ts', "import { b } from '../claims/b.ts'"],
  ['workspace/a.ts', "import type { Position } from '../runtime/types.ts'"],
  ['workspace/a.ts', "import schema from '../../schemas/a.schema.json' with { type: 'json' }"],
  ['verify/node.ts', "import { verify } from 'node:crypto'"],
  ['cli/a.ts', 'process.exitCode = 1'],
  ['tenant/a.ts', '// process.env is not read here'],
])('accepts in %s: %s', async (file, source) => {
  expect(await importViolations(await folderWith({ [file]: source }))).toEqual([])
})

test.each<[string, Record<string, string>, RegExp[]]>([
  [
    'two files of a folder',
    { 'tenant/a.ts': "import { b } from './b.ts'", 'tenant/b.ts': "\nimport { a } from './a.ts'" },
    [/^lib\/tenant\/a\.ts:1 imports in a circle: tenant\/a\.ts → tenant\/b\.ts → tenant\/a\.ts$/],
  ],
  [
    'types alone, across folders of one ring',
    {
      'claims/a.ts': "import type { B } from '../finding.ts'",
      'finding.ts': "import type { A } from './claims/a.ts'",
    },
    [/circle: claims\/a\.ts → finding\.ts → claims\/a\.ts$/],
  ],
  [
    'three files, one of which is loaded late and one of which is passed on',
    {
      'tenant/a.ts': "export { b } from './b.ts'",
      'tenant/b.ts': "const c = await import('./c.ts')",
      'tenant/c.ts': "import { a } from './a.ts'",
    },
    [/circle: tenant\/a\.ts → tenant\/b\.ts → tenant\/c\.ts → tenant\/a\.ts$/],
  ],
  [
    'two circles with a file in common',
    {
      'tenant/a.ts': "import { b } from './b.ts'\nimport { c } from './c.ts'",
      'tenant/b.ts': "import { a } from './a.ts'",
      'tenant/c.ts': "import { a } from './a.ts'",
    },
    [/a\.ts:1 .*→ tenant\/b\.ts → tenant\/a\.ts$/, /a\.ts:2 .*→ tenant\/c\.ts → /],
  ],
  [
    'no circle where two ways lead to one file',
    {
      'tenant/a.ts': "import { b } from './b.ts'\nimport { c } from './c.ts'",
      'tenant/b.ts': "import { c } from './c.ts'",
      'tenant/c.ts': '',
    },
    [],
  ],
])('finds circles: %s', async (_, files, expected) => {
  const violations = await importViolations(await folderWith(files))
  expect(violations).toEqual(expected.map((pattern) => expect.stringMatching(pattern)))
})
