import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, relative, resolve } from 'node:path'
import { docsOf, readContracts } from '../../contract/index.ts'
import { ToolkitError } from '../../errors.ts'
import { readWorkspace } from '../../workspace/index.ts'
import type { Command } from '../command.ts'
import { EXIT } from '../exit-codes.ts'

/** `claims docs`: a Markdown page from the contracts. */
export const docsCommand: Command = {
  name: 'docs',
  summary: 'Write a Markdown page about the claims from the contracts',
  usage: '[--out <file>] [--json]',
  options: { out: { type: 'string' }, json: { type: 'boolean' } },
  help: [
    ['--out <file>', 'write to this file instead of standard output'],
    ['--json', 'print one JSON document'],
  ],
  async run(terminal, values) {
    const workspace = await readWorkspace(terminal.cwd)
    const contracts = await readContracts(workspace.contractFiles, (file) => readFile(file, 'utf8'), {
      root: workspace.root,
    })
    if (contracts.length === 0) {
      throw new ToolkitError('ERR_INPUT', 'the workspace has no contracts', {
        hint: 'Write one to schemas/claims/<api>.access-token.json.',
      })
    }
    const markdown = docsOf(contracts)
    const out = values['out']
    if (typeof out === 'string') {
      const path = resolve(terminal.cwd, out)
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, markdown)
      if (values['json'] !== true) terminal.out(relative(terminal.cwd, path))
    }
    if (values['json'] === true) {
      terminal.out(JSON.stringify({ version: 1, command: 'docs', markdown }))
    } else if (typeof out !== 'string') terminal.out(markdown.trimEnd())
    return EXIT.clean
  },
}
