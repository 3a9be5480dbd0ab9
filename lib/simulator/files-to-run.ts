import { access, constants, realpath, stat } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import { basename, dirname, isAbsolute, relative, resolve, sep } from 'node:path'
import { type BuiltAction, bundleActions } from '../bundle/index.ts'
import { quietCause, ToolkitError } from '../errors.ts'
import { setOwn } from '../json.ts'
import { createIsolatedRuntime } from '../runtime/isolated.ts'
import type { Network } from '../runtime/network.ts'
import { runnableAction } from '../runtime/runnable-action.ts'
import type { RunnableAction, Runtime } from '../runtime/types.ts'
import { type ModuleFile, type Modules, modulesOf, workspaceModules } from './modules-to-run.ts'

export interface FilesOptions {
  /** Folder that paths are relative to, and where packages are looked up. @defaultValue the working directory */
  root?: string
  network: Network
  secrets: Readonly<Record<string, string>>
  /** By name. @defaultValue those of a tenant.yaml in `root` */
  modules?: Readonly<Record<string, ModuleFile>>
}

/**
 * Actions from their source files, as they would ship, and a child process to run them in. Named as their files are.
 * Packages that are installed become part of them, or are declared for a file that ships as it is written. Actions
 * Modules come from `modules`, else from the workspace in `root`. With a file from outside `root` among them, which may
 * be somebody else's, they run in a sandbox, if this machine has one.
 *
 * @throws ToolkitError `ERR_INPUT` for a file that cannot be read, `ERR_BUNDLE` for one that cannot be bundled.
 */
export async function filesToRun(
  paths: readonly string[],
  options: FilesOptions,
): Promise<{ actions: RunnableAction[]; runtime: Runtime }> {
  const root = resolve(options.root ?? '.')
  const moduleFiles = Object.entries(options.modules ?? {}).map(([name, given]) => ({
    name,
    ...(typeof given === 'string' ? { file: given } : given),
  }))
  const files = [...paths, ...moduleFiles.map(({ file }) => file)]
  await Promise.all(files.map((file) => assertReadable(file, root)))
  const names = [...uniqueNames(paths), ...moduleFiles.map(({ name }) => `${name} (module)`)]
  const sources = files.map((file, index) => {
    const sourceFile = resolve(root, file)
    return { name: names[index]!, sourceFile, builtFile: sourceFile.replace(/\.[cm]?[jt]s$/, '.bundle.js') }
  })
  const built = await bundleActions(sources, { root })
  await refuseForeignData(built, root)
  const own = await Promise.all(built.map(({ sourceFile }) => isWithin(sourceFile, root)))
  const modules: Record<string, Modules[string]> = {}
  for (const [index, { name, secrets = {} }] of moduleFiles.entries()) {
    setOwn(modules, name, { code: built[paths.length + index]!.code, secrets })
  }
  const builtActions = built.slice(0, paths.length)
  const missing = builtActions.flatMap(modulesOf).filter((name) => !Object.hasOwn(modules, name))
  const allModules = { ...(await workspaceModules([...new Set(missing)], root)), ...modules }
  const ofModules = Object.values(allModules).flatMap(({ code }) => packagesOf(code))
  const actions = builtActions.map(({ name, code, sourceMap, sourceFile, builtFile }, index) =>
    runnableAction({
      name,
      code,
      sourceMap,
      dependencies: [...new Set([...packagesOf(code), ...ofModules])],
      modules: allModules,
      // As the bundler looks them up for a file with imports. Somebody else's file reads the packages of `root` only.
      resolveFrom: own[index] === true ? dirname(sourceFile) : undefined,
      file: builtFile.startsWith(`${root}/`) ? builtFile.slice(root.length + 1) : builtFile,
      secrets: options.secrets,
    }),
  )
  const foreign = own.includes(false)
  const runtime = await createIsolatedRuntime({ network: options.network, resolveFrom: root, foreign })
  return { actions, runtime }
}

async function assertReadable(file: string, root: string): Promise<void> {
  const path = resolve(root, file)
  const hint = 'Paths are relative to root, which is the working directory unless told.'
  try {
    await access(path, constants.R_OK)
  } catch (cause) {
    throw new ToolkitError('ERR_INPUT', `there is no readable file "${file}"`, {
      hint,
      file,
      ...quietCause(cause),
    })
  }
  if ((await stat(path)).isDirectory()) {
    throw new ToolkitError('ERR_INPUT', `"${file}" is a folder`, {
      hint: 'Name the file of an Action.',
      file,
    })
  }
}

/** What a file requires that no bundler has put into it: in tenant.yaml its Action would declare it. */
function packagesOf(code: string): string[] {
  const lines = code
    .split('\n')
    .map((line) => line.replace(/^\s*\/\*[^*]*\*\//, ''))
    .filter((line) => !/^\s*(?:\/\/|\/?\*)/.test(line))
  const loads = lines
    .join('\n')
    .matchAll(/\b(?:require|import)\(\s*['"`]((?:@[^'"`/]+\/)?[^'"`/.@][^'"`/]*)/g)
  const names = new Set([...loads].map(([, name]) => name!))
  return [...names].filter((name) => !isBuiltin(name) && !name.includes(':'))
}

/** The bundler must not give somebody else's code what it could not read when it runs. */
async function refuseForeignData(built: readonly BuiltAction[], root: string): Promise<void> {
  for (const { name, sourceFile, inputs } of built) {
    if (await isWithin(sourceFile, root)) continue
    for (const input of inputs) {
      const path = resolve(root, input)
      if (/\.[cm]?[jt]sx?$/.test(path) || path.includes(`${sep}node_modules${sep}`)) continue
      if (await isWithin(path, dirname(sourceFile))) continue
      throw new ToolkitError('ERR_BUNDLE', `"${name}" imports a file of data from outside its folder`, {
        hint: 'Give the folder that holds both as root, if the Action is yours.',
        file: relative(root, sourceFile),
      })
    }
  }
}

/** Links resolved. */
async function isWithin(path: string, root: string): Promise<boolean> {
  const [real, folder] = await Promise.all([realpath(path), realpath(root)])
  const way = relative(folder, real)
  return !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

/** Two files of one name in two folders are two Actions. */
function uniqueNames(paths: readonly string[]): string[] {
  const names: string[] = []
  for (const path of paths) {
    const name = basename(path).replace(/\.[^.]*$/, '')
    const taken = (candidate: string) => names.includes(candidate)
    let unique = name
    for (let count = 2; taken(unique); count++) unique = `${name}-${count}`
    names.push(unique)
  }
  return names
}
