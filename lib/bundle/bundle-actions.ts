import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { ToolkitError } from '../errors.ts'
import { type Finding, reporter, sortFindings } from '../finding.ts'
import { checkBundle, errorFinding, relativeFile } from './bundle-findings.ts'
import { identityMap } from './identity-map.ts'
import { moduleForm } from './module-form.ts'
import { nestingFault } from './nesting.ts'
import { bundleRules } from './rules.ts'
import { type Build, runEsbuild, type Source } from './run-esbuild.ts'
import type { ActionSource, BuiltAction, BundleOptions, BundleResult } from './types.ts'

const report = reporter(bundleRules)

/**
 * Bundles every Action into one CommonJS file, all in one esbuild call: target Node 22, native async functions,
 * handlers set on `exports`, nothing minified, no source map inside. Declared npm packages, Node's own modules
 * and `actions:` modules stay outside. Writes nothing: see {@link writeBundles}.
 *
 * Does not check what the code does: that is `checkWorkspace`.
 *
 * @throws ToolkitError `ERR_BUNDLE` at the first Action that cannot be bundled, with file, line and column;
 * `tryBundleActions` returns these as findings.
 */
export async function bundleActions(
  actions: readonly ActionSource[],
  options: BundleOptions,
): Promise<BuiltAction[]> {
  const { built, findings } = await tryBundleActions(actions, options)
  const failure = findings.find(
    ({ rule }) => rule === 'bundle/syntax' || rule === 'bundle/too-deep' || rule === 'bundle/unresolved',
  )
  if (failure !== undefined) {
    throw new ToolkitError('ERR_BUNDLE', failure.message, {
      hint: failure.hint,
      file: failure.file,
      line: failure.line,
      column: failure.column,
    })
  }
  return built
}

/**
 * Like {@link bundleActions}, yet an Action with an error becomes findings (`bundle/syntax`, `bundle/unresolved`)
 * and the others are built. Adds `bundle/too-large`, `bundle/undeclared-dependency` and `handler/not-exported`.
 *
 * @throws ToolkitError `ERR_INPUT` for a source file that cannot be read.
 */
export async function tryBundleActions(
  actions: readonly ActionSource[],
  options: BundleOptions,
): Promise<BundleResult> {
  const read = await Promise.all(actions.map((action) => readSource(action, options)))
  const findings: Finding[] = read.filter((one) => 'rule' in one)
  const sources = read.filter((one): one is Source => !('rule' in one))
  const built: (BuiltAction | undefined)[] = sources.map((source) =>
    source.verbatim ? shipAsWritten(source) : undefined,
  )
  const toBuild = sources.filter((source) => !source.verbatim)
  for (const [source, result] of await buildAll(toBuild, options, findings)) {
    built[sources.indexOf(source)] = result
  }
  const done = built.filter((action) => action !== undefined)
  for (const action of done) {
    const declared = actions.find((candidate) => candidate.name === action.name)?.dependencies ?? []
    findings.push(...checkBundle(action, declared, options))
  }
  return { built: done, findings: sortFindings(findings) }
}

async function readSource(action: ActionSource, { root }: BundleOptions): Promise<Source | Finding> {
  let text: string
  try {
    text = await readFile(action.sourceFile, 'utf8')
  } catch (cause) {
    const file = path.relative(root, action.sourceFile)
    throw new ToolkitError('ERR_INPUT', `Action "${action.name}" has no readable source "${file}"`, {
      hint: 'The source of an Action is actions/<name>.ts or .js, named as in tenant.yaml, else the file that "code" names.',
      file,
      cause,
    })
  }
  const nested = nestingFault(text)
  if (nested !== undefined) {
    const before = text.slice(0, nested.offset).split('\n')
    const file = relativeFile(root, action.sourceFile)
    return report(
      'bundle/too-deep',
      { file, line: before.length, column: before.at(-1)!.length + 1 },
      {
        message: `Action "${action.name}" is not read: ${nested.message}.`,
        hint: 'Write it flatter: a table instead of branches, join() instead of many +.',
      },
    )
  }
  const form = moduleForm(action.sourceFile, text)
  const javascript = /\.c?js$/.test(action.sourceFile)
  return { action, text, form, verbatim: javascript && form.parses && !form.esm && !form.relative }
}

async function buildAll(
  sources: Source[],
  options: BundleOptions,
  findings: Finding[],
): Promise<Map<Source, BuiltAction>> {
  const done = new Map<Source, BuiltAction>()
  if (sources.length === 0) return done
  const first = await runEsbuild(sources, options)
  if (first.errors.length === 0) {
    for (const [index, source] of sources.entries())
      done.set(source, builtAction(source, index, first, options))
    return done
  }
  // One bad file fails the whole call: build each on its own to know whose error it is.
  for (const source of sources) {
    const alone = sources.length === 1 ? first : await runEsbuild([source], options)
    if (alone.errors.length === 0) done.set(source, builtAction(source, 0, alone, options))
    else findings.push(...alone.errors.map((error) => errorFinding(error, source.action, options)))
  }
  return done
}

function builtAction(source: Source, index: number, result: Build, options: BundleOptions): BuiltAction {
  const { action, form } = source
  const out = (extension: string) =>
    result.outputFiles.find((file) => path.basename(file.path) === `${index}${extension}`)!
  // The entry's number would change a bundle whenever another Action comes or goes.
  const code = out('.js').text.replace(/^\/\/ action-entry:\d+$/m, '// handlers')
  const map = JSON.parse(out('.js.map').text) as { sources: (string | null)[]; file?: string }
  const mapFolder = path.join(options.root, 'dist', 'actions')
  const builtFolder = path.dirname(action.builtFile)
  map.sources = map.sources.map((file) =>
    file === null || file.startsWith('action-entry:')
      ? null
      : path.relative(builtFolder, path.resolve(mapFolder, file)).split(path.sep).join('/'),
  )
  const output = Object.entries(result.metafile?.outputs ?? {}).find(
    ([file]) => path.basename(file) === `${index}.js`,
  )?.[1]
  return {
    name: action.name,
    sourceFile: action.sourceFile,
    builtFile: action.builtFile,
    code,
    sourceMap: JSON.stringify({ ...map, file: path.basename(action.builtFile) }),
    bytes: Buffer.byteLength(code),
    exports: form.exports ?? [],
    requires: [
      ...new Set((output?.imports ?? []).filter((use) => use.external).map((use) => use.path)),
    ].sort(),
    inputs: inputsOf(action.sourceFile, result.metafile?.inputs ?? {}, options.root),
    asWritten: false,
  }
}

function shipAsWritten({ action, text, form }: Source): BuiltAction {
  const code = text.replace(/^\uFEFF/, '')
  const source = path.relative(path.dirname(action.builtFile), action.sourceFile).split(path.sep).join('/')
  return {
    name: action.name,
    sourceFile: action.sourceFile,
    builtFile: action.builtFile,
    code,
    sourceMap: identityMap(path.basename(action.builtFile), source, code),
    bytes: Buffer.byteLength(code),
    exports: form.exports ?? [],
    requires: [
      ...new Set([...code.matchAll(/\brequire\(\s*['"`]([^'"`$]+)['"`]\s*\)/g)].map((m) => m[1]!)),
    ].sort(),
    inputs: [action.sourceFile],
    asWritten: true,
  }
}

/** A source and all that it imports, by the bundler's account of one call for all Actions. */
function inputsOf(
  sourceFile: string,
  inputs: NonNullable<Build['metafile']>['inputs'],
  root: string,
): string[] {
  const absolute = new Map(Object.keys(inputs).map((name) => [path.resolve(root, name), name]))
  const found = new Set([sourceFile])
  for (const file of found) {
    for (const use of inputs[absolute.get(file) ?? '']?.imports ?? []) {
      if (use.external !== true && !use.path.startsWith('(disabled)')) found.add(path.resolve(root, use.path))
    }
  }
  return [...found]
}
