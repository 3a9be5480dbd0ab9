/**
 * Guards the rings of the architecture (lib/README.md): imports go down only.
 * Ring 0 imports ring 0. A ring-1 module imports ring 0 and the ring-1 modules before it. Nobody imports `cli/`.
 * Also keeps `node:*` and `process` out of the modules that run on any JavaScript runtime, and finds files that import
 * each other in a circle, inside a folder too and by types alone: neither can be read without the other.
 */
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, posix, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseSync } from 'oxc-parser'

const RING_0 = [
  'finding',
  'errors',
  'limits',
  'child-environment',
  'loopback-server',
  'primordials',
  'json',
  'files',
  'claims',
  'triggers',
  'action',
  'policy',
]
/** In order: a module may import those before it. */
const RING_1 = [
  'workspace',
  'contract',
  'bundle',
  'check',
  'runtime',
  'tokens',
  'simulator',
  'tenant',
  'oauth',
  'deploy',
  'prove',
  'init',
  'verify',
]
const RING_2 = ['report', 'cli', 'testing-options']
/** Public entry points that only re-export; nothing inside lib imports them. */
const ENTRIES = ['index', 'testing']

/** Modules that run anywhere: no `node:*`. A file named `node*.ts` in them is chosen by the `node` import condition. */
const ANYWHERE = [
  'claims',
  'triggers',
  'action',
  'policy',
  'verify',
  'finding',
  'errors',
  'limits',
  'primordials',
  'json',
]
const ADAPTERS = /^verify\/(?:node|express|fastify)[^/]*\.ts$/

/** Only these may touch the process: the CLI, and what starts a Node process, or is one. */
const PROCESS =
  /^(?:cli\/|child-environment|files\/cleared-at-end|runtime\/|deploy\/launch|bundle\/bundle-(?:process|elsewhere))/

/** Shapes that any module may name, since they hold no code. */
const SHARED_TYPES = new Set(['runtime/types.ts', 'tokens/types.ts', 'simulator/types.ts'])

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const lib = join(root, 'lib')

interface Import {
  specifier: string
  typeOnly: boolean
  line: number
}

/** Every violation as `path:line message`. */
export async function importViolations(folder: string = lib): Promise<string[]> {
  const violations: string[] = []
  const graph = new Map<string, Map<string, number>>()
  const files = await readdir(folder, { recursive: true })
  for (const name of files.filter((file) => /\.[cm]?[jt]s$/.test(file)).sort()) {
    const file = name.split(sep).join('/')
    const source = await readFile(join(folder, name), 'utf8')
    const imports = importsOf(file, source)
    graph.set(file, filesOf(file, imports))
    for (const found of imports) {
      const fault = importFault(file, found)
      if (fault !== undefined) violations.push(`lib/${file}:${found.line} ${fault}`)
    }
    for (const [index, line] of source.split('\n').entries()) {
      const fault = globalFault(file, line)
      if (fault !== undefined) violations.push(`lib/${file}:${index + 1} ${fault}`)
    }
  }
  return [...violations, ...circles(graph)]
}

/** The files that a file imports, with the lines. */
function filesOf(file: string, imports: readonly Import[]): Map<string, number> {
  const own = imports.filter(({ specifier }) => specifier.startsWith('.'))
  return new Map(
    own.map(({ specifier, line }) => [posix.normalize(posix.join(posix.dirname(file), specifier)), line]),
  )
}

/** One shortest circle for each import that closes one and is not in a circle that was named. */
function circles(graph: ReadonlyMap<string, ReadonlyMap<string, number>>): string[] {
  const named = new Set<string>()
  const found: string[] = []
  for (const [file, imports] of graph) {
    for (const [target, line] of imports) {
      const way = named.has(`${file} ${target}`) ? undefined : wayBetween(graph, target, file)
      if (way === undefined) continue
      const circle = [file, ...way]
      for (const [index, one] of circle.slice(1).entries()) named.add(`${circle[index]} ${one}`)
      found.push(`lib/${file}:${line} imports in a circle: ${circle.join(' → ')}`)
    }
  }
  return found
}

/** The files on a shortest way of imports, both ends included. */
function wayBetween(
  graph: ReadonlyMap<string, ReadonlyMap<string, number>>,
  from: string,
  to: string,
): string[] | undefined {
  const before = new Map<string, string | undefined>([[from, undefined]])
  for (const file of before.keys()) {
    if (file === to) {
      const way: string[] = []
      for (let one: string | undefined = file; one !== undefined; one = before.get(one)) way.unshift(one)
      return way
    }
    for (const next of graph.get(file)?.keys() ?? []) if (!before.has(next)) before.set(next, file)
  }
  return undefined
}

function importsOf(file: string, source: string): Import[] {
  const { module } = parseSync(file, source)
  const lineAt = (offset: number) => source.slice(0, offset).split('\n').length
  return [
    ...module.staticImports.map((found) => ({
      specifier: found.moduleRequest.value,
      typeOnly: found.entries.length > 0 && found.entries.every((entry) => entry.isType),
      line: lineAt(found.start),
    })),
    ...module.staticExports.flatMap((found) =>
      found.entries
        .filter((entry) => entry.moduleRequest !== null)
        .map((entry) => ({
          specifier: entry.moduleRequest!.value,
          typeOnly: entry.isType,
          line: lineAt(found.start),
        })),
    ),
    ...module.dynamicImports.map((found) => ({
      specifier: source.slice(found.moduleRequest.start + 1, found.moduleRequest.end - 1),
      typeOnly: false,
      line: lineAt(found.start),
    })),
  ]
}

function importFault(file: string, { specifier, typeOnly }: Import): string | undefined {
  const from = moduleOf(file)
  if (specifier.startsWith('node:')) {
    if (ANYWHERE.includes(from) && !ADAPTERS.test(file)) {
      return `"${from}" runs on any JavaScript runtime and must not import "${specifier}"`
    }
    return undefined
  }
  if (!specifier.startsWith('.')) {
    if (RING_0.includes(from)) return `"${from}" is in ring 0 and must not import the package "${specifier}"`
    return undefined
  }
  const target = posix.normalize(posix.join(posix.dirname(file), specifier))
  if (target.startsWith('../')) {
    return /^(?:\.\.\/)+schemas\//.test(target)
      ? undefined
      : `"${specifier}" is outside lib/; only schemas/ may be read from there`
  }
  const to = moduleOf(target)
  if (from === to || ENTRIES.includes(from)) return undefined
  if (typeOnly && SHARED_TYPES.has(target)) return undefined
  if (ENTRIES.includes(to)) return `"${specifier}" is a public entry point; import the module itself`
  if (RING_0.includes(to)) return undefined
  if (RING_0.includes(from)) return `"${from}" is in ring 0 and must not import "${to}"`
  if (from === 'cli' || from === 'testing-options') return undefined
  if (from === 'report') return to === 'cli' ? '"report" must not import "cli"' : undefined
  if (RING_2.includes(to)) return `"${from}" is in ring 1 and must not import "${to}" of ring 2`
  if (!RING_1.includes(from)) return `"${from}" has no place in the rings; add it to scripts/check-imports.ts`
  if (RING_1.indexOf(to) > RING_1.indexOf(from))
    return `"${from}" comes before "${to}" and must not import it`
  return undefined
}

function globalFault(file: string, line: string): string | undefined {
  if (PROCESS.test(file) || /^\s*(?:\*|\/\/)/.test(line)) return undefined
  const match = /(?<![-\w.'"`$])(process|console)\.\w+/.exec(line)
  return match === null ? undefined : `"${match[0]}": only cli/ may use ${match[1]}; take it as an argument`
}

function moduleOf(file: string): string {
  const first = file.split('/')[0]!
  return first.replace(/\.[cm]?[jt]s$/, '')
}

if (process.argv[1] !== undefined && relative(process.argv[1], fileURLToPath(import.meta.url)) === '') {
  const violations = await importViolations()
  for (const violation of violations) console.error(violation)
  console.log(
    violations.length === 0 ? 'imports: every import goes down' : `${violations.length} imports to change`,
  )
  process.exitCode = violations.length === 0 ? 0 : 1
}
