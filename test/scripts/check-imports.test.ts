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
