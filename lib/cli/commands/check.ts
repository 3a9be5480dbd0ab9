import { access, readdir, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { checkFiles } from '../../check/check-files.ts'
import { ToolkitError } from '../../errors.ts'
import type { Finding } from '../../finding.ts'
import {
  countFindings,
  formatFindings,
  formatGithub,
  formatJson,
  formatJunit,
  formatSarif,
  formatSummary,
} from '../../report/index.ts'
import { postLogin } from '../../triggers/index.ts'
import { boundTo } from '../../workspace/bound.ts'
import { defineCommand, type Terminal } from '../command.ts'
import { EXIT } from '../exit-codes.ts'

const ACTION_FILE = /\.[cm]?[jt]s$/

interface Checked {
  findings: Finding[]
  /** Actions bound to post-login, in order; `undefined` without a workspace. */
  postLogin?: readonly string[]
}

/** The formats other than text, each one document on stdout. */
const FORMATS: Readonly<Record<string, (checked: Checked) => string | Promise<string>>> = {
  json: ({ findings, postLogin }) => formatJson(findings, postLogin),
  sarif: async ({ findings }) => {
    const { checkRules } = await import('../../check/rules/index.ts')
    const { packageVersion } = await import('../package-json.ts')
    return formatSarif(findings, packageVersion(import.meta.url), (rule) => checkRules[rule])
  },
  junit: ({ findings }) => formatJunit(findings),
  github: ({ findings }) => formatGithub(findings),
}

export const checkCommand = defineCommand({
  name: 'check',
  summary: 'Tell from source which claims will not reach the token, and why',
  flags: {
    json: { help: 'one JSON document: version, command, summary, findings' },
    format: { value: '<format>', insteadOf: 'json', help: 'text (default), json, sarif, junit or github' },
  },
  words: [
    {
      name: '[<file>... | -]',
      help: 'Action files or folders, or files that hold Actions (Markdown, Terraform, YAML, JSON); - reads standard input',
    },
  ],
  async run(terminal, values, positionals) {
    const format = values['json'] === true ? 'json' : String(values['format'] ?? 'text')
    if (format !== 'text' && !Object.hasOwn(FORMATS, format)) {
      throw new ToolkitError('ERR_USAGE', `"${format}" is not a format`, {
        hint: `There are text, ${Object.keys(FORMATS).join(', ')}.`,
      })
    }
    const checked =
      positionals.length === 0
        ? await checkTheWorkspace(terminal)
        : await checkTheFiles(terminal, positionals)
    const { findings, postLogin } = checked
    if (format !== 'text') {
      terminal.document(await FORMATS[format]!(checked), { commands: format === 'github' })
    } else {
      if (findings.length > 0) terminal.out(formatFindings(findings).split('\n'))
      if (postLogin !== undefined) terminal.err(orderLine(postLogin))
      terminal.err(formatSummary(findings))
    }
    return countFindings(findings).errors === 0 ? EXIT.clean : EXIT.findings
  },
})

function orderLine(names: readonly string[]): string {
  return names.length === 0 ? `${postLogin.id} runs nothing` : `${postLogin.id} runs ${names.join(' → ')}`
}

async function checkTheWorkspace(terminal: Terminal): Promise<Checked> {
  // Loaded when it is needed: a check of files neither bundles nor reads YAML.
  const { checkedWorkspace } = await import('../checked-workspace.ts')
  const { workspaceFolder } = await import('../workspace-folder.ts')
  const { workspace, findings } = await checkedWorkspace(await workspaceFolder(terminal))
  return { findings, postLogin: boundTo(workspace, postLogin) }
}

async function checkTheFiles(terminal: Terminal, names: readonly string[]): Promise<Checked> {
  if (names.includes('-')) {
    if (names.length > 1) throw new ToolkitError('ERR_USAGE', '"-" stands for the only file')
    const { withTemporaryFolder } = await import('../../files/temporary-folder.ts')
    return withTemporaryFolder('stdin-', async (folder) => {
      const file = join(folder, 'stdin.ts')
      await writeFile(file, await terminal.stdin())
      return { findings: await checkFiles([file], { root: folder }) }
    })
  }
  const files = await actionFiles(terminal.cwd, names)
  const found = await checkFiles(files, { root: terminal.cwd })
  const configured = await exists(join(terminal.cwd, 'claims.config.json'))
  if (!configured) return { findings: found }
  const { readConfiguration, withoutConfigured } = await import('../../check/configuration.ts')
  return { findings: withoutConfigured(found, await readConfiguration(terminal.cwd)) }
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  )
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
      if (ACTION_FILE.test(entry) && !/\.d\.[cm]?ts$/.test(entry) && !entry.includes('node_modules')) {
        files.add(join(path, entry))
      }
    }
  }
  if (files.size === 0) {
    throw new ToolkitError(
      'ERR_INPUT',
      `there is no JavaScript or TypeScript file in "${names.join('", "')}"`,
      {
        hint: 'Name Action files, or folders that hold some. Markdown, Terraform, YAML and JSON are read by name only.',
      },
    )
  }
  return [...files].sort()
}
