import path from 'node:path'
import { type BuildResult, build, type Message, type OutputFile, type Plugin } from 'esbuild'
import { withChildEnvironment } from '../child-environment.ts'
import { ToolkitError } from '../errors.ts'
import type { ModuleForm } from './module-form.ts'
import { nestingPlugin } from './nesting-plugin.ts'
import { packageName } from './package-name.ts'
import type { ActionSource, BundleOptions } from './types.ts'

/** The source of an Action, as it was read. */
export interface Source {
  action: ActionSource
  text: string
  form: ModuleForm
  /** The file ships as it is written: CommonJS JavaScript that loads no other file of the workspace. */
  verbatim: boolean
}

/** What esbuild makes of some sources: `<index>.js` and its map for each, or errors. */
export type Build = Pick<BuildResult<{ write: false; metafile: true }>, 'errors'> & {
  outputFiles: OutputFile[]
  metafile?: BuildResult<{ metafile: true }>['metafile']
}

/** Bundles sources in one call of esbuild, in memory. What is wrong in a file is among the `errors`. */
export async function runEsbuild(sources: Source[], options: BundleOptions): Promise<Build> {
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

function member(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`
}
