import { readFile, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { readContracts, typesOf } from '../../contract/index.ts'
import { ToolkitError } from '../../errors.ts'
import { readWorkspace } from '../../workspace/index.ts'
import type { Command } from '../command.ts'
import { EXIT } from '../exit-codes.ts'

/** `claims types`: writes `schemas/claims/types.ts` from the contracts. */
export const typesCommand: Command = {
  name: 'types',
  summary: 'Write TypeScript types from the contracts',
  usage: '[--check] [--json]',
  options: { check: { type: 'boolean' }, json: { type: 'boolean' } },
  help: [
    ['--check', 'write nothing; exit 1 when schemas/claims/types.ts is not up to date'],
    ['--json', 'print one JSON document'],
  ],
  async run(terminal, values) {
    const workspace = await readWorkspace(terminal.cwd)
    if (workspace.contractFiles.length === 0) {
      throw new ToolkitError('ERR_INPUT', 'the workspace has no contracts', {
        hint: 'Write one to schemas/claims/<api>.access-token.json.',
      })
    }
    const contracts = await readContracts(workspace.contractFiles, (file) => readFile(file, 'utf8'), {
      root: workspace.root,
    })
    const text = await typesOf(contracts)
    const path = join(workspace.root, 'schemas', 'claims', 'types.ts')
    const file = relative(terminal.cwd, path)
    const current = await readFile(path, 'utf8').catch(() => undefined)
    const stale = current !== text
    if (stale && values['check'] !== true) await writeFile(path, text)

    const types = contracts.map(({ title }) => title)
    if (values['json'] === true) {
      terminal.out(JSON.stringify({ version: 1, command: 'types', file, types, stale }))
    } else if (values['check'] === true) {
      if (stale) {
        terminal.out(`${file}:1:1 error contract/stale-types The types do not match the contracts.`)
        terminal.out('  hint: Run claims types and commit the file.')
      }
    } else {
      terminal.out(`${file}: ${types.join(', ')}${stale ? '' : ' (unchanged)'}`)
    }
    return stale && values['check'] === true ? EXIT.findings : EXIT.clean
  },
}
