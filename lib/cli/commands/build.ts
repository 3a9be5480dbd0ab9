import { relative } from 'node:path'
import { tryBundleActions, writeBundles } from '../../bundle/index.ts'
import { countFindings, formatFindings } from '../../report/index.ts'
import { readWorkspace } from '../../workspace/index.ts'
import type { Command } from '../command.ts'
import { EXIT } from '../exit-codes.ts'

export const buildCommand: Command = {
  name: 'build',
  summary: 'Bundles every Action of tenant.yaml and prints the sizes.',
  usage: '[--workspace <folder>] [--json]',
  options: { workspace: { type: 'string' }, json: { type: 'boolean' } },
  help: [
    ['--workspace <folder>', 'folder with tenant.yaml (default: the current one)'],
    ['--json', 'one JSON document'],
  ],
  async run(terminal, values) {
    const workspace = await readWorkspace(String(values['workspace'] ?? terminal.cwd))
    const { built, findings } = await tryBundleActions(workspace.actions, { root: workspace.root })
    const { errors } = countFindings(findings)
    // All or nothing: a folder with some old and some new bundles would deploy a mixture.
    if (errors === 0) await writeBundles(built)
    const actions = built.map(({ name, builtFile, bytes, exports }) => ({
      name,
      file: relative(workspace.root, builtFile),
      bytes,
      exports,
    }))
    if (values['json'] === true) {
      terminal.out(JSON.stringify({ version: 1, command: 'build', actions, findings }, null, 2))
    } else {
      if (findings.length > 0) terminal.err(formatFindings(findings))
      if (errors === 0) for (const { file, bytes } of actions) terminal.out(`${file}  ${bytes} bytes`)
    }
    return errors === 0 ? EXIT.clean : EXIT.findings
  },
}
