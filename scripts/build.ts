/**
 * Compiles the package into dist/: JavaScript and type declarations of lib/, the schemas beside them, and the command
 * in dist/cli, the local tenant's entry point beside it and `auth0-claims/testing` in dist/testing, each with all that
 * it imports in a few files: reading a hundred small ones takes longer than checking an Action.
 */
import { execFileSync } from 'node:child_process'
import { chmod, cp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'
import { bundleRunner } from '../lib/runtime/runner-code.ts'
import { writeCommonJsEntries } from './commonjs-types.ts'
import { additionsForFewFiles } from './few-files.ts'
import { DIGEST_FILE, sourcesDigest } from './sources-digest.ts'
import { writeVerifyPackage } from './verify-package.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const out = join(root, 'dist')

// Before the first source is read: one that is edited meanwhile makes the build a stale one.
const digest = sourcesDigest(root)
await rm(join(root, DIGEST_FILE), { force: true })
// dist/actions belongs to `claims build`: it stays.
await rm(join(out, 'lib'), { recursive: true, force: true })
await rm(join(out, 'schemas'), { recursive: true, force: true })
await rm(join(out, 'cli'), { recursive: true, force: true })
await rm(join(out, 'testing'), { recursive: true, force: true })
execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
})
// The compiler gives JavaScript the names of the compiled files, and leaves those of the sources in its declarations.
for (const path of await readdir(join(out, 'lib'), { recursive: true })) {
  if (!path.endsWith('.d.ts')) continue
  const types = await readFile(join(out, 'lib', path), 'utf8')
  await writeFile(
    join(out, 'lib', path),
    types.replaceAll(/((?:from |import |import\()['"]\.[^'"]*)\.ts(['"])/g, '$1.js$2'),
  )
}
await cp(join(root, 'schemas'), join(out, 'schemas'), {
  recursive: true,
  filter: (source) => !/\.ts$/.test(source),
})
// Plain JavaScript, since it is the entry of a process of its own.
await writeFile(join(out, 'lib/runtime/runner.bundle.cjs'), await bundleRunner())
// Only the part of it that is JavaScript: as a dependency it brings 50 MB of programs for other platforms.
await cp(join(root, 'node_modules/recheck/lib/browser.js'), join(out, 'lib/contract/recheck.cjs'))
await cp(join(root, 'node_modules/recheck/LICENSE'), join(out, 'lib/contract/recheck-LICENSE.md'))
await cp(join(root, 'lib/deploy/launcher.mjs'), join(out, 'lib/deploy/launcher.mjs'))

/**
 * Files find what lies beside them by their own address: in a bundle it is still the one in dist/lib.
 *
 * @param additions what a file has to load as well, by its path
 */
function addresses(
  folder: string,
  own: string,
  additions: ReadonlyMap<string, readonly string[]> = new Map(),
): Plugin {
  return {
    name: 'addresses',
    setup({ onLoad }) {
      onLoad({ filter: /[\\/]dist[\\/]lib[\\/].*\.js$/ }, async ({ path }) => {
        const code = await readFile(path, 'utf8')
        const more = additions.get(relative(root, path).split(sep).join('/')) ?? []
        if (more.length === 0 && !code.includes('import.meta.url')) return undefined
        const from = relative(join(out, folder), path).split(sep).join('/')
        const imports = more.map((module) => `import ${JSON.stringify(join(root, module))};`)
        return {
          contents: [
            ...imports,
            code.replaceAll('import.meta.url', `new URL(${JSON.stringify(from)}, ${own}).href`),
          ].join(''),
        }
      })
    },
  }
}
/**
 * Packages that are part of the files: the parser that each check of JavaScript needs, in its short form (200 kB less
 * to read), and the HTTP of the local tenant, which is thirty small files of which it needs a few.
 */
const included: Plugin = {
  name: 'included',
  setup({ onResolve }) {
    onResolve({ filter: /^meriyah$/ }, () => ({
      path: join(root, 'node_modules/meriyah/dist/meriyah.min.mjs'),
    }))
    onResolve({ filter: /^(?:hono|@hono\/node-server)(?:\/|$)/ }, ({ path }) => ({
      path: fileURLToPath(import.meta.resolve(path)),
    }))
  },
}
const SHARED = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  packages: 'external',
  // Names stay, for whoever reads the stack of an error.
  minifyWhitespace: true,
  minifySyntax: true,
  logLevel: 'warning',
} as const
const COMMAND = {
  ...SHARED,
  entryPoints: { main: join(out, 'lib/cli/main.js'), tenant: join(out, 'lib/tenant/index.js') },
  outdir: join(out, 'cli'),
  splitting: true,
  format: 'esm',
  chunkNames: '[name]-[hash]',
} as const
const { metafile } = await build({ ...COMMAND, plugins: [included], metafile: true, write: false })
const additions = additionsForFewFiles(metafile, {
  program: 'dist/lib/cli/main.js',
  often: 'dist/lib/cli/commands/check.js',
  library: 'dist/lib/tenant/index.js',
})
await build({ ...COMMAND, plugins: [addresses('cli', 'import.meta.url', additions), included] })
for (const [name, file] of Object.entries({
  meriyah: 'meriyah/LICENSE.md',
  hono: 'hono/LICENSE',
  'hono-node-server': '@hono/node-server/LICENSE',
})) {
  await cp(join(root, 'node_modules', file), join(out, `cli/${name}-LICENSE.md`))
}
await chmod(join(out, 'cli/main.js'), 0o755)

// For test suites: a suite loads it for every file, and jest by `require`.
await build({
  ...SHARED,
  entryPoints: {
    index: join(out, 'lib/testing.js'),
    'test-issuer': join(out, 'lib/verify/test-issuer.js'),
  },
  outdir: join(out, 'testing'),
  splitting: true,
  format: 'esm',
  chunkNames: '[name]-[hash]',
  plugins: [addresses('testing', 'import.meta.url')],
})
/** The `require` of a test runner knows no ES modules: those that need one run elsewhere, or load when they are called. */
const commonjs: Plugin = {
  name: 'commonjs',
  setup({ onResolve }) {
    onResolve({ filter: /\/bundle\/index\.js$/ }, () => ({
      path: join(out, 'lib/bundle/bundle-elsewhere.js'),
    }))
    onResolve({ filter: /\/test-issuer\.js$/ }, () => ({ path: './test-issuer.js', external: true }))
  },
}
await build({
  ...SHARED,
  entryPoints: [join(out, 'lib/testing.js')],
  outfile: join(out, 'testing/index.cjs'),
  format: 'cjs',
  // Written as a call of require, which also Node 20 answers with an ES module.
  supported: { 'dynamic-import': false },
  plugins: [commonjs, addresses('testing', "require('node:url').pathToFileURL(__filename)")],
})
await writeVerifyPackage(root, join(out, 'verify-package'))
await rm(join(out, 'commonjs'), { recursive: true, force: true })
await writeCommonJsEntries(join(out, 'lib'), join(out, 'commonjs'), [
  ...['index', 'action/index', 'contract/index', 'oauth/index'].map((types) => ({
    types,
    module: join(out, `lib/${types}.js`),
  })),
  { types: 'tenant/index', module: join(out, 'cli/tenant.js') },
  { types: 'testing' },
])
await writeFile(join(root, DIGEST_FILE), digest)
