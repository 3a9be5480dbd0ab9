import type { Metafile } from 'esbuild'

/** What only checks load; the rest of what a check loads most commands load too. */
const CHECK = 'dist/lib/check/'
const STATIC = ['import-statement']

/**
 * The modules that each entry has to load as well, so that one run reads few files. esbuild gives the modules that the
 * same entries share a file of their own: with thirty entries that makes twenty files for one command, many of them
 * tiny, at 0.4 ms each. What the program always loads, each of its own entries loads too; of the two other groups, an
 * entry that loads more than half loads all.
 *
 * @param metafile of a build without such additions
 * @param program the entry that every run of the command begins with
 * @param often the entry whose run is to read few files
 * @param library an entry that is loaded without the program
 * @returns paths of modules by the path of the entry, as in the metafile
 */
export function additionsForFewFiles(
  { inputs, outputs }: Metafile,
  { program, often, library }: Record<'program' | 'often' | 'library', string>,
): Map<string, string[]> {
  const loadedBy = (entry: string, kinds = STATIC) => {
    const found = new Set([entry])
    for (const module of found) {
      for (const { path, kind, external } of inputs[module]!.imports)
        if (kinds.includes(kind) && external !== true) found.add(path)
    }
    return found
  }
  const always = loadedBy(program)
  const withoutProgram = loadedBy(library, [...STATIC, 'dynamic-import'])
  // Packages are large, and a file each.
  const loaded = [...loadedBy(often)].filter(
    (module) => module !== often && !always.has(module) && !module.includes('node_modules/'),
  )
  const groups = [true, false].map((own) => loaded.filter((module) => module.startsWith(CHECK) === own))

  const additions = new Map<string, string[]>()
  for (const { entryPoint: entry } of Object.values(outputs)) {
    if (entry === undefined || entry === program) continue
    const known = loadedBy(entry)
    const more = groups.filter(
      (group) => group.filter((module) => known.has(module)).length > group.length / 2,
    )
    if (!withoutProgram.has(entry)) more.push([...always].filter((module) => module !== program))
    additions.set(
      entry,
      more.flat().filter((module) => !known.has(module)),
    )
  }
  return additions
}
