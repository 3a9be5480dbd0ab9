import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pullTenant } from '../../deploy/index.ts'
import { ToolkitError } from '../../errors.ts'
import type { Command } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { targetHelp, targetOptions, targetUsage, tenantToRead } from './deploy-target.ts'

/** `claims pull`: a tenant as the files of a workspace. */
export const pullCommand: Command = {
  name: 'pull',
  summary: 'Export a tenant into this folder as a workspace',
  usage: `${targetUsage} [--overwrite] [--json]`,
  options: { ...targetOptions, overwrite: { type: 'boolean' }, json: { type: 'boolean' } },
  help: [
    ...targetHelp,
    ['--overwrite', 'replace files that are there and differ; without it nothing is written'],
    ['--json', 'print one JSON document'],
  ],
  async run(terminal, values) {
    const access = await tenantToRead(terminal, values)
    const { files, markers } = await pullTenant(access)
    const written: string[] = []
    const differ: string[] = []
    for (const [file, content] of files) {
      const current = await readFile(join(terminal.cwd, file), 'utf8').catch(() => undefined)
      if (current === content) continue
      written.push(file)
      if (current !== undefined) differ.push(file)
    }
    if (differ.length > 0 && values['overwrite'] !== true) {
      throw new ToolkitError('ERR_USAGE', `these files are there and differ: ${differ.join(', ')}`, {
        hint: 'Nothing was written. Commit them, then use --overwrite and look at the difference.',
      })
    }
    for (const file of written) {
      const path = join(terminal.cwd, file)
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, files.get(file)!)
    }
    if (values['json'] === true) {
      terminal.out(JSON.stringify({ version: 1, command: 'pull', domain: access.domain, written, markers }))
      return EXIT.clean
    }
    for (const file of written) terminal.out(`wrote ${file}`)
    if (written.length === 0) terminal.out('nothing to write: the files are as the tenant')
    if (markers.length > 0)
      terminal.err(`note: give values to ${markers.join(', ')}: Auth0 does not show secrets`)
    return EXIT.clean
  },
}
