import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const FOLDER = join(import.meta.dirname, '../nodes')

/**
 * This Node, and Node 22 and 24, as npm has them for this machine. They are installed when they are asked for first, in
 * a folder of their own: as dependencies of the repository they would be the `node` of its scripts.
 */
export function testNodes(): { name: string; major: number; path: string }[] {
  const major = Number(process.versions.node.split('.')[0])
  const own = { name: `Node ${process.versions.node}`, major, path: process.execPath }
  const others = [22, 24].filter((other) => other !== major).map(installed)
  return [own, ...others]
}

function installed(major: number): { name: string; major: number; path: string } {
  const path = join(FOLDER, 'node_modules', `node-${major}-${process.platform}-${process.arch}`, 'bin/node')
  if (!existsSync(path)) {
    execFileSync('npm', ['ci', '--no-audit', '--no-fund'], {
      cwd: FOLDER,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
  }
  return { name: `Node ${major}`, major, path }
}
