import { readFile } from 'node:fs/promises'
import { builtinModules as builtin } from 'node:module'
import path from 'node:path'
import { type BuildResult, build, type Message, type OutputFile, type Plugin } from 'esbuild'
import { withChildEnvironment } from '../child-environment.ts'
import { ToolkitError } from '../errors.ts'
import { type Finding, reporter, sortFindings } from '../finding.ts'
import { identityMap } from './identity-map.ts'
import { MAX_ACTION_BYTES } from './limits.ts'
import { type ModuleForm, moduleForm } from './module-form.ts'
import { nestingFault } from './nesting.ts'
import { nestingPlugin } from './nesting-plugin.ts'
import { bundleRules } from './rules.ts'
import type { ActionSource, BuiltAction, BundleOptions, BundleResult } from './types.ts'

const BUILTIN: ReadonlySet<string> = new Set(builtin)
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

interface Source {
  action: ActionSource
  text: string
  form: ModuleForm
  /** The file ships as it is written: CommonJS JavaScript that loads no other file of the workspace. */
  verbatim: boolean
}

async function readSource(action: ActionSource, { root }: BundleOptions): Promise<Source | Finding> {
  let text: string
  try {
    text = await readFile(action.sourceFile, 'utf8')
  } catch (cause) {
    const file = path.relative(root, action.sourceFile)
    throw new ToolkitError('ERR_INPUT', `Action "${action.name}" has no readable source "${file}"`, {
      hint: 'The source of an Action is actions/<name>.ts, named as in tenant.yaml.',
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
    else findings.push(...alone.errors.map((error) => errorFinding(error, source, options)))
  }
  return done
}

type Build = Pick<BuildResult<{ write: false; metafile: true }>, 'errors'> & {
  outputFiles: OutputFile[]
  metafile?: BuildResult<{ metafile: true }>['metafile']
}

async function runEsbuild(sources: Source[], options: BundleOptions): Promise<Build> {
  const outdir = path.join(options.root, 'dist', 'actions')
  try {
    // esbuild starts a process at its first call, and gives it what we have.
    return await withChildEnvironment(() =>
      build({
        entryPoints: sources.map((source, index) => ({
          in: source.form.handlers === 'export' ? `action-entry:${index}` : source.action.sourceFile,
          out: String(index),
        })),
        absWorkingDir: options.root,
        outdir,
        bundle: true,
        write: false,
        metafile: true,
        format: 'cjs',
        platform: 'node',
        target: 'node22',
        charset: 'utf8',
        legalComments: 'none',
        sourcemap: 'external',
        logLevel: 'silent',
        logLimit: 0,
        plugins: [entries(sources), outside(sources, options), nestingPlugin],
      }),
    )
  } catch (error) {
    const errors = (error as { errors?: Message[] }).errors
    if (!Array.isArray(errors)) {
      if (!/service (?:was stopped|is no longer running)/.test((error as Error).message)) throw error
      throw new ToolkitError(
        'ERR_BUNDLE',
        'the bundler ended over a file: it is nested too deeply, or too large',
        {
          cause: error,
          hint: 'Look at the files that the Actions import, and at what bundled packages bring.',
        },
      )
    }
    return { errors, outputFiles: [] }
  }
}

/**
 * The entry of an ES module: sets its handlers on `exports` by assignment. esbuild's own CommonJS form would
 * put twenty lines of helpers with getters into every Action.
 */
function entries(sources: Source[]): Plugin {
  return {
    name: 'action-entry',
    setup(setup) {
      setup.onResolve({ filter: /^action-entry:/ }, (args) => ({
        path: args.path.slice('action-entry:'.length),
        namespace: 'action-entry',
      }))
      setup.onLoad({ filter: /.*/, namespace: 'action-entry' }, (args) => {
        const { action, form } = sources[Number(args.path)]!
        const from = JSON.stringify(`./${path.basename(action.sourceFile)}`)
        const contents =
          form.exports === undefined
            ? `import * as all from ${from}\nObject.assign(exports, all)`
            : `import { ${form.exports.map((name, i) => `${name} as e${i}`).join(', ')} } from ${from}\n` +
              form.exports.map((name, i) => `exports${member(name)} = e${i}`).join('\n')
        return { contents, resolveDir: path.dirname(action.sourceFile), loader: 'js' }
      })
    },
  }
}

/** Keeps declared packages and `actions:` modules outside; tolerant: whatever cannot be resolved as well. */
function outside(sources: Source[], options: BundleOptions): Plugin {
  const declared = new Set(
    sources.flatMap(({ action }) => (action.dependencies ?? []).map(({ name }) => name)),
  )
  return {
    name: 'outside',
    setup(setup) {
      setup.onResolve({ filter: /^actions:/ }, (args) => ({ path: args.path, external: true }))
      setup.onResolve({ filter: /^[^./\\]/ }, (args) => {
        if (args.kind === 'entry-point') return undefined
        const name = packageName(args.path)
        if (declared.has(name)) return { path: args.path, external: true }
        if (options.tolerant === true && name !== 'auth0-claims') return { path: args.path, external: true }
        return undefined
      })
      if (options.tolerant !== true) return
      setup.onResolve({ filter: /.*/ }, async (args) => {
        if (args.kind === 'entry-point' || args.pluginData === 'outside') return undefined
        const { path: wanted, ...rest } = args
        const resolved = await setup.resolve(wanted, {
          importer: rest.importer,
          namespace: rest.namespace,
          resolveDir: rest.resolveDir,
          kind: rest.kind,
          pluginData: 'outside',
        })
        return resolved.errors.length > 0 ? { path: wanted, external: true } : resolved
      })
    },
  }
}

function packageName(specifier: string): string {
  const parts = specifier.split('/')
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0]!
}

function member(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`
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

function errorFinding(error: Message, { action }: Source, { root }: BundleOptions): Finding {
  const { location } = error
  const unresolved = /^Could not resolve "([^"]+)"/.exec(error.text)
  const at = {
    file: location === null ? path.relative(root, action.sourceFile) : relativeFile(root, location.file),
    line: location?.line ?? 1,
    column: (location?.column ?? 0) + 1,
  }
  return report(unresolved === null ? 'bundle/syntax' : 'bundle/unresolved', at, {
    message: `Action "${action.name}" cannot be bundled: ${error.text}`,
    hint:
      unresolved === null
        ? 'Correct the file; the position is the first place that does not fit.'
        : /^[./]/.test(unresolved[1]!)
          ? 'The path is relative to the file that imports it.'
          : `Declare "${unresolved[1]}" under the Action's dependencies in tenant.yaml, or install it to bundle it.`,
  })
}

function relativeFile(root: string, file: string): string {
  return path
    .relative(root, path.resolve(root, file.replace(/^[a-z-]+:/, '')))
    .split(path.sep)
    .join('/')
}

function* checkBundle(
  action: BuiltAction,
  dependencies: readonly { name: string }[],
  { root, tolerant }: BundleOptions,
): Generator<Finding> {
  const at = { file: relativeFile(root, action.sourceFile), line: 1, column: 1 }
  if (action.bytes > MAX_ACTION_BYTES) {
    yield report('bundle/too-large', at, {
      message: `The bundle of "${action.name}" has ${action.bytes} bytes; Auth0 takes ${MAX_ACTION_BYTES}.`,
      hint: 'Declare large packages under the dependencies in tenant.yaml: those do not count.',
    })
  }
  if (tolerant === true) return
  for (const required of action.requires) {
    if (required.startsWith('actions:') || isNodeModule(required)) continue
    const name = packageName(required)
    if (dependencies.some((dependency) => dependency.name === name)) continue
    yield report('bundle/undeclared-dependency', at, {
      message: `"${action.name}" requires "${name}", which tenant.yaml does not declare for it.`,
      hint: `Add "${name}" with a version to the Action's dependencies.`,
    })
  }
}

function isNodeModule(name: string): boolean {
  return name.startsWith('node:') || BUILTIN.has(name)
}
