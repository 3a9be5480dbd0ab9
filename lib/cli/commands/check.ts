import { readFileSync } from 'node:fs'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, relative, resolve } from 'node:path'
import { type ActionSource, tryBundleActions } from '../../bundle/index.ts'
import { checkBundles, checkWorkspace } from '../../check/index.ts'
import { ToolkitError } from '../../errors.ts'
import { type Finding, sortFindings } from '../../finding.ts'
import {
  countFindings,
  formatFindings,
  formatGithub,
  formatJson,
  formatJunit,
  formatSarif,
  formatSummary,
} from '../../report/index.ts'
import { readWorkspace } from '../../workspace/index.ts'
import type { Command, Terminal } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { findPackageJSON } from '../package-json.ts'

const ACTION_FILE = /\.[cm]?[jt]s$/

/** The formats other than text, each one document on stdout. */
const FORMATS: Readonly<Record<string, (findings: readonly Finding[]) => string>> = {
  json: formatJson,
  sarif: (findings) => formatSarif(findings, packageVersion()),
  junit: formatJunit,
  github: formatGithub,
}

function packageVersion(): string {
  const text = readFileSync(findPackageJSON(import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

export const checkCommand: Command = {
  name: 'check',
  summary: 'Tells from source which claims will not reach the token, and why.',
  usage: '[--workspace <folder>] [--json | --format <format>] [<file>... | -]',
  options: { workspace: { type: 'string' }, json: { type: 'boolean' }, format: { type: 'string' } },
  help: [
    ['<file>...', 'Action files or folders, without a workspace; - reads one from standard input'],
    ['--workspace <folder>', 'folder with tenant.yaml (default: the current one)'],
    ['--json', 'one JSON document: version, command, summary, findings'],
    ['--format <format>', 'text (default), json, sarif, junit or github'],
  ],
  async run(terminal, values, positionals) {
    const format = values['json'] === true ? 'json' : String(values['format'] ?? 'text')
    if (format !== 'text' && !Object.hasOwn(FORMATS, format)) {
      throw new ToolkitError('ERR_USAGE', `"${format}" is not a format`, {
        hint: `There are text, ${Object.keys(FORMATS).join(', ')}.`,
      })
    }
    const findings =
      positionals.length === 0
        ? await workspaceFindings(String(values['workspace'] ?? terminal.cwd))
        : await fileFindings(terminal, positionals)
    if (format !== 'text') {
      terminal.out(FORMATS[format]!(findings))
    } else {
      if (findings.length > 0) terminal.out(formatFindings(findings))
      terminal.err(formatSummary(findings))
    }
    return countFindings(findings).errors === 0 ? EXIT.clean : EXIT.findings
  },
}

async function workspaceFindings(folder: string): Promise<Finding[]> {
  const workspace = await readWorkspace(folder)
  const missing = new Set(
    workspace.findings.filter(({ rule }) => rule === 'tenant/missing-source').map(({ line }) => line),
  )
  const actions = workspace.actions.filter(({ at }) => !missing.has(at.line))
  const { built, findings } = await tryBundleActions(actions, { root: workspace.root })
  return sortFindings([...findings, ...(await checkWorkspace(workspace, built))])
}

async function fileFindings(terminal: Terminal, names: readonly string[]): Promise<Finding[]> {
  if (!names.includes('-')) return check(await actionFiles(terminal.cwd, names), terminal.cwd)
  if (names.length > 1) throw new ToolkitError('ERR_USAGE', '"-" stands for the only file')
  const folder = await mkdtemp(join(tmpdir(), 'auth0-claims-'))
  try {
    const file = join(folder, 'stdin.ts')
    await writeFile(file, await terminal.stdin())
    return await check([file], folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function check(files: readonly string[], root: string): Promise<Finding[]> {
  const actions: ActionSource[] = files.map((file) => ({
    name: relative(root, file),
    sourceFile: file,
    builtFile: join(root, 'dist', 'actions', `${basename(file)}.js`),
  }))
  const { built, findings } = await tryBundleActions(actions, { root, tolerant: true })
  return sortFindings([...findings, ...checkBundles(built, root)])
}

async function actionFiles(cwd: string, names: readonly string[]): Promise<string[]> {
  const files = new Set<string>()
  for (const name of names) {
    const path = resolve(cwd, name)
    const stats = await stat(path).catch((cause: unknown) => {
      throw new ToolkitError('ERR_INPUT', `"${name}" cannot be read`, { cause, hint: 'Check the path.' })
    })
    if (!stats.isDirectory()) {
      files.add(path)
      continue
    }
    for (const entry of await readdir(path, { recursive: true })) {
      if (ACTION_FILE.test(entry) && !entry.endsWith('.d.ts') && !entry.includes('node_modules')) {
        files.add(join(path, entry))
      }
    }
  }
  return [...files].sort()
}
