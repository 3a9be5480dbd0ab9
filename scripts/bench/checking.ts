import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generatedAction, randomFrom } from './generated-actions.ts'
import { type Clock, type Command, processes } from './processes.ts'
import type { Figure } from './side-by-side.ts'

const COUNT = 1000
const peers = join(import.meta.dirname, 'peers')

/** The check of 1,000 files, beside a bare walk with TypeScript 5 and ESLint with one rule. */
export async function checkingMany(root: string): Promise<Figure[]> {
  return inFolder(async (folder) => {
    const typescript: Command = {
      name: 'TypeScript 5, bare walk',
      args: [join(peers, 'typescript-walk.mjs'), join(folder, 'actions')],
      cwd: root,
    }
    await cp(join(peers, 'eslint.config.mjs'), join(folder, 'eslint.config.mjs'))
    const eslint: Command = {
      name: 'ESLint 9, one rule',
      args: [join(root, 'node_modules/eslint/bin/eslint.js'), 'actions'],
      cwd: folder,
    }
    return processes([typescript, check('auth0-claims', root, folder), eslint])
  })
}

export async function checkingOne(root: string, clock: Clock): Promise<Figure[]> {
  return inFolder((folder) =>
    processes(
      [
        { name: 'an empty process', args: ['-e', '0'], cwd: folder },
        { ...check('auth0-claims', root, folder), args: [command(root), 'check', 'actions/5.js'] },
      ],
      11,
      clock,
    ),
  )
}

function check(name: string, root: string, cwd: string): Command {
  return { name, args: [command(root), 'check', 'actions', '--json'], cwd }
}

/** The command as it is installed: `npm run build` makes it. */
function command(root: string): string {
  return join(root, 'dist/cli/main.js')
}

async function inFolder(task: (folder: string) => Promise<Figure[]>): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'auth0-claims-bench-'))
  try {
    await mkdir(join(folder, 'actions'))
    const random = randomFrom(1)
    for (let index = 0; index < COUNT; index++) {
      await writeFile(join(folder, 'actions', `${index}.js`), generatedAction(index, random))
    }
    return await task(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
