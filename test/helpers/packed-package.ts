import { execFile } from 'node:child_process'
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { keptFolderWith } from './folder.ts'

const run = promisify(execFile)
const require = createRequire(import.meta.url)

export interface PackedPackage {
  /** An empty folder of an app that has the package in its node_modules. */
  app: string
  /** What the package consists of, as it would be published. */
  contents: string
  tarball: string
}

/**
 * Packs a package and unpacks it for an app that has nothing else but what the package says that it needs, and the
 * types of Node and Express. The caller removes the folder.
 *
 * @param folder of the package
 * @param repository whose node_modules has the dependencies
 */
export async function packedPackage(folder: string, repository: string): Promise<PackedPackage> {
  const app = await keptFolderWith({ 'package.json': '{ "private": true }' })
  const packed = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', app], {
    cwd: folder,
  })
  const [{ filename }] = JSON.parse(packed.stdout) as [{ filename: string }]
  await run('tar', ['-xzf', filename], { cwd: app })
  const contents = join(app, 'package')
  const { name, dependencies } = JSON.parse(await readFile(join(contents, 'package.json'), 'utf8'))
  await mkdir(join(app, 'node_modules/@types'), { recursive: true })
  await cp(contents, join(app, 'node_modules', name), { recursive: true })
  for (const needed of [...Object.keys(dependencies), '@types/node', '@types/express']) {
    await mkdir(dirname(join(app, 'node_modules', needed)), { recursive: true })
    await symlink(join(repository, 'node_modules', needed), join(app, 'node_modules', needed))
  }
  return { app, contents, tarball: join(app, filename) }
}

/** What the compilers say of some files, looked up as each kind of project does; nothing where all is good. */
export async function compilerSays(
  app: string,
  source: string,
  [module, moduleResolution, files]: readonly [string, string, readonly string[]],
): Promise<string> {
  for (const file of files) await writeFile(join(app, file), source)
  const options = {
    module,
    moduleResolution,
    target: 'es2022',
    lib: ['es2023'],
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true,
  }
  await writeFile(join(app, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files }))
  let said = ''
  for (const typescript of ['typescript', 'typescript-5']) {
    const tsc = join(dirname(require.resolve(`${typescript}/package.json`)), 'bin/tsc')
    const { stdout } = await run(process.execPath, [tsc, '-p', '.'], { cwd: app }).catch((error) => error)
    said += stdout
  }
  return said
}

/** How TypeScript projects look packages up. */
export const LOOKED_UP = [
  ['nodenext', 'nodenext', ['uses.mts', 'uses.cts']],
  ['node16', 'node16', ['uses.mts', 'uses.cts']],
  ['esnext', 'bundler', ['uses.mts']],
] as const
