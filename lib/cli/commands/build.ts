import { relative } from 'node:path'
import { tryBundleActions, writeBundles } from '../../bundle/index.ts'
import { countFindings, formatFindings } from '../../report/index.ts'
import { readWorkspace } from '../../workspace/index.ts'
import type { Command } from '../command.ts'
import { EXIT } from '../exit-codes.ts'

export const buildCommand: Command = {
  name: 'build',
  summary: 'Bundle every Action of tenant.yaml, and print the sizes',
  usage: '[--json]',
  options: { json: { type: 'boolean' } },
  help: [['--json', 'one JSON document']],
  async run(terminal, values) {
    const workspace = await readWorkspace(terminal.cwd)
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
