/** What `require` needs beside ES modules: the types once more, and a file that hands over what the modules export. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { pathToFileURL } from 'node:url'

/** The declarations of entry points, and those that these name. */
export async function declarationsOf(compiled: string, entries: readonly string[]): Promise<Set<string>> {
  const found = new Set(entries.map((file) => `${file}.d.ts`))
  for (const path of found) {
    const types = await readFile(join(compiled, path), 'utf8')
    for (const [, specifier] of types.matchAll(/(?:from |import\()['"](\.[^'"]*)\.js['"]/g)) {
      found.add(join(dirname(path), `${specifier}.d.ts`))
    }
  }
  return found
}

/** Declarations of an ES module as those of a CommonJS module: a package of ES modules only is named as one. */
export function asCommonJsTypes(types: string): string {
  return types
    .replaceAll(/((?:from |import\()(['"])\.[^'"]*)\.js\2/g, '$1.cjs$2')
    .replaceAll(
      /^import type (.*) from 'jose';$/gm,
      "import type $1 from 'jose' with { 'resolution-mode': 'import' };",
    )
}

/**
 * Writes, for entry points that are ES modules, files that `require` takes: each loads the module, which every
 * supported version of Node can, and hands its names over one by one, as tools that read names from source need it.
 *
 * @param entries the file of an entry's types in `compiled`, without its ending, and the module to load; none for one
 *   that has a file for `require` already
 */
export async function writeCommonJsEntries(
  compiled: string,
  folder: string,
  entries: readonly { types: string; module?: string }[],
): Promise<void> {
  const files = entries.map(({ types }) => types)
  for (const path of await declarationsOf(compiled, files)) {
    const text = await readFile(join(compiled, path), 'utf8')
    await write(join(folder, path.replace(/\.d\.ts$/, '.d.cts')), asCommonJsTypes(text))
  }
  for (const { module, types } of entries) {
    if (module === undefined) continue
    const path = join(folder, `${types}.cjs`)
    const from = relative(dirname(path), module).split(sep).join('/')
    const names = Object.keys(await import(pathToFileURL(module).href)).sort()
    const lines = names.map((name) => `exports.${name} = module_.${name};\n`)
    await write(path, `"use strict";\nconst module_ = require(${JSON.stringify(from)});\n${lines.join('')}`)
  }
}

async function write(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, content)
}
