import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, isAbsolute, join, resolve, sep } from 'node:path'
import { ToolkitError } from '../errors.ts'

/** A Node to run Actions on. */
export interface NodeProgram {
  /** Absolute path. */
  path: string
  /** E.g. `v22.23.3`. */
  version: string
}

/** The environment of what runs Actions: nothing, but for what Windows needs to start a program. */
export const EMPTY: Readonly<Record<string, string>> =
  process.platform === 'win32' ? { SYSTEMROOT: process.env['SYSTEMROOT'] ?? 'C:\\Windows' } : {}

export const ownNode = (): NodeProgram => ({ path: process.execPath, version: process.version })

/**
 * The Node that the user named.
 *
 * @throws ToolkitError `ERR_ENVIRONMENT` when it does not start.
 */
export function namedNode(
  program: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): NodeProgram {
  const found = /[/\\]/.test(program) ? tryNode(resolve(program)) : onPath(program, env)
  if (found !== undefined) return found
  throw new ToolkitError('ERR_ENVIRONMENT', `"${program}" does not start as Node`, {
    hint: 'Name the node program to run Actions on, e.g. the one of Node 22.',
  })
}

function onPath(program: string, env: Readonly<Record<string, string | undefined>>): NodeProgram | undefined {
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, program)
    const node = folder !== '' && existsSync(path) ? tryNode(resolve(path)) : undefined
    if (node !== undefined) return node
  }
  return undefined
}

/** The newest of the runtimes that the Actions of a workspace are deployed to. @defaultValue `node22` */
export function runtimeOf(actions: readonly { runtime: string }[]): string {
  const majors = actions.map(({ runtime }) => Number(/^node(\d+)/.exec(runtime)?.[1] ?? 0))
  return `node${Math.max(...majors) > 0 ? Math.max(...majors) : 22}`
}

/**
 * A Node of the version that Auth0 runs the Actions on: this one, `node22` or `node` on the PATH, or what a version
 * manager (nvm, fnm, Volta, asdf, mise, nodenv) keeps at its usual place. Installs nothing.
 *
 * Never starts a program of the workspace or of a `node_modules`: its files can make it anything. Name it with
 * `--node`, such as the package `node` of the workspace.
 *
 * @param runtime as in tenant.yaml, e.g. `node22`
 * @param root folder of the workspace
 * @returns `undefined` when this machine has none
 */
export function findNode(
  runtime: string,
  root: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): NodeProgram | undefined {
  const major = /^node(\d+)/.exec(runtime)?.[1]
  if (major === undefined) return undefined
  const own = ownNode()
  const matches = ({ version }: NodeProgram) => version.startsWith(`v${major}.`)
  if (matches(own)) return own
  const workspace = existsSync(root) ? realpathSync(root) : resolve(root)
  for (const path of candidates(major, env)) {
    if (!isAbsolute(path) || !existsSync(path)) continue
    const real = realpathSync(path)
    // What npm puts onto the PATH for a script is the workspace's, too.
    if (path.split(sep).includes('node_modules')) continue
    if (real === own.path || isWithin(path, workspace) || isWithin(real, workspace)) continue
    const node = tryNode(path)
    if (node !== undefined && matches(node) && !isWithin(node.path, workspace)) return node
  }
  return undefined
}

function isWithin(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`)
}

function* candidates(major: string, env: Readonly<Record<string, string | undefined>>): Generator<string> {
  const program = process.platform === 'win32' ? 'node.exe' : 'node'
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    if (folder === '') continue
    yield join(folder, program.replace('node', `node${major}`))
    yield join(folder, program)
  }
  const home = env['HOME'] ?? homedir()
  const managers: readonly [folder: string, below: string][] = [
    [join(env['NVM_DIR'] ?? join(home, '.nvm'), 'versions/node'), 'bin'],
    [join(env['FNM_DIR'] ?? join(home, '.local/share/fnm'), 'node-versions'), 'installation/bin'],
    [join(env['VOLTA_HOME'] ?? join(home, '.volta'), 'tools/image/node'), 'bin'],
    [join(env['ASDF_DATA_DIR'] ?? join(home, '.asdf'), 'installs/nodejs'), 'bin'],
    [join(env['MISE_DATA_DIR'] ?? join(home, '.local/share/mise'), 'installs/node'), 'bin'],
    [join(env['NODENV_ROOT'] ?? join(home, '.nodenv'), 'versions'), 'bin'],
  ]
  for (const [folder, below] of managers) {
    for (const version of versionsIn(folder, major)) yield join(folder, version, below, program)
  }
}

/** Folders such as `v22.12.0` or `22.12.0`, the newest first. */
function versionsIn(folder: string, major: string): string[] {
  if (!existsSync(folder)) return []
  const parts = (name: string) => name.replace(/^v/, '').split('.').map(Number)
  return readdirSync(folder)
    .filter((name) => new RegExp(`^v?${major}\\.\\d+\\.\\d+$`).test(name))
    .sort((a, b) => {
      const [, minorA = 0, patchA = 0] = parts(a)
      const [, minorB = 0, patchB = 0] = parts(b)
      return minorB - minorA || patchB - patchA
    })
}

function tryNode(program: string): NodeProgram | undefined {
  try {
    const script = 'process.execPath + "\\n" + process.version'
    const [path, version] = execFileSync(program, ['-p', script], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      // Nothing of ours, and no folder whose files say which Node it is.
      env: EMPTY,
      cwd: '/',
      timeout: 10_000,
    })
      .trim()
      .split('\n')
    return path === undefined || !/^v\d/.test(version ?? '') ? undefined : { path, version: version! }
  } catch {
    return undefined
  }
}

/**
 * Flags that take from an Action what Auth0 does not give it, as far as this version can.
 *
 * @param readable folders that it may read
 */
export function nodeFlags(
  { version }: NodeProgram,
  maxOldSpaceMegabytes: number,
  readable: readonly string[] = [],
): string[] {
  const [major = 0, minor = 0] = version.slice(1).split('.').map(Number)
  const since = (...versions: [major: number, minor: number][]) =>
    versions.some(([from, least]) => major === from && minor >= least) || major > versions[0]![0]
  const permission =
    major >= 20
      ? [
          since([23, 5], [22, 13]) ? '--permission' : '--experimental-permission',
          ...readable.map((folder) => `--allow-fs-read=${folder}`),
          // Else the way to the host does not open; it is given back right after (`confine.ts`).
          ...(major >= 25 ? ['--allow-net'] : []),
        ]
      : []
  return [
    ...permission,
    ...(since([23, 7], [22, 14]) ? ['--disable-sigusr1'] : []),
    '--no-addons',
    // Else a new buffer shows what was freed before: keys of the way to the host, messages of other Actions.
    '--zero-fill-buffers',
    // For `import()` in an Action, which vm answers only with this.
    '--experimental-vm-modules',
    '--no-warnings',
    `--max-old-space-size=${maxOldSpaceMegabytes}`,
  ]
}
