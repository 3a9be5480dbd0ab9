/** Compiles the package into dist/: JavaScript and type declarations of lib/, and the schemas beside them. */
import { execFileSync } from 'node:child_process'
import { chmod, cp, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const out = join(root, 'dist')

// dist/actions belongs to `claims build`: it stays.
await rm(join(out, 'lib'), { recursive: true, force: true })
await rm(join(out, 'schemas'), { recursive: true, force: true })
execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
})
await cp(join(root, 'schemas'), join(out, 'schemas'), {
  recursive: true,
  filter: (source) => !/\.ts$/.test(source),
})
// Plain JavaScript, since it is the entry of a process of its own.
await cp(join(root, 'lib/deploy/launcher.mjs'), join(out, 'lib/deploy/launcher.mjs'))
await chmod(join(out, 'lib/cli/main.js'), 0o755)
