/**
 * The package of the verifier alone, from the compiled lib/: the same files, once as ES modules and once as CommonJS,
 * with the types of each. In CommonJS jose is a file of its own, since it exists as ES modules only and `jest` and
 * older bundlers cannot require those.
 */
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { build, transform } from 'esbuild'
import { asCommonJsTypes, declarationsOf } from './commonjs-types.ts'

/** Entry points by their name in the package, with the compiled file that each is; `node` where Node has another. */
const ENTRIES: Readonly<Record<string, { file: string; node?: string }>> = {
  '.': { file: 'verify/index', node: 'verify/node' },
  './express': { file: 'verify/express' },
  './fastify': { file: 'verify/fastify' },
  './hono': { file: 'verify/hono' },
  './lambda': { file: 'verify/lambda' },
  './redis': { file: 'verify/redis' },
  './testing': { file: 'verify/node-testing' },
}
const FILES = Object.values(ENTRIES).flatMap(({ file, node }) => (node === undefined ? [file] : [file, node]))

/** Fields of the whole package that this one has as well. */
const SHARED_FIELDS = ['version', 'license', 'repository', 'homepage', 'bugs', 'author', 'engines'] as const

/**
 * Writes the package into a folder, which is emptied first.
 *
 * @param root of the repository, with a compiled `dist/lib`
 */
export async function writeVerifyPackage(root: string, folder: string): Promise<void> {
  const compiled = join(root, 'dist/lib')
  await rm(folder, { recursive: true, force: true })
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: FILES.map((file) => join(compiled, `${file}.js`)),
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    metafile: true,
    write: false,
  })
  const scripts = Object.keys(metafile.inputs).map((path) => relative(compiled, join(root, path)))
  for (const path of scripts) {
    const code = await readFile(join(compiled, path), 'utf8')
    await write(join(folder, 'esm', path), code)
    await write(join(folder, 'cjs', path.replace(/\.js$/, '.cjs')), await asCommonJs(code, path))
  }
  for (const path of await declarationsOf(compiled, FILES)) {
    const types = await readFile(join(compiled, path), 'utf8')
    await write(join(folder, 'esm', path), types)
    await write(join(folder, 'cjs', path.replace(/\.d\.ts$/, '.d.cts')), asCommonJsTypes(types))
  }
  await build({
    absWorkingDir: root,
    entryPoints: ['jose'],
    outfile: join(folder, 'cjs/jose.cjs'),
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
  })

  const whole = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  await write(join(folder, 'package.json'), `${JSON.stringify(packageJson(whole), null, 2)}\n`)
  await cp(join(root, 'lib/verify/README.md'), join(folder, 'README.md'))
  for (const name of ['LICENSE', 'CHANGELOG.md']) await cp(join(root, name), join(folder, name))
  await cp(join(root, 'node_modules/jose/LICENSE.md'), join(folder, 'cjs/jose-LICENSE.md'))
}

interface WholePackage {
  dependencies: Record<string, string>
  peerDependencies: Record<string, string>
  peerDependenciesMeta: unknown
  [field: string]: unknown
}

function packageJson(whole: WholePackage): Record<string, unknown> {
  const shared = SHARED_FIELDS.flatMap((name) => (whole[name] === undefined ? [] : [[name, whole[name]]]))
  return {
    name: 'auth0-claims-verify',
    description: 'Verifies Auth0 access tokens in an API, against a contract of their claims.',
    ...Object.fromEntries(shared),
    type: 'module',
    sideEffects: false,
    exports: {
      ...Object.fromEntries(Object.entries(ENTRIES).map(([name, entry]) => [name, conditionsOf(entry)])),
      './package.json': './package.json',
    },
    files: ['esm', 'cjs', 'CHANGELOG.md'],
    dependencies: { jose: whole.dependencies['jose'] },
    peerDependencies: whole.peerDependencies,
    peerDependenciesMeta: whole.peerDependenciesMeta,
    publishConfig: { access: 'public', provenance: true },
  }
}

function conditionsOf({ file, node }: { file: string; node?: string }): Record<string, unknown> {
  const conditions = (folder: string, script: string, types: string) => ({
    types: `./${folder}/${file}${types}`,
    ...(node === undefined ? {} : { node: `./${folder}/${node}${script}` }),
    default: `./${folder}/${file}${script}`,
  })
  return { import: conditions('esm', '.js', '.d.ts'), require: conditions('cjs', '.cjs', '.d.cts') }
}

async function asCommonJs(code: string, path: string): Promise<string> {
  const { code: transformed } = await transform(code, {
    format: 'cjs',
    target: 'node20',
    define: { 'import.meta.url': '__address' },
    logLevel: 'warning',
  })
  const jose = JSON.stringify(`${relative(dirname(path), '.') || '.'}/jose.cjs`)
  const own = transformed
    .replaceAll(/((?:require|import)\("\.[^"]*)\.js"\)/g, '$1.cjs")')
    .replaceAll('require("jose")', `require(${jose})`)
  return own.includes('__address')
    ? `const __address = require("node:url").pathToFileURL(__filename).href;\n${own}`
    : own
}

async function write(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, content)
}
