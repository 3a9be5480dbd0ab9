/**
 * Runs the commands that a page of the documentation shows, and returns the page with what they print. A walk begins at
 * a comment `<!-- walk: example -->` (a copy of this repository's workspace) or `<!-- walk: empty -->`, with
 * `, tenant <host>` on a local tenant that has the workspace in it; it ends where the next one begins. In its folder
 * a block whose first line names a file (`// action.js`, `# tenant.yaml`) is written, a `diff` is applied, and each
 * `$ npx claims …` of a `console` block is run.
 */
import { spawnSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { bundleActions } from '../../lib/bundle/index.ts'
import { COMMANDS } from '../../lib/cli/command-table.ts'
import { printerTo } from '../../lib/cli/printer.ts'
import { run } from '../../lib/cli/run.ts'
import { startTenant } from '../../lib/tenant/index.ts'
import { importTenantFile } from '../../lib/tenant/management/index.ts'
import { readWorkspace } from '../../lib/workspace/index.ts'
import { type Block, blocksOf, withBodies } from './blocks.ts'

const root = join(import.meta.dirname, '../..')
const WALK = /^<!-- walk: (example|empty)(?:, tenant ([\w.:]+))? -->$/gm
/** The workspace, and what its Actions import. */
const EXAMPLE = [
  'actions',
  'schemas',
  'lib',
  'package.json',
  'tenant.yaml',
  'tenant.local.yaml',
  'claims.config.json',
]

/** Where a walk is: its folder, and what its commands get from the environment. */
interface Place {
  folder: string
  env: Record<string, string>
  /** What is shown in place of what differs from run to run. */
  shown: (text: string) => string
}

/** The page with the output of its commands; as it is where it has no walk. */
export async function walked(page: string): Promise<string> {
  const bodies = new Map<Block, string>()
  const walks = [...page.matchAll(WALK)]
  const blocks = blocksOf(page)
  for (const [index, walk] of walks.entries()) {
    const from = walk.index
    const to = walks[index + 1]?.index ?? page.length
    const own = blocks.filter(({ begin }) => begin > from && begin < to)
    await inPlace(walk[1] === 'example', walk[2], async (place) => {
      for (const block of own) {
        if (block.language === 'console') bodies.set(block, await ran(block, place))
        else if (block.language === 'diff') await apply(block.body, place.folder)
        else await write(block, place.folder)
      }
    })
  }
  return withBodies(page, bodies)
}

/** Console blocks of a page that stand before its first walk, and so would not be run. */
export function outsideOfWalks(page: string): Block[] {
  const first = page.search(WALK)
  return blocksOf(page).filter(
    ({ language, begin }) => language === 'console' && (first < 0 || begin < first),
  )
}

async function inPlace(example: boolean, host: string | undefined, work: (place: Place) => Promise<void>) {
  const folder = await mkdtemp(join(tmpdir(), 'auth0-claims-docs-'))
  const tenant = host === undefined ? undefined : await startTenant()
  try {
    if (example) {
      for (const part of EXAMPLE) await cp(join(root, part), join(folder, part), { recursive: true })
    }
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
    if (tenant === undefined || host === undefined) return await work({ folder, env: {}, shown: anywhere })

    const workspace = await readWorkspace(folder)
    const built = await bundleActions(workspace.actions, { root: folder })
    const codes = new Map(built.map(({ name, code }) => [name, code]))
    await importTenantFile(tenant.context, workspace.tenant, {
      keywords: workspace.local?.keywords ?? {},
      codeOf: (name) => codes.get(name) ?? '',
    })
    const { url, certificate, client } = await tenant.management()
    await writeFile(join(folder, 'tenant.pem'), certificate)
    const env = {
      AUTH0_CLIENT_ID: client.client_id,
      AUTH0_CLIENT_SECRET: client.client_secret,
      // The address of the page is one that nobody listens at.
      [ADDRESS]: `https://${host}\n${url.replace(/\/$/, '')}`,
    }
    await work({ folder, env, shown: (text) => anywhere(text).replaceAll(new URL(url).host, host) })
  } finally {
    await tenant?.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Without what depends on the machine: which Nodes and which sandbox it has. */
function anywhere(text: string): string {
  return text
    .replaceAll(/^Ran on Node .*\n/gm, '')
    .replaceAll(/^(note: ran the Actions of \S+) .*$/gm, '$1 in a sandbox (bubblewrap)')
}

const ADDRESS = 'DOCS_ADDRESS'

async function ran({ body, line }: Block, place: Place): Promise<string> {
  const lines = body.split('\n').filter((text) => text.startsWith('$ ') || text.startsWith('# '))
  if (lines.length === 0) throw new Error(`the console block of line ${line} has no command`)
  const shown: string[] = []
  for (const text of lines) {
    if (text.startsWith('# ')) shown.push(`${shown.length > 0 ? '\n' : ''}${text}\n`)
    else {
      const output = place.shown(await outputOf(text.slice(2), place))
      const gap =
        shown.length > 0 && !shown.at(-1)!.startsWith('#') && !shown.at(-1)!.startsWith('\n#') ? '\n' : ''
      shown.push(`${gap}${text}\n${output}`)
    }
  }
  return shown.join('')
}

/** What one line prints, standard output first as a pipe gives it on. */
async function outputOf(line: string, { folder, env }: Place): Promise<string> {
  const [command = '', ...pipes] = line.split(' | ')
  const words = (command.match(/"[^"]*"|'[^']*'|\S+/g) ?? []).map((word) =>
    word.replace(/^(["'])(.*)\1$/, '$2'),
  )
  if (words[0] !== 'npx' || words[1] !== 'claims') throw new Error(`only npx claims can be run, not ${line}`)
  const [from = '', to = ''] = env[ADDRESS]?.split('\n') ?? []
  const args = words.slice(2).map((word) => (from !== '' && word === from ? to : word))
  const piped = pipes.length > 0
  let out = ''
  let err = ''
  const terminal = {
    cwd: folder,
    env,
    ...printerTo(
      (text) => {
        out += text
      },
      (text) => {
        // As on a terminal, where both come as they are printed.
        if (piped) err += text
        else out += text
      },
    ),
    interactive: false,
    ask: async () => '',
    stdin: async () => '',
    stdinChunks: async function* () {},
    stopped: new Promise<void>(() => {}),
  }
  const code = await run(COMMANDS, args, terminal, async () => '0.0.0')
  if (code === 70) throw new Error(`${line} is a bug of ours:\n${out}${err}`)
  if (!piped) return out
  const filtered = spawnSync('sh', ['-c', pipes.join(' | ')], { input: out, encoding: 'utf8' })
  return err + filtered.stdout + filtered.stderr
}

/** A block is a file where its first line says so, or its note (`file: <path>`) where it can have no such line. */
async function write({ body, note }: Block, folder: string): Promise<void> {
  const name = /^file: (\S+)$/.exec(note ?? '')?.[1] ?? /^(?:\/\/|#) ([\w./-]+\.\w+)\n/.exec(body)?.[1]
  if (name === undefined) return
  await mkdir(dirname(join(folder, name)), { recursive: true })
  await writeFile(join(folder, name), body)
}

/** A diff of whole lines: `--- <file>`, then hunks whose lines stand together in the file. */
async function apply(diff: string, folder: string): Promise<void> {
  const [head = '', ...lines] = diff.trimEnd().split('\n')
  const file = /^--- (\S+)$/.exec(head)?.[1]
  if (file === undefined) throw new Error(`a diff begins with --- and its file:\n${diff}`)
  const text = await readFile(join(folder, file), 'utf8')
  const side = (sign: string) =>
    lines
      .filter((line) => line.startsWith(sign) || line.startsWith(' '))
      .map((line) => `${line.slice(1)}\n`)
      .join('')
  const before = side('-')
  if (text.split(before).length !== 2) throw new Error(`${file} does not hold once:\n${before}`)
  await writeFile(
    join(folder, file),
    text.replace(before, () => side('+')),
  )
}
